// GFLOP/s of the runtime's matrix product beside OpenBLAS's, one thread, each shape's best of many batches,
// the two alternating so that a noisy machine disturbs both alike. By hand, from the repository's root:
//
//   R=codegen/Runtime
//   clang -O2 -I$R/include Benchmarks/runtime/gemm_bench.c $R/gemm_*.c -DOPENBLAS -lopenblas \
//     -o /tmp/gemm_bench
//   env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 \
//     /tmp/gemm_bench [avx512|avx2|baseline] [f32|f64]
//
// (Without -DOPENBLAS -lopenblas the second column is empty of meaning. To compare AVX2 with AVX2, set
// OPENBLAS_CORETYPE=Haswell; baseline: Prescott.)

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gemm.h"

#ifdef OPENBLAS
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);
void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                 const double *b, int ldb, double beta, double *c, int ldc);
char *openblas_get_config(void);
char *openblas_get_corename(void);
#endif

typedef struct {
  long m, n, k;
  const char *form;
} Shape;

static const Shape shapes[] = {
    {32, 64, 64, "NN"},   {32, 64, 64, "TN"},     {32, 64, 64, "NT"},    {32, 64, 64, "TT"},
    {64, 64, 30, "NN"},   {64, 32, 64, "NN"},     {64, 64, 32, "TN"},    {64, 64, 64, "NN"},
    {1024, 32, 32, "NN"}, {32, 32, 1024, "TN"},   {128, 512, 784, "NN"}, {784, 512, 128, "TN"},
    {128, 256, 512, "NN"}, {128, 512, 256, "NT"}, {128, 10, 256, "NN"},  {256, 10, 128, "TN"},
    {128, 256, 10, "NT"}, {64, 1, 32, "NN"},      {32, 1, 64, "TN"},     {64, 32, 1, "NT"},
    {1024, 1, 64, "NN"},  {1, 64, 64, "NN"},      {256, 256, 256, "NN"}, {512, 512, 512, "TN"},
    {2048, 256, 256, "NN"}, {256, 256, 2048, "TN"}, {1024, 1024, 1024, "NN"},
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int is_double, isa;  // 0 baseline, 1 avx2, 2 avx512
static void *a, *b, *c, *workspace;

static void ours(const Shape *s, int flags, long lda, long ldb) {
  static void (*const f32[])(int, long, long, long, const float *, long, const float *, long, float *, long,
                             float *) = {adj_gemm_f32_baseline, adj_gemm_f32_avx2, adj_gemm_f32_avx512};
  static void (*const f64[])(int, long, long, long, const double *, long, const double *, long, double *,
                             long, double *) = {adj_gemm_f64_baseline, adj_gemm_f64_avx2, adj_gemm_f64_avx512};
  if (is_double)
    f64[isa](flags, s->m, s->n, s->k, a, lda, b, ldb, c, s->n, workspace);
  else
    f32[isa](flags, s->m, s->n, s->k, a, lda, b, ldb, c, s->n, workspace);
}

static void theirs(const Shape *s, int flags, long lda, long ldb) {
#ifdef OPENBLAS
  int ta = flags & 1 ? 112 : 111, tb = flags & 2 ? 112 : 111;
  if (is_double)
    cblas_dgemm(101, ta, tb, s->m, s->n, s->k, 1, a, lda, b, ldb, 0, c, s->n);
  else
    cblas_sgemm(101, ta, tb, s->m, s->n, s->k, 1, a, lda, b, ldb, 0, c, s->n);
#else
  (void)s, (void)flags, (void)lda, (void)ldb;
#endif
}

int main(int argc, char **argv) {
  isa = 2;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "avx2")) isa = 1;
    if (!strcmp(argv[i], "baseline")) isa = 0;
    if (!strcmp(argv[i], "f64")) is_double = 1;
  }
#ifdef OPENBLAS
  printf("%s\ncore %s\n", openblas_get_config(), openblas_get_corename());
#endif
  printf("%-22s %9s %9s %6s %9s\n", is_double ? "f64" : "f32", "ours", "OpenBLAS", "ratio", "ns a call");
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const Shape *s = &shapes[i];
    long size = is_double ? 8 : 4;
    int flags = (s->form[0] == 'T' ? ADJ_GEMM_TRANSPOSE_A : 0) |
                (s->form[1] == 'T' ? ADJ_GEMM_TRANSPOSE_B : 0);
    long lda = flags & 1 ? s->m : s->k, ldb = flags & 2 ? s->k : s->n;
    a = aligned_alloc(64, (s->m * s->k * size + 63) / 64 * 64);
    b = aligned_alloc(64, (s->k * s->n * size + 63) / 64 * 64);
    c = aligned_alloc(64, (s->m * s->n * size + 63) / 64 * 64);
    workspace = aligned_alloc(64, adj_gemm_workspace(s->m, s->n, s->k, size));
    for (long j = 0; j < s->m * s->k; j++)
      if (is_double) ((double *)a)[j] = j % 7 - 3; else ((float *)a)[j] = j % 7 - 3;
    for (long j = 0; j < s->k * s->n; j++)
      if (is_double) ((double *)b)[j] = j % 5 - 2; else ((float *)b)[j] = j % 5 - 2;
    double flops = 2.0 * s->m * s->n * s->k, best[2] = {1e9, 1e9};
    long calls = (long)(2e7 / flops) + 1;
    for (int round = 0; round < 60; round++)
      for (int who = 0; who < 2; who++) {
        double start = now();
        for (long j = 0; j < calls; j++) (who ? theirs : ours)(s, flags, lda, ldb);
        double t = (now() - start) / calls;
        if (t < best[who]) best[who] = t;
      }
    char name[64];
    snprintf(name, sizeof name, "%ldx%ldx%ld %s", s->m, s->n, s->k, s->form);
    printf("%-22s %9.1f %9.1f %6.2f %9.0f\n", name, flops / best[0] * 1e-9, flops / best[1] * 1e-9,
           best[1] / best[0], best[0] * 1e9);
    free(a), free(b), free(c), free(workspace);
  }
}
