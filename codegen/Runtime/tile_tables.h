// The symbol table of each instruction set, one a source file, among which symbols.c chooses.
#ifndef ADJOINT_TILE_TABLES_H
#define ADJOINT_TILE_TABLES_H

#include <stddef.h>

#include "adjoint_runtime.h"

#define ADJ_HIDDEN __attribute__((visibility("hidden")))

ADJ_HIDDEN const adj_symbol *adj_symbols_baseline(size_t *count);
ADJ_HIDDEN const adj_symbol *adj_symbols_avx2(size_t *count);
ADJ_HIDDEN const adj_symbol *adj_symbols_avx512(size_t *count);

#endif
