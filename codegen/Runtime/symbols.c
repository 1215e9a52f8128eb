// Which instruction sets there are, which this processor has, and the symbols of each.
#include "adjoint_runtime.h"
#include "tile_tables.h"

adj_isa adj_best_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return ADJ_ISA_BASELINE;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return ADJ_ISA_AVX512;
  return ADJ_ISA_AVX2;
#else
  return ADJ_ISA_BASELINE;
#endif
}

const char *adj_isa_name(adj_isa isa) {
  switch (isa) {
    case ADJ_ISA_BASELINE: return "baseline";
    case ADJ_ISA_AVX2: return "avx2";
    case ADJ_ISA_AVX512: return "avx512";
  }
  return "unknown";
}

const adj_symbol *adj_symbols(adj_isa isa, size_t *count) {
#if defined(__x86_64__)
  if (isa == ADJ_ISA_AVX512) return adj_symbols_avx512(count);
  if (isa == ADJ_ISA_AVX2) return adj_symbols_avx2(count);
#else
  (void)isa;
#endif
  return adj_symbols_baseline(count);
}
