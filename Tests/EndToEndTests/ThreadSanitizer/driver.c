// Runs a compiled step several times on several threads, under the thread sanitizer, whose report is the result.
//
// The program's C defines `adjoint_imports` and `adjoint_link`, and the test appends what is declared here.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adjoint_runtime.h"

typedef void (*adjoint_function)(void);
extern const char adjoint_imports[];
void adjoint_link(const adjoint_function *functions);

// Bytes and kind of each argument and output: 'f' float, 'd' double, 'z' zeros.
extern const long argument_count, argument_bytes[], output_count, output_bytes[], arena_bytes;
extern const char argument_kinds[];
int step(void *const *arguments, void *const *outputs, char *arena);

static adjoint_function find(const char *name, size_t length)
{
  size_t count;
  const adj_symbol *symbols = adj_symbols(adj_best_isa(), &count);
  for (size_t i = 0; i < count; i++)
    if (strlen(symbols[i].name) == length && !memcmp(symbols[i].name, name, length))
      return (adjoint_function)symbols[i].address;
  fprintf(stderr, "the runtime has no %.*s\n", (int)length, name);
  exit(2);
}

static void *memory(long bytes)
{
  void *place = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64 + 64);
  if (!place) exit(2);
  return memset(place, 0, (size_t)bytes);
}

int main(void)
{
  adjoint_function functions[256];
  int count = 0;
  for (const char *name = adjoint_imports; *name; count++) {
    const char *end = strchr(name, ' ');
    functions[count] = find(name, (size_t)(end - name));
    name = end + 1;
  }
  adjoint_link(functions);

  void **arguments = memory(argument_count * (long)sizeof *arguments);
  void **outputs = memory(output_count * (long)sizeof *outputs);
  for (long i = 0; i < argument_count; i++) {
    arguments[i] = memory(argument_bytes[i]);
    for (long k = 0; argument_kinds[i] == 'f' && k < argument_bytes[i] / 4; k++)
      ((float *)arguments[i])[k] = (float)(k % 97 + 1) * 1e-3f;
    for (long k = 0; argument_kinds[i] == 'd' && k < argument_bytes[i] / 8; k++)
      ((double *)arguments[i])[k] = (double)(k % 97 + 1) * 1e-3;
  }
  for (long i = 0; i < output_count; i++) outputs[i] = memory(output_bytes[i]);
  char *arena = memory(arena_bytes);
  adj_set_thread_count(4);
  for (int i = 0; i < 8; i++) {
    int status = step(arguments, outputs, arena);
    if (status) return fprintf(stderr, "step %d: kernel %d failed\n", i, status), 2;
  }
  return 0;
}
