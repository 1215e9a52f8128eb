/* One compilation by TinyCC, in this process or in a child. */
#ifndef ADJOINT_JIT_COMPILE_H
#define ADJOINT_JIT_COMPILE_H

#include "adjoint_jit.h"
#include "pages.h"

typedef struct compilation {
  const char *text;
  const adjoint_jit_symbol *symbols;
  size_t symbol_count;
  const char *const *exports;
  size_t export_count;
} compilation;

/* Where the code goes: `offset` bytes, whole pages, into `all`, which is made where there is no memory yet. */
typedef struct place {
  pages all;
  size_t offset;
} place;

/* More bytes than the code of any text of this size; without arrays it is about as long as its text. */
size_t greatest_code(const compilation *task);

/* Compiles in this process, into pages that are writable still. */
void compile_into(const compilation *task, place *place, adjoint_jit_code *code, const void **addresses);

/* Compiles in a child, into pages that this process shares with it. */
void compile_apart(const compilation *task, place *place, adjoint_jit_code *code, const void **addresses);

#endif
