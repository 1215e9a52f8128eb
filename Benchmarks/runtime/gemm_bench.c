// GFLOP/s of the runtime's matrix product, and its share of the multiply-add loop's in the same run, beside
// OpenBLAS's and libxsmm's where they are installed, in many short batches alternating, so that a noisy machine
// disturbs all alike. `make bench-runtime` builds and runs it, as
//
//   gemm_bench [baseline|avx2|avx512] [f32|f64] [threads N] [quick] [json] [only TEXT]
//
// One thread is timed by the processor time it got, more by the clock on the wall.
// (Unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE. To compare AVX2 with AVX2 set OPENBLAS_CORETYPE=Haswell and
// LIBXSMM_TARGET=hsw; baseline: Prescott, snb.)

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

typedef struct {
  long m, n, k;
  const char *form;
} Shape;

static const Shape shapes[] = {
    // The targets.
    {256, 256, 256, "NN"}, {256, 256, 256, "TN"}, {256, 256, 256, "NT"}, {256, 256, 256, "TT"},
    {512, 512, 512, "NN"}, {512, 512, 512, "TN"}, {512, 512, 512, "NT"}, {512, 512, 512, "TT"},
    {1024, 1024, 1024, "NN"}, {1024, 1024, 1024, "TN"}, {1024, 1024, 1024, "NT"}, {1024, 1024, 1024, "TT"},
    // Layers of a classifier of digits, forward and backward.
    {128, 512, 784, "NN"}, {784, 512, 128, "TN"}, {128, 256, 512, "NN"}, {512, 256, 128, "TN"},
    {128, 512, 256, "NT"}, {128, 10, 256, "NN"}, {256, 10, 128, "TN"}, {128, 256, 10, "NT"},
    // A network of 32 wide layers for a differential equation.
    {1024, 32, 32, "NN"}, {32, 32, 1024, "TN"}, {1024, 32, 32, "NT"}, {1024, 32, 2, "NN"}, {2, 32, 1024, "TN"},
    {1024, 2, 32, "NT"}, {1024, 1, 32, "NN"}, {32, 1, 1024, "TN"}, {1024, 32, 1, "NT"},
    // Small ones.
    {32, 64, 64, "NN"}, {32, 64, 64, "TN"}, {32, 64, 64, "NT"}, {32, 64, 64, "TT"}, {64, 64, 32, "TN"},
    {32, 64, 1, "NN"}, {1, 64, 32, "TN"}, {32, 1, 64, "NN"}, {64, 1, 32, "TN"}, {32, 64, 1, "NT"},
    {64, 64, 30, "NN"}, {30, 64, 64, "TN"}, {64, 32, 64, "NN"}, {64, 32, 64, "TN"}, {64, 64, 32, "NT"},
    {64, 2, 32, "NN"}, {32, 2, 64, "TN"}, {64, 32, 2, "NT"}, {64, 1, 32, "NN"}, {32, 1, 64, "TN"},
    {64, 32, 1, "NT"}, {1, 64, 64, "NN"},
    // Long ones.
    {2048, 256, 256, "NN"}, {256, 256, 2048, "TN"}, {2048, 64, 64, "NN"}, {64, 64, 2048, "TN"},
};

typedef struct {
  const Shape *shape;
  int flags, is_double, threads;
  adj_isa isa;
  long lda, ldb;
  void *a, *b, *c, *workspace;
  const void *kernel;  // libxsmm's for this shape
} Product;

// MARK: who

