// The tile primitives for any processor of the architecture (SSE2 on x86-64). Everything is in tile.inc.

#include <math.h>
#include <stddef.h>

#include "tile_tables.h"

#pragma STDC FP_CONTRACT OFF
// Vectors wider than a register never cross a call that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define ADJ_BYTES 16
#define ADJ_ISA baseline
#include "tile.inc"

