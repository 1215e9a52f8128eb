// The runtime that generated C calls: tile primitives and matrix products, compiled ahead of time for
// several instruction sets from one source, and the table by which the emitter and the JIT find them.
#ifndef ADJOINT_RUNTIME_H
#define ADJOINT_RUNTIME_H

#include <stddef.h>

#include "adjoint_epoch.h"
#include "adjoint_stop.h"
#include "adjoint_threads.h"
#include "gemm.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The instruction sets for which the primitives exist, each including the ones before it.
typedef enum { ADJ_ISA_BASELINE, ADJ_ISA_AVX2, ADJ_ISA_AVX512 } adj_isa;

/// The best instruction set that processor and operating system support.
adj_isa adj_best_isa(void);

/// "baseline", "avx2" or "avx512".
const char *adj_isa_name(adj_isa isa);

/// A function that generated C may call. The prototype is one line of C, without the semicolon, in the basic
/// types only (float, double, int, unsigned char, long), so that it compiles without any header.
typedef struct {
  const char *name;
  const char *prototype;
  const void *address;
} adj_symbol;

/// All functions that generated C may call, for one instruction set, in a fixed order: tile primitives,
/// matrix products, scalars of libm. An instruction set that this build does not have gives the baseline's.
/// The functions' meaning is written in adjoint_primitives.def. The table is constant and is never freed.
const adj_symbol *adj_symbols(adj_isa isa, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
