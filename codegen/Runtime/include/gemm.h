// Matrix products in float and double: the one central primitive of the runtime.
//
//   C[m x n] = op(A)[m x k] · op(B)[k x n], all row-major; `ld*` count elements from row to row.
//   flags  ADJ_GEMM_TRANSPOSE_A   A is stored k x m (lda >= m), else m x k (lda >= k)
//          ADJ_GEMM_TRANSPOSE_B   B is stored n x k (ldb >= k), else k x n (ldb >= n)
//          ADJ_GEMM_ACCUMULATE    C += instead of C =
//
// What the bits are: c = flag ? C : 0; for p = 0 ..< k: c = fma(a[i,p], b[p,j], c). One accumulator per
// output, k ascending, and nothing else decides: not m, n, the leading dimensions, the element's place,
// transposition or packing. Because an accumulating product starts at C, a product over k rows done in
// strips of any size has the bits of the whole. The baseline (SSE2) has no fused instruction and rounds
// twice, c + a·b, so its bits differ from the other x86 sets', which agree with each other. (A NaN stays a
// NaN; its sign and payload are not part of the promise.)
//
// k = 0 gives zeros (or leaves C alone when accumulating); m = 0 or n = 0 does nothing. C may overlap
// neither A, B nor the workspace. `workspace` holds adj_gemm_workspace bytes, aligned to 64.

#ifndef ADJ_GEMM_H
#define ADJ_GEMM_H

enum { ADJ_GEMM_TRANSPOSE_A = 1, ADJ_GEMM_TRANSPOSE_B = 2, ADJ_GEMM_ACCUMULATE = 4 };

#define ADJ_GEMM_PROTOTYPES(isa)                                                                        \
  void adj_gemm_f32_##isa(int flags, long m, long n, long k, const float *a, long lda, const float *b, \
                          long ldb, float *c, long ldc, float *workspace);                             \
  void adj_gemm_f64_##isa(int flags, long m, long n, long k, const double *a, long lda,                \
                          const double *b, long ldb, double *c, long ldc, double *workspace);

ADJ_GEMM_PROTOTYPES(baseline)
#if defined(__x86_64__)
ADJ_GEMM_PROTOTYPES(avx2)
ADJ_GEMM_PROTOTYPES(avx512)
#endif

/// Bytes of workspace that any product of this shape may need, whatever its flags and instruction set;
/// a multiple of 64, bounded however large the shape.
long adj_gemm_workspace(long m, long n, long k, long element_size);

#endif
