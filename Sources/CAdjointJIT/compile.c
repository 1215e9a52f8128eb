#include "compile.h"
#include "pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__has_include)
#if !__has_include(<libtcc.h>)
#error "libtcc.h is missing: install TinyCC's library (Debian and Ubuntu: apt-get install libtcc-dev)"
#endif
#endif
#include <libtcc.h>

/* libtcc keeps globals while it compiles. */
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

static adjoint_jit_status relocate(TCCState *state, const compilation *task, place *place, adjoint_jit_code *code) {
  int size = tcc_relocate(state, NULL);
  if (size < 0)
    return ADJOINT_JIT_REJECTED;
  code->byte_count = (size_t)size;
  if (code->byte_count > greatest_code(task))
    return ADJOINT_JIT_TOO_LARGE;
  if (!place->all.memory && !pages_make(&place->all, code->byte_count))
    return refuse_memory(code);
  if (code->byte_count > place->all.bytes - place->offset)
    return ADJOINT_JIT_TOO_LARGE;
  char *memory = place->all.memory + place->offset;
  /* A libtcc that is a shared library gets what it asks for, and ends the process where that is refused: ask first. */
  if (!pages_see_requests() &&
      mprotect(memory, whole_pages(code->byte_count), PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
    return refuse_memory(code);
  pages_relocating(true);
  int failed = tcc_relocate(state, memory);
  pages_relocating(false);
  return failed ? ADJOINT_JIT_FAILED : ADJOINT_JIT_OK;
}

static void finish(TCCState *state, adjoint_jit_code *code) {
  (void)code;
  tcc_delete(state);
}
#else
/* Since then: tcc_relocate(state) allocates by itself, and the code lives as long as the state. */

static adjoint_jit_status relocate(TCCState *state, const compilation *task, place *place, adjoint_jit_code *code) {
  (void)task, (void)place, (void)code;
  return tcc_relocate(state) < 0 ? ADJOINT_JIT_REJECTED : ADJOINT_JIT_OK;
}

static void finish(TCCState *state, adjoint_jit_code *code) {
  if (code->status == ADJOINT_JIT_OK)
    code->state = state;
  else
    tcc_delete(state);
}
#endif

static adjoint_jit_status compile(TCCState *state, const compilation *task, place *place, adjoint_jit_code *code) {
  /* Options first, and the output type before any C. A missing prototype must be an error: TinyCC would
   * call the function as one that returns int. */
  tcc_set_options(state, "-nostdlib -nostdinc -Wall -Werror");
  if (tcc_set_output_type(state, TCC_OUTPUT_MEMORY) != 0)
    return ADJOINT_JIT_FAILED;
  for (size_t i = 0; i < task->symbol_count; i++)
    tcc_add_symbol(state, task->symbols[i].name, task->symbols[i].address);
  if (tcc_compile_string(state, task->text) != 0)
    return ADJOINT_JIT_REJECTED;
  return relocate(state, task, place, code);
}

size_t greatest_code(const compilation *task) { return (16 * strlen(task->text)) + ((size_t)16 << 20); }

void compile_into(const compilation *task, place *place, adjoint_jit_code *code, const void **addresses) {
  text reports = {NULL, 0};
  TCCState *state = tcc_new();
  if (!state)
    return;
  tcc_set_error_func(state, &reports, append_line);
  code->status = compile(state, task, place, code);
  if (code->status == ADJOINT_JIT_OK)
    for (size_t i = 0; i < task->export_count; i++)
      addresses[i] = tcc_get_symbol(state, task->exports[i]);
  tcc_set_error_func(state, NULL, NULL);
  finish(state, code);
  code->diagnostics = reports.bytes;
}

static void compile_here(const compilation *task, place *place, adjoint_jit_code *code, const void **addresses) {
  compile_into(task, place, code, addresses);
  if (code->status != ADJOINT_JIT_OK)
    pages_drop(&place->all);
}

adjoint_jit_code adjoint_jit_compile(const char *text_of_c, const adjoint_jit_symbol *symbols,
                                     size_t symbol_count, const char *const *exports, const void **addresses,
                                     size_t export_count, adjoint_jit_place where) {
  compilation task = {text_of_c, symbols, symbol_count, exports, export_count};
  adjoint_jit_code code = {.status = ADJOINT_JIT_FAILED};
  place place = {.all = {.file = -1}};
  for (size_t i = 0; i < export_count; i++)
    addresses[i] = NULL;
  pthread_mutex_lock(&lock);
  int64_t start = now();
#ifdef TCC_RELOCATE_AUTO
  if (where == ADJOINT_JIT_APART)
    compile_apart(&task, &place, &code, addresses);
  else
#endif
    compile_here(&task, &place, &code, addresses);
  (void)where;
  if (code.status == ADJOINT_JIT_OK && place.all.memory) {
    if (pages_seal(&place.all, place.offset, code.byte_count)) {
      code.memory = place.all.memory;
      code.mapped_bytes = place.all.bytes;
    } else {
      code.system_error = errno;
      code.status = ADJOINT_JIT_MEMORY_REFUSED;
    }
  }
  code.nanoseconds = now() - start;
  pthread_mutex_unlock(&lock);
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
