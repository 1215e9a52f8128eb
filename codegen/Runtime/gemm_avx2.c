// Matrix products for AVX2 with FMA: 16 registers of 32 bytes.

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>

#include "adjoint_threads.h"
#include "gemm.h"
#include "gemm_blocks.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_PART 1
#define GEMM_LAST(p) LOAD(p)
#define PACKED_BYTES (192 * 1024)
#define MAX_TILE 12
#define ROWS2 6
#define ROWS4 2
#define EACH_ROW2 UP_TO_6
#define EACH_ROW4 UP_TO_2

typedef float vec_f32_avx2 __attribute__((ext_vector_type(8)));
typedef double vec_f64_avx2 __attribute__((ext_vector_type(4)));

// Eight ones, then zeros: read from 8 - n on, it is the mask of the first n.
static const int ones32[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
static const long long ones64[8] = {-1, -1, -1, -1};
#define MASK32(n) _mm256_loadu_si256((const __m256i *)(ones32 + 8 - (n)))
#define MASK64(n) _mm256_loadu_si256((const __m256i *)(ones64 + 4 - (n)))
INLINE vec_f32_avx2 load_f32(const float *p, long n) { return _mm256_maskload_ps(p, MASK32(n)); }
INLINE void store_f32(float *p, long n, vec_f32_avx2 v) { _mm256_maskstore_ps(p, MASK32(n), v); }
INLINE vec_f64_avx2 load_f64(const double *p, long n) { return _mm256_maskload_pd(p, MASK64(n)); }
INLINE void store_f64(double *p, long n, vec_f64_avx2 v) { _mm256_maskstore_pd(p, MASK64(n), v); }

TRANSPOSE_F32(transpose_quads_f32_avx2, vec_f32_avx2, 8)
TRANSPOSE_F64(transpose_quads_f64_avx2, vec_f64_avx2, 4)

#define REAL float
#define LANES 8
#define G(name) name##_f32_avx2
#define load_part load_f32
#define store_part store_f32
#include "gemm.inc"

#define REAL double
#define LANES 4
#define G(name) name##_f64_avx2
#define load_part load_f64
#define store_part store_f64
#include "gemm.inc"

#pragma clang attribute pop

#endif