static void ours(const Product *p) {
  typedef void f32(int, long, long, long, const float *, long, const float *, long, float *, long, float *);
  typedef void f64(int, long, long, long, const double *, long, const double *, long, double *, long, double *);
  const Shape *s = p->shape;
#if defined(__x86_64__)
  static f32 *const singles[] = {adj_gemm_f32_baseline, adj_gemm_f32_avx2, adj_gemm_f32_avx512};
  static f64 *const doubles[] = {adj_gemm_f64_baseline, adj_gemm_f64_avx2, adj_gemm_f64_avx512};
#else
  static f32 *const singles[] = {adj_gemm_f32_baseline};
  static f64 *const doubles[] = {adj_gemm_f64_baseline};
#endif
  if (p->is_double)
    doubles[p->isa](p->flags, s->m, s->n, s->k, p->a, p->lda, p->b, p->ldb, p->c, s->n, p->workspace);
  else
    singles[p->isa](p->flags, s->m, s->n, s->k, p->a, p->lda, p->b, p->ldb, p->c, s->n, p->workspace);
}

#ifdef OPENBLAS
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);
void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                 const double *b, int ldb, double beta, double *c, int ldc);
char *openblas_get_config(void);
char *openblas_get_corename(void);
void openblas_set_num_threads(int);

static void openblas(const Product *p) {
  const Shape *s = p->shape;
  int ta = p->flags & ADJ_GEMM_TRANSPOSE_A ? 112 : 111, tb = p->flags & ADJ_GEMM_TRANSPOSE_B ? 112 : 111;
  int m = (int)s->m, n = (int)s->n, k = (int)s->k, lda = (int)p->lda, ldb = (int)p->ldb;
  if (p->is_double)
    cblas_dgemm(101, ta, tb, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, n);
  else
    cblas_sgemm(101, ta, tb, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, n);
}
#endif

#ifdef LIBXSMM
typedef void xsmm_kernel(const void *, const void *, void *, ...);
void libxsmm_init(void);
xsmm_kernel *libxsmm_smmdispatch(int m, int n, int k, const int *lda, const int *ldb, const int *ldc,
                                 const float *alpha, const float *beta, const int *flags, const int *prefetch);
xsmm_kernel *libxsmm_dmmdispatch(int m, int n, int k, const int *lda, const int *ldb, const int *ldc,
                                 const double *alpha, const double *beta, const int *flags, const int *prefetch);

// Its matrices are by columns, so it computes the transpose; its kernels are for small products, and it has none
// with its first operand transposed.
static const void *xsmm_kernel_for(const Product *p) {
  const Shape *s = p->shape;
  if ((p->flags & ADJ_GEMM_TRANSPOSE_B) || s->m * s->n * s->k > 128 * 128 * 128) return NULL;
  int m = (int)s->n, n = (int)s->m, k = (int)s->k, lda = (int)p->ldb, ldb = (int)p->lda;
  int flags = p->flags & ADJ_GEMM_TRANSPOSE_A ? 2 : 0, prefetch = 0;
  const float one = 1, zero = 0;
  const double one_double = 1, zero_double = 0;
  if (p->is_double)
    return (const void *)libxsmm_dmmdispatch(m, n, k, &lda, &ldb, &m, &one_double, &zero_double, &flags, &prefetch);
  return (const void *)libxsmm_smmdispatch(m, n, k, &lda, &ldb, &m, &one, &zero, &flags, &prefetch);
}

static void xsmm(const Product *p) { ((xsmm_kernel *)p->kernel)(p->b, p->a, p->c); }
#endif

// MARK: measuring

// The multiply-add loop takes its turn as well: clocks change from moment to moment.
static void loop(const Product *p) { multiply_adds(p->isa, p->is_double, adj_thread_count()); }

enum { PEAK, OURS, OPENBLAS_, LIBXSMM_, EVERYONE };
static void (*const everyone[EVERYONE])(const Product *) = {
    loop,
    ours,
#ifdef OPENBLAS
    openblas,
#else
    NULL,
#endif
#ifdef LIBXSMM
    xsmm,
#else
    NULL,
#endif
};

