// The tile primitives for x86-64 with AVX-512 (F, DQ, BW, VL). Everything is in tile.inc.
#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stddef.h>

#include "tile_tables.h"

#pragma STDC FP_CONTRACT OFF
// Vectors wider than a register never cross a call that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), \
                             apply_to = function)
#define ADJ_BYTES 64
#define ADJ_ISA avx512
#include "tile.inc"

#pragma clang attribute pop

#endif
