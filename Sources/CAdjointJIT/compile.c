#include "adjoint_jit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if !__has_include(<libtcc.h>)
#error "libtcc.h is missing: install TinyCC's library (Debian and Ubuntu: apt-get install libtcc-dev)"
#endif
#endif
#include <libtcc.h>

/* libtcc keeps globals while it compiles, and makes the pages writable and executable while it relocates.
 * Both stay inside this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct text {
  char *bytes;
  size_t count;
} text;

static void append_line(void *opaque, const char *message) {
  text *all = opaque;
  size_t length = strlen(message);
  char *grown = realloc(all->bytes, all->count + length + 2);
  if (!grown)
    return;
  memcpy(grown + all->count, message, length);
  memcpy(grown + all->count + length, "\n", 2);
  all->bytes = grown;
  all->count += length + 1;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#ifdef TCC_RELOCATE_AUTO
/* Up to February 2024: tcc_relocate(state, NULL) gives the size and tcc_relocate(state, memory) copies there. */

static adjoint_jit_status refuse_memory(adjoint_jit_code *code) {
  code->system_error = errno;
  return ADJOINT_JIT_MEMORY_REFUSED;
}

static adjoint_jit_status relocate(TCCState *state, adjoint_jit_code *code) {
  int size = tcc_relocate(state, NULL);
  if (size < 0)
    return ADJOINT_JIT_REJECTED;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t mapped = ((size_t)size + page - 1) / page * page;
  void *memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return refuse_memory(code);
  code->memory = memory;
  code->mapped_bytes = mapped;
  code->byte_count = (size_t)size;
  /* libtcc is about to ask for the same, and ends the process where that is refused: ask first. */
  if (mprotect(memory, mapped, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
    return refuse_memory(code);
  int failed = tcc_relocate(state, memory);
  if (mprotect(memory, mapped, PROT_READ | PROT_EXEC) != 0)
    return refuse_memory(code);
  return failed ? ADJOINT_JIT_FAILED : ADJOINT_JIT_OK;
}

static void finish(TCCState *state, adjoint_jit_code *code) {
  (void)code;
  tcc_delete(state);
}
#else
/* Since then: tcc_relocate(state) allocates by itself, and the code lives as long as the state. */

static adjoint_jit_status relocate(TCCState *state, adjoint_jit_code *code) {
  (void)code;
  return tcc_relocate(state) < 0 ? ADJOINT_JIT_REJECTED : ADJOINT_JIT_OK;
}

static void finish(TCCState *state, adjoint_jit_code *code) {
  if (code->status == ADJOINT_JIT_OK)
    code->state = state;
  else
    tcc_delete(state);
}
#endif

static adjoint_jit_status compile(TCCState *state, const char *text, const adjoint_jit_symbol *symbols,
                                  size_t symbol_count, adjoint_jit_code *code) {
  /* Options first, and the output type before any C. A missing prototype must be an error: TinyCC would
   * call the function as one that returns int. */
  tcc_set_options(state, "-nostdlib -nostdinc -Wall -Werror");
  if (tcc_set_output_type(state, TCC_OUTPUT_MEMORY) != 0)
    return ADJOINT_JIT_FAILED;
  for (size_t i = 0; i < symbol_count; i++)
    tcc_add_symbol(state, symbols[i].name, symbols[i].address);
  if (tcc_compile_string(state, text) != 0)
    return ADJOINT_JIT_REJECTED;
  return relocate(state, code);
}

adjoint_jit_code adjoint_jit_compile(const char *text_of_c, const adjoint_jit_symbol *symbols,
                                     size_t symbol_count, const char *const *exports, const void **addresses,
                                     size_t export_count) {
  adjoint_jit_code code = {.status = ADJOINT_JIT_FAILED};
  text reports = {NULL, 0};
  for (size_t i = 0; i < export_count; i++)
    addresses[i] = NULL;
  pthread_mutex_lock(&lock);
  int64_t start = now();
  TCCState *state = tcc_new();
  if (state) {
    tcc_set_error_func(state, &reports, append_line);
    code.status = compile(state, text_of_c, symbols, symbol_count, &code);
    if (code.status == ADJOINT_JIT_OK)
      for (size_t i = 0; i < export_count; i++)
        addresses[i] = tcc_get_symbol(state, exports[i]);
    tcc_set_error_func(state, NULL, NULL);
    finish(state, &code);
  }
  code.nanoseconds = now() - start;
  pthread_mutex_unlock(&lock);
  code.diagnostics = reports.bytes;
  return code;
}

void adjoint_jit_release(adjoint_jit_code *code) {
  if (code->memory)
    munmap(code->memory, code->mapped_bytes);
  if (code->state) {
    pthread_mutex_lock(&lock);
    tcc_delete(code->state);
    pthread_mutex_unlock(&lock);
  }
  free(code->diagnostics);
  *code = (adjoint_jit_code){.status = ADJOINT_JIT_FAILED};
}
