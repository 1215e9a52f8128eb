// Matrix products for any machine: vectors of 16 bytes. On x86-64 (SSE2) there is no fused multiply-add and
// the product is rounded before it is added; where the baseline has one (AArch64), it is used.

#include <stddef.h>

#include "adjoint_threads.h"
#include "gemm.h"
#include "gemm_blocks.h"

#pragma clang fp contract(off)

#if defined(__aarch64__)
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define FMA(a, b, c) ((c) + (a) * (b))
#endif
#define GEMM_PART 0
#define GEMM_LAST(p) LOAD(p)
#define PACKED_BYTES (192 * 1024)
#define MAX_TILE 8
#define ROWS2 4
#define ROWS4 2
#define EACH_ROW2 UP_TO_4
#define EACH_ROW4 UP_TO_2

typedef float vec_f32_baseline __attribute__((ext_vector_type(4)));
typedef double vec_f64_baseline __attribute__((ext_vector_type(2)));

INLINE vec_f32_baseline load_f32(const float *p, long n) {
  return (vec_f32_baseline){p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
}
INLINE void store_f32(float *p, long n, vec_f32_baseline v) {
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
  if (n > 3) p[3] = v[3];
}
INLINE vec_f64_baseline load_f64(const double *p, long n) {
  return (vec_f64_baseline){p[0], n > 1 ? p[1] : 0};
}
INLINE void store_f64(double *p, long n, vec_f64_baseline v) {
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
}

TRANSPOSE_F32(transpose_quads_f32_baseline, vec_f32_baseline, 4)
TRANSPOSE_F64(transpose_quads_f64_baseline, vec_f64_baseline, 2)

#define REAL float
#define LANES 4
#define G(name) name##_f32_baseline
#define load_part load_f32
#define store_part store_f32
#include "gemm.inc"

#define REAL double
#define LANES 2
#define G(name) name##_f64_baseline
#define load_part load_f64
#define store_part store_f64
#include "gemm.inc"

// Room for the packed panels of B, then of A: GEMM_K deep, columns up to whole vectors of 16, and of A up to
// 8 columns for 6 rows. A narrow product packs its operands the other way round.
long adj_gemm_workspace(long m, long n, long k, long element_size) {
  if (m <= 0 || n <= 0 || k <= 0) return 0;
  long rows = m > n ? m : n, depth = k < GEMM_K ? k : GEMM_K;
  long b = rows < GEMM_N ? (rows + 15) / 16 * 16 : GEMM_N;
  long a = rows < GEMM_M ? rows : GEMM_M;
  a = (a + 5) / 6 * 8 + 16;
  return ((b + a) * depth * element_size + 63) / 64 * 64;
}