static void *filled(long count, int is_double, int period) {
  long size = is_double ? 8 : 4;
  void *p = aligned_alloc(64, (size_t)((count * size + 63) / 64 * 64));
  if (!p) exit(1);
  for (long i = 0; i < count; i++)
    if (is_double) ((double *)p)[i] = (double)(i % period - period / 2);
    else ((float *)p)[i] = (float)(i % period - period / 2);
  return p;
}

static double seconds(int threads) { return threads > 1 ? wall_seconds() : thread_seconds(); }

typedef struct {
  double times[EVERYONE];
} Round;

static int sorted_by;
static int ascending(const void *a, const void *b) {
  double x = ((const Round *)a)->times[sorted_by], y = ((const Round *)b)->times[sorted_by];
  return (x > y) - (x < y);
}

// Seconds a call, of each who can, at `threads`; 0 of who cannot: the median of those rounds, a fifth of all, in which
// the multiply-add loop found the machine least disturbed.
static void measure(Product *p, int threads, double limit, double typical[EVERYONE]) {
  enum { MOST = 20000 };
  static Round rounds[MOST];
  memset(rounds, 0, sizeof rounds);
  adj_set_thread_count(threads);
#ifdef OPENBLAS
  openblas_set_num_threads(threads);
#endif
  double flops = 2.0 * (double)p->shape->m * (double)p->shape->n * (double)p->shape->k;
  long calls = (long)(5e6 / flops) + 1;
  if (calls > 2000) calls = 2000;
  double end = wall_seconds() + limit;
  size_t count = 0;
  for (; count < 5 || (count < MOST && wall_seconds() < end); count++)
    for (int who = 0; who < EVERYONE; who++) {
      if (!everyone[who] || (who == LIBXSMM_ && (!p->kernel || threads > 1))) continue;
      long repeated = who == PEAK ? 1 : calls;
      double start = seconds(threads);
      for (long i = 0; i < repeated; i++) everyone[who](p);
      rounds[count].times[who] = (seconds(threads) - start) / (double)repeated;
    }
  sorted_by = PEAK;
  qsort(rounds, count, sizeof(Round), ascending);
  count = (count + 4) / 5;
  for (int who = 0; who < EVERYONE; who++) {
    sorted_by = who;
    qsort(rounds, count, sizeof(Round), ascending);
    typical[who] = rounds[count / 2].times[who];
  }
  adj_set_thread_count(1);
}

static void print_rate(int width, double flops, double time) {
  if (time > 0) printf(" %*.1f", width, flops / time * 1e-9);
  else printf(" %*s", width, "-");
}

static void print_ratio(double theirs, double ours) {
  if (theirs > 0) printf(" %6.2f", theirs / ours);
  else printf(" %6s", "-");
}

