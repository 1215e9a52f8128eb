// Matrix products for AVX-512: 32 registers of 64 bytes.

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>

#include "adjoint_threads.h"
#include "gemm.h"
#include "gemm_blocks.h"

#pragma clang attribute push(                                                                          \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)

#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_PART 2
#define GEMM_LAST(p) load_part(p, part)
#define PACKED_BYTES (512 * 1024)
#define MAX_TILE 28
#define ROWS2 14
#define ROWS4 6
#define EACH_ROW2 UP_TO_14
#define EACH_ROW4 UP_TO_6

typedef float vec_f32_avx512 __attribute__((ext_vector_type(16)));
typedef double vec_f64_avx512 __attribute__((ext_vector_type(8)));

#define MASK(n) ((1u << (n)) - 1)
INLINE vec_f32_avx512 load_f32(const float *p, long n) {
  return _mm512_maskz_loadu_ps((__mmask16)MASK(n), p);
}
INLINE void store_f32(float *p, long n, vec_f32_avx512 v) {
  _mm512_mask_storeu_ps(p, (__mmask16)MASK(n), v);
}
INLINE vec_f64_avx512 load_f64(const double *p, long n) {
  return _mm512_maskz_loadu_pd((__mmask8)MASK(n), p);
}
INLINE void store_f64(double *p, long n, vec_f64_avx512 v) {
  _mm512_mask_storeu_pd(p, (__mmask8)MASK(n), v);
}

TRANSPOSE_F32(transpose_quads_f32_avx512, vec_f32_avx512, 16)
TRANSPOSE_F64(transpose_quads_f64_avx512, vec_f64_avx512, 8)

#define REAL float
#define LANES 16
#define G(name) name##_f32_avx512
#define load_part load_f32
#define store_part store_f32
#include "gemm.inc"

#define REAL double
#define LANES 8
#define G(name) name##_f64_avx512
#define load_part load_f64
#define store_part store_f64
#include "gemm.inc"

#pragma clang attribute pop

#endif
