// The tile primitives for x86-64 with AVX2 and FMA. Everything is in tile.inc.
#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stddef.h>

#include "tile_tables.h"

#pragma STDC FP_CONTRACT OFF
// Vectors wider than a register never cross a call that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ADJ_BYTES 32
#define ADJ_ISA avx2
#include "tile.inc"

#pragma clang attribute pop

#endif