int main(int argc, char **argv) {
  adj_isa isa = adj_best_isa();
  int is_double = 0, threads = 1, json = 0;
  double limit = 0.5;
  const char *only = NULL;
  for (int i = 1; i < argc; i++) {
    for (int set = ADJ_ISA_BASELINE; set <= (int)adj_best_isa(); set++)
      if (!strcmp(argv[i], adj_isa_name(set))) isa = set;
    if (!strcmp(argv[i], "f64")) is_double = 1;
    if (!strcmp(argv[i], "quick")) limit = 0.1;
    if (!strcmp(argv[i], "json")) json = 1;
    if (!strcmp(argv[i], "threads") && i + 1 < argc) threads = atoi(argv[++i]);
    if (!strcmp(argv[i], "only") && i + 1 < argc) only = argv[++i];
  }
  const char *type = is_double ? "f64" : "f32";
#ifdef LIBXSMM
  libxsmm_init();
#endif
  if (!json) {
#ifdef OPENBLAS
    printf("%s, core %s\n", openblas_get_config(), openblas_get_corename());
#else
    printf("OpenBLAS: not installed\n");
#endif
#ifndef LIBXSMM
    printf("libxsmm: not installed\n");
#endif
    printf("%-18s %7s %7s %6s %8s %8s %6s %9s", adj_isa_name(isa), "loop", "ours", "% loop", "OpenBLAS", "libxsmm",
           "ratio", "ns a call");
    if (threads > 1) printf("  %d threads: %5s %7s %6s %8s %6s", threads, "loop", "ours", "times", "OpenBLAS", "ratio");
    printf("\n");
  }
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const Shape *s = &shapes[i];
    char name[64];
    snprintf(name, sizeof name, "%ldx%ldx%ld %s", s->m, s->n, s->k, s->form);
    if (only && !strstr(name, only)) continue;
    Product p = {.shape = s, .is_double = is_double, .isa = isa};
    p.flags = (s->form[0] == 'T' ? ADJ_GEMM_TRANSPOSE_A : 0) | (s->form[1] == 'T' ? ADJ_GEMM_TRANSPOSE_B : 0);
    p.lda = p.flags & ADJ_GEMM_TRANSPOSE_A ? s->m : s->k, p.ldb = p.flags & ADJ_GEMM_TRANSPOSE_B ? s->k : s->n;
    p.a = filled(s->m * s->k, is_double, 7), p.b = filled(s->k * s->n, is_double, 5);
    p.c = filled(s->m * s->n, is_double, 3);
    p.workspace = filled(adj_gemm_workspace(s->m, s->n, s->k, is_double ? 8 : 4) / (is_double ? 8 : 4), is_double, 1);
#ifdef LIBXSMM
    p.kernel = xsmm_kernel_for(&p);
#endif
    double flops = 2.0 * (double)s->m * (double)s->n * (double)s->k, one[EVERYONE], many[EVERYONE] = {0};
    measure(&p, 1, limit, one);
    if (threads > 1) measure(&p, threads, limit, many);
    double other = one[OPENBLAS_];
    if (one[LIBXSMM_] > 0 && (other == 0 || one[LIBXSMM_] < other)) other = one[LIBXSMM_];
    double top = multiply_adds(isa, is_double, 1) / one[PEAK];
    double top_threads = threads > 1 ? multiply_adds(isa, is_double, threads) / many[PEAK] : 0;
    if (json) {
      printf("{\"shape\": \"%s\", \"type\": \"%s\", \"isa\": \"%s\", \"loop_gflops\": %.2f, \"ours_ns\": %.1f", name,
             type, adj_isa_name(isa), top * 1e-9, one[OURS] * 1e9);
      if (one[OPENBLAS_] > 0) printf(", \"openblas_ns\": %.1f", one[OPENBLAS_] * 1e9);
      if (one[LIBXSMM_] > 0) printf(", \"libxsmm_ns\": %.1f", one[LIBXSMM_] * 1e9);
      if (threads > 1)
        printf(", \"threads\": %d, \"loop_threads_gflops\": %.2f, \"ours_threads_ns\": %.1f", threads,
               top_threads * 1e-9, many[OURS] * 1e9);
      if (many[OPENBLAS_] > 0) printf(", \"openblas_threads_ns\": %.1f", many[OPENBLAS_] * 1e9);
      printf("}\n");
    } else {
      printf("%-18s %7.1f", name, top * 1e-9);
      print_rate(7, flops, one[OURS]);
      printf(" %6.0f", 100 * flops / one[OURS] / top);
      print_rate(8, flops, one[OPENBLAS_]);
      print_rate(8, flops, one[LIBXSMM_]);
      print_ratio(other, one[OURS]);
      printf(" %9.0f", one[OURS] * 1e9);
      if (threads > 1) {
        printf("           %7.2f", top_threads / top);
        print_rate(7, flops, many[OURS]);
        print_ratio(one[OURS], many[OURS]);
        print_rate(8, flops, many[OPENBLAS_]);
        print_ratio(many[OPENBLAS_], many[OURS]);
      }
      printf("\n");
    }
    fflush(stdout);
    free(p.a), free(p.b), free(p.c), free(p.workspace);
  }
}
