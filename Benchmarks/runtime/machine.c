#include "machine.h"

#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
double wall_seconds(void) { return seconds(CLOCK_MONOTONIC); }
double thread_seconds(void) { return seconds(CLOCK_THREAD_CPUTIME_ID); }

// Twelve chains hide the latency of any processor that has so many registers.
enum { CHAINS = 12, STEPS = 20000 };
#define FMA_LOOP(name, attributes, real, lanes, FMA)                                   \
  typedef real name##_vector __attribute__((ext_vector_type(lanes)));                  \
  attributes static void name(void) {                                                \
    name##_vector sum[CHAINS], x = (name##_vector)1.0f, y = (name##_vector)1e-9f;      \
    for (int i = 0; i < CHAINS; i++) sum[i] = x;                                       \
    for (long s = 0; s < STEPS; s++) {                                                 \
      __asm__ volatile("" : "+" VECTOR_REGISTER(x), "+" VECTOR_REGISTER(y));           \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) sum[i] =     \
          FMA(sum[i], x, y);                                                           \
    }                                                                                  \
    for (int i = 0; i < CHAINS; i++) __asm__ volatile("" ::VECTOR_REGISTER(sum[i]));   \
  }
#define FUSED(a, x, y) __builtin_elementwise_fma(a, x, y)
#define ROUNDED_TWICE(a, x, y) ((a) * (x) + (y))
#if defined(__x86_64__)
#define VECTOR_REGISTER(v) "x"(v)
FMA_LOOP(f32_avx512, __attribute__((target("avx512f"))), float, 16, FUSED)
FMA_LOOP(f64_avx512, __attribute__((target("avx512f"))), double, 8, FUSED)
FMA_LOOP(f32_avx2, __attribute__((target("avx2,fma"))), float, 8, FUSED)
FMA_LOOP(f64_avx2, __attribute__((target("avx2,fma"))), double, 4, FUSED)
#pragma clang fp contract(off)
FMA_LOOP(f32_baseline, , float, 4, ROUNDED_TWICE)
FMA_LOOP(f64_baseline, , double, 2, ROUNDED_TWICE)
#else
#define VECTOR_REGISTER(v) "w"(v)
FMA_LOOP(f32_baseline, , float, 4, FUSED)
FMA_LOOP(f64_baseline, , double, 2, FUSED)
#endif

static void (*loop_of(adj_isa isa, int is_double))(void) {
#if defined(__x86_64__)
  if (isa == ADJ_ISA_AVX512) return is_double ? f64_avx512 : f32_avx512;
  if (isa == ADJ_ISA_AVX2) return is_double ? f64_avx2 : f32_avx2;
#endif
  (void)isa;
  return is_double ? f64_baseline : f32_baseline;
}

typedef struct {
  void (*loop)(void);
} Loop;

static void loop_piece(void *context, long piece, void *scratch) {
  (void)piece, (void)scratch;
  ((Loop *)context)->loop();
}

double multiply_adds(adj_isa isa, int is_double, int threads) {
  Loop context = {loop_of(isa, is_double)};
  adj_parallel(threads, loop_piece, &context, NULL, 0);
  double bytes = isa == ADJ_ISA_AVX512 ? 64 : isa == ADJ_ISA_AVX2 ? 32 : 16;
  return 2.0 * bytes / (is_double ? 8 : 4) * CHAINS * STEPS * threads;
}

typedef struct {
  float *restrict a;
  const float *b, *c;
  long count, pieces;
} Triad;

static void triad_piece(void *context, long piece, void *scratch) {
  (void)scratch;
  const Triad *t = context;
  long from = t->count * piece / t->pieces, to = t->count * (piece + 1) / t->pieces;
  float *restrict a = t->a;
  for (long i = from; i < to; i++) a[i] = t->b[i] + 3.0f * t->c[i];
}

double triad(int threads, int runs) {
  enum { COUNT = 16 << 20 };
  int before = adj_thread_count();
  float *memory = aligned_alloc(64, 3ul * COUNT * sizeof(float));
  if (!memory) return 0;
  for (long i = 0; i < 3l * COUNT; i++) memory[i] = (float)(i % 8);
  Triad context = {memory, memory + COUNT, memory + 2l * COUNT, COUNT, threads};
  double best = 0;
  adj_set_thread_count(threads);
  for (int run = 0; run < runs; run++) {
    double start = wall_seconds();
    adj_parallel(threads, triad_piece, &context, NULL, 0);
    double rate = 3e-9 * COUNT * sizeof(float) / (wall_seconds() - start);
    if (rate > best) best = rate;
  }
  adj_set_thread_count(before);
  free(memory);
  return best;
}
