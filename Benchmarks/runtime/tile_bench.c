// Time and accuracy of the tile primitives, for each instruction set that this processor has.
// `make bench-runtime` builds and runs it, as
//
//   tile_bench            nanoseconds per element, in cache, of every elementwise primitive and reduction
//   tile_bench ulp        worst error against long double libm, in units in the last place
//   tile_bench every      the same for all floats, of tile_math.inc's functions (minutes; their names may follow)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adjoint_runtime.h"

typedef void unary(long, long, void *, long, const void *, long, int);
typedef void binary(long, long, void *, long, const void *, long, const void *, long, int);
typedef void ternary(long, long, void *, long, const void *, long, const void *, long, const void *, long, int);
typedef void rows_reduction(long, long, void *, const void *, long, int);

static const void *find(adj_isa isa, const char *name) {
  size_t count;
  const adj_symbol *symbols = adj_symbols(isa, &count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(symbols[i].name, name) == 0) return symbols[i].address;
  fprintf(stderr, "no primitive %s\n", name);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

// The least of 15 batches, of about 50 µs each, in nanoseconds per call.
#define MEASURE(result, CALL)                                       \
  do {                                                              \
    long times = 1;                                                 \
    double least = 1e30;                                            \
    for (int batch = 0; batch < 15; batch++) {                      \
      double start = now();                                         \
      for (long i = 0; i < times; i++) CALL;                        \
      double took = (now() - start) / times;                        \
      if (took < least) least = took;                               \
      if (batch == 0) times = took > 50000 ? 1 : 50000 / (took + 1) + 1; \
    }                                                               \
    result = least;                                                 \
  } while (0)

static double a[1 << 15], b[1 << 15], c[1 << 15], out[1 << 15];

// Operands that no primitive finds exceptional: between 0.1 and 8, and 0 or 1 for b8.
static void fill(void *p, char type, long count) {
  for (long i = 0; i < count; i++) {
    double x = 0.1 + (i * 37 % 1000) * 0.0079;
    if (type == 'd') ((double *)p)[i] = x;
    if (type == 'f') ((float *)p)[i] = (float)x;
    if (type == 'i') ((int *)p)[i] = (int)(x * 1000) + 1;
    if (type == 'u') ((unsigned char *)p)[i] = i * 37 % 2;
  }
}

static char pointee(const char *at) {
  return strncmp(at, "const ", 6) == 0 ? at[6] : at[0];
}

// Random numbers, and sorting what was drawn.
static void sampling(adj_isa isa) {
  typedef void draw(long, long, const long *, void *);
  typedef void sort(long, long, long, int, const void *, int *);
  const char *types[] = {"f32", "f64", "i32", "i64"};
  const long key[2] = {7, 1};
  static int order[1 << 15];
  for (int t = 0; t < 4; t++) {
    char name[64];
    double took;
    snprintf(name, sizeof name, "adj_random_bits_%s", types[t]);
    draw *random = (draw *)find(isa, name);
    MEASURE(took, random(4096, 0, key, a));
    printf("%-8s %-18s %9.3f", adj_isa_name(isa), name + 4, took / 4096);
    snprintf(name, sizeof name, "adj_argsort_%s", types[t]);
    sort *argsort = (sort *)find(isa, name);
    random(1 << 15, 0, key, a);
    printf("   %s of 64, 4096, 32768:", name + 4);
    for (long n = 64; n <= 1 << 15; n = n == 4096 ? 1 << 15 : n * 64) {
      MEASURE(took, argsort(1, n, 1, 0, a, order));
      printf(" %.1f", took / n);
    }
    printf("\n");
  }
}

static void times(adj_isa best) {
  // As one row, with gaps between the rows (ld 80), with a row vector and with a column vector as last operand.
  printf("ns per element%14s %9s %9s %9s %9s %9s   (ns per call)\n", "512", "64x64", "64x64 ld", "64x10 row",
         "64x10 col", "1x64");
  for (adj_isa isa = ADJ_ISA_BASELINE; isa <= best; isa++) {
    size_t count;
    const adj_symbol *symbols = adj_symbols(isa, &count);
    for (size_t k = 0; k < count; k++) {
      const char *parameters = strchr(symbols[k].prototype, '(');
      const char *form = strstr(parameters, "long out_stride, const ");
      if (!form || !strstr(parameters, "int columns")) continue;
      int operands = 1 + (strstr(form, " *b") != NULL) + (strstr(form, " *c") != NULL);
      void *in[3] = {a, b, c};
      const char *at = form + strlen("long out_stride, ");
      for (int i = 0; i < operands; i++) {
        fill(in[i], pointee(at), 1 << 15);
        at = strstr(at, "_stride");
        if (i + 1 < operands) at += strlen("_stride, ");
      }
      const struct { long rows, cols, ld, last; int columns; } shapes[] = {
          {1, 512, 512, 512, 0}, {64, 64, 64, 64, 0}, {64, 64, 80, 80, 0},
          {64, 10, 10, 0, 0},    {64, 10, 10, 1, 1}, {1, 64, 64, 64, 0}};
      printf("%-8s %-18s", adj_isa_name(isa), symbols[k].name + 4);
      for (int s = 0; s < 6; s++) {
        long rows = shapes[s].rows, cols = shapes[s].cols, ld = shapes[s].ld, last = shapes[s].last;
        int columns = shapes[s].columns << (operands - 1);
        double took;
        if (operands == 1)
          MEASURE(took, ((unary *)symbols[k].address)(rows, cols, out, ld, a, last, columns));
        else if (operands == 2)
          MEASURE(took, ((binary *)symbols[k].address)(rows, cols, out, ld, a, ld, b, last, columns));
        else
          MEASURE(took, ((ternary *)symbols[k].address)(rows, cols, out, ld, a, ld, b, ld, c, last, columns));
        if (s < 5)
          printf(" %9.3f", took / (rows * cols));
        else
          printf(" %9.1f\n", took);
      }
    }
    const char *reductions[] = {"sum", "prod", "max", "min"}, *types[] = {"f32", "f64", "i32"};
    for (int r = 0; r < 4; r++)
      for (int t = 0; t < 3; t++) {
        char name[64];
        fill(a, "fdi"[t], 1 << 15);
        const struct { long rows, cols; } shapes[] = {{1, 512}, {64, 64}, {64, 10}};
        for (int axis = 0; axis < 2; axis++) {
          snprintf(name, sizeof name, "adj_%s_%s_%s", reductions[r], axis ? "rows" : "cols", types[t]);
          const void *f = find(isa, name);
          printf("%-8s %-18s", adj_isa_name(isa), name + 4);
          for (int s = 0; s < 3; s++) {
            long rows = shapes[s].rows, cols = shapes[s].cols;
            double took;
            if (axis)
              MEASURE(took, ((rows_reduction *)f)(rows, cols, out, a, cols, 0));
            else
              MEASURE(took, ((unary *)f)(rows, cols, out, 1, a, cols, 0));
            printf(" %9.3f", took / (rows * cols));
          }
          printf("\n");
        }
      }
    typedef void strided(long, long, void *, long, long, const void *, long, long);
    double took;
    strided *transpose = (strided *)find(isa, "adj_copy_strided_f32");
    MEASURE(took, transpose(64, 64, out, 64, 1, a, 1, 64));
    printf("%-8s transpose f32 64x64 %.3f", adj_isa_name(isa), took / 4096);
    transpose = (strided *)find(isa, "adj_copy_strided_f64");
    MEASURE(took, transpose(64, 64, out, 64, 1, a, 1, 64));
    printf(", f64 %.3f\n", took / 4096);
    sampling(isa);
  }
}

// Accuracy.

static long double sigmoidl(long double x) { return 1 / (1 + expl(-x)); }

// The distance in units of the last place that the exact value has in the type.
static double ulps(long double got, long double want, int digits, int least) {
  if (isnan(got) && isnan(want)) return 0;
  if (got == want) return 0;
  int exponent;
  frexpl(want, &exponent);
  int unit = exponent - digits < least ? least : exponent - digits;
  return (double)(fabsl(got - want) / ldexpl(1, unit));
}

typedef struct { double worst, worst_at, subnormal; long special; } errors;

// Rounds to the type first, so that overflow and underflow are the type's.
static void note(errors *e, long double x, long double got, long double want, int is_double) {
  long double rounded = is_double ? (double)want : (float)want;
  int digits = is_double ? 53 : 24, least = is_double ? -1074 : -149;
  if (!isfinite(rounded) || !isfinite(got)) {
    e->special += !(isnan(rounded) && isnan(got)) && rounded != got;
    return;
  }
  double u = ulps(got, want, digits, least);
  if (fabsl(rounded) < (is_double ? 0x1p-1022 : 0x1p-126)) {
    if (u > e->subnormal) e->subnormal = u;
  } else if (u > e->worst) {
    e->worst = u, e->worst_at = (double)x;
  }
}

static unsigned long state = 88172645463325252ul;
static unsigned long next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

// Arguments are of any bit pattern, evenly spread where functions are used or where exp is finite, or near 0 and 1.
static double argument(int is_double) {
  unsigned long bits = next();
  const double uniform = (double)(bits >> 11) * 0x1p-53 - 0.5;
  const unsigned long kind = next() % 6;
  if (kind < 2) return uniform * 60;
  if (kind == 2) return uniform * (is_double ? 1500 : 210);
  if (kind == 3) return (double)(next() & 1) + ldexp(uniform, -(int)(next() % 30));
  double d;
  float f;
  unsigned short_bits = (unsigned)bits;
  memcpy(&d, &bits, 8), memcpy(&f, &short_bits, 4);
  return is_double ? d : f;
}

static void accuracy(adj_isa best) {
  enum { N = 4096, TIMES = 250 };
  struct { const char *name; long double (*exact)(long double); } functions[] = {
      {"exp", expl},     {"exp2", exp2l},   {"expm1", expm1l}, {"log", logl},         {"log2", log2l},
      {"log10", log10l}, {"log1p", log1pl}, {"sqrt", sqrtl},   {"cbrt", cbrtl},       {"sin", sinl},
      {"cos", cosl},     {"tan", tanl},     {"asin", asinl},   {"acos", acosl},       {"atan", atanl},
      {"sinh", sinhl},   {"cosh", coshl},   {"tanh", tanhl},   {"asinh", asinhl},     {"acosh", acoshl},
      {"atanh", atanhl}, {"erf", erfl},     {"erfc", erfcl},   {"sigmoid", sigmoidl}, {"floor", floorl},
      {"ceil", ceill},   {"round", rintl}};
  struct { const char *name; long double (*exact)(long double, long double); } pairs[] = {
      {"pow", powl}, {"atan2", atan2l}, {"hypot", hypotl}, {"rem", fmodl}};
  const size_t singles = sizeof functions / sizeof functions[0], all = singles + sizeof pairs / sizeof pairs[0];
  printf("worst error in ULP over %d arguments (at); of subnormal results; infinities and NaN that differ\n",
         N * TIMES);
  for (adj_isa isa = ADJ_ISA_BASELINE; isa <= best; isa++)
    for (int is_double = 0; is_double < 2; is_double++)
      for (size_t k = 0; k < all; k++) {
        const int is_pair = k >= singles, is_pow = k == singles;
        char name[64];
        snprintf(name, sizeof name, "adj_%s_%s", is_pair ? pairs[k - singles].name : functions[k].name,
                 is_double ? "f64" : "f32");
        const void *f = find(isa, name);
        errors e = {0};
        state = 88172645463325252ul;
        for (int t = 0; t < TIMES; t++) {
          for (int i = 0; i < N; i++) {
            double x = argument(is_double), y = argument(is_double);
            if (is_pow && (next() & 3)) x = fabs(x), y = y / (1 + fabs(log(x))) ;
            if (is_double) a[i] = x, b[i] = y;
            else ((float *)a)[i] = (float)x, ((float *)b)[i] = (float)y;
          }
          if (is_pair) ((binary *)f)(1, N, out, N, a, N, b, N, 0);
          else ((unary *)f)(1, N, out, N, a, N, 0);
          for (int i = 0; i < N; i++) {
            long double x = is_double ? a[i] : ((float *)a)[i], y = is_double ? b[i] : ((float *)b)[i];
            long double got = is_double ? out[i] : ((float *)out)[i];
            note(&e, x, got, is_pair ? pairs[k - singles].exact(x, y) : functions[k].exact(x), is_double);
          }
        }
        printf("%-8s %-12s %10.3f (%.9g) %12.3g %8ld\n", adj_isa_name(isa), name + 4, e.worst, e.worst_at,
               e.subnormal, e.special);
      }
}

// Of every float, against the same function in f64, whose errors `ulp` shows: they are too small to matter here. Also
// how many results are less than that of the float before, where the function rises.
static void every(adj_isa best, int count, char **names) {
  enum { N = 4096 };
  const char *functions[] = {"exp", "expm1", "log", "log1p", "tanh", "sigmoid"};
  printf("worst error in ULP (at); of subnormal results; infinities, NaN and zeros that differ; falls\n");
  for (adj_isa isa = ADJ_ISA_BASELINE; isa <= best; isa++)
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
      int wanted = count == 0;
      for (int i = 0; i < count; i++) wanted |= strcmp(names[i], functions[k]) == 0;
      if (!wanted) continue;
      char name[64];
      snprintf(name, sizeof name, "adj_%s_f64", functions[k]);
      unary *exact = (unary *)find(best, name);
      snprintf(name, sizeof name, "adj_%s_f32", functions[k]);
      unary *f = (unary *)find(isa, name);
      double worst = 0, worst_at = 0, subnormal = 0;
      long special = 0, falls = 0;
      float *x = (float *)a, *got = (float *)out;
      for (unsigned long first = 0; first < 1ul << 32; first += N) {
        for (unsigned i = 0; i < N; i++) ((unsigned *)b)[i] = (unsigned)first + i;
        memcpy(x, b, N * sizeof(float));
        f(1, N, got, N, x, N, 0);
        for (int i = 0; i < N; i++) c[i] = x[i];
        exact(1, N, c, N, c, N, 0);
        for (int i = 0; i < N; i++) {
          const double want = c[i];
          const float rounded = (float)want;
          if (!isfinite(rounded) || !isfinite(got[i]) || rounded == 0) {
            const int same = rounded == got[i] && signbit(rounded) == signbit(got[i]);
            // What rounds to zero may be the least subnormal, of its sign.
            const int near = rounded == 0 && fabsf(got[i]) <= 0x1p-149f && signbit(rounded) == signbit(got[i]);
            special += !same && !near && !(isnan(rounded) && isnan(got[i]));
            continue;
          }
          if (i > 0) falls += x[i] > x[i - 1] ? got[i] < got[i - 1] : got[i] > got[i - 1];
          // The unit of a normal float is 2^-23 of the power of two below it.
          unsigned long bits;
          memcpy(&bits, &want, 8);
          bits = (bits & 0x7ff0000000000000) - (23ul << 52);
          double unit;
          memcpy(&unit, &bits, 8);
          if (unit < 0x1p-149) unit = 0x1p-149;
          const double u = fabs(got[i] - want) / unit;
          if (fabsf(rounded) < 0x1p-126f) {
            if (u > subnormal) subnormal = u;
          } else if (u > worst) {
            worst = u, worst_at = x[i];
          }
        }
      }
      printf("%-8s %-12s %10.4f (%.9g) %10.4f %8ld %8ld\n", adj_isa_name(isa), name + 4, worst, worst_at, subnormal,
             special, falls);
      fflush(stdout);
    }
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "ulp") == 0)
    accuracy(adj_best_isa());
  else if (count > 1 && strcmp(arguments[1], "every") == 0)
    every(adj_best_isa(), count - 2, arguments + 2);
  else
    times(adj_best_isa());
}
