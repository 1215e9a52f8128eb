// What the three gemm_<isa>.c share: cache blocks, lists of block heights, transposition within 16 bytes.

#ifndef ADJ_GEMM_BLOCKS_H
#define ADJ_GEMM_BLOCKS_H

#define INLINE static inline __attribute__((always_inline))

/// Cache blocks: so many of k, of columns and of rows are packed at a time.
enum { GEMM_K = 512, GEMM_N = 1024, GEMM_M = 336 };

/// Whether so many rows at this distance in bytes, a line of each, do not fit an L1 cache together (8 lines in each of 64
/// sets): where the distance is a multiple of a large power of two, they share a few sets. From so many rows of A on,
/// packing them pays.
INLINE int are_crowded(long stride, long rows) {
  long power = stride & -stride, sets = 4096 / (power < 64 ? 64 : power > 4096 ? 4096 : power);
  return rows > 8 * sets;
}
enum { CROWDED_ROWS = 240 };

/// On several threads: from so many multiply-adds on, with at least so many operations (or elements packed) a piece,
/// by columns where there are so many panels.
enum { THREADS_FROM = 500000, PIECE_FLOPS = 250000, PIECE_PACKED = 16384, LEAST_PANELS = 8 };

/// Row i of a matrix lies i strides on. A pointer a row would not fit the registers, and reloading pointers
/// costs; the odd multiples of the stride do fit, since an address scales by 2, 4 or 8. The empty asm keeps
/// the compiler from undoing this.
typedef struct {
  long x1, x3, x5, x7, x9, x11, x13, x15;
} Multiples;

INLINE Multiples multiples(long stride) {
  Multiples m = {stride,     3 * stride,  5 * stride,  7 * stride,
                 9 * stride, 11 * stride, 13 * stride, 15 * stride};
  __asm__("" : "+r"(m.x3));
  __asm__("" : "+r"(m.x5));
  __asm__("" : "+r"(m.x7));
  __asm__("" : "+r"(m.x9));
  __asm__("" : "+r"(m.x11));
  __asm__("" : "+r"(m.x13));
  __asm__("" : "+r"(m.x15));
  return m;
}

INLINE long multiple(Multiples m, const int i) {
  const long all[] = {0,        m.x1,     2 * m.x1, m.x3, 4 * m.x1, m.x5,     2 * m.x3, m.x7,
                      8 * m.x1, m.x9,     2 * m.x5, m.x11, 4 * m.x3, m.x13,   2 * m.x7, m.x15};
  return all[i];
}

/// Up to so many terms a sum, columns are not packed and rows not blocked.
enum { MOST_TERMS = 4 };
#define EACH_TERM UP_TO_4

#define UP_TO_2(X, v) X(1, v) X(2, v)
#define UP_TO_4(X, v) UP_TO_2(X, v) X(3, v) X(4, v)
#define UP_TO_6(X, v) UP_TO_4(X, v) X(5, v) X(6, v)
#define UP_TO_14(X, v) \
  UP_TO_6(X, v) X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v) X(13, v) X(14, v)

// Interleave the low or high halves of every 16 bytes of two vectors.
#define LO64_2 0, 2
#define HI64_2 1, 3
#define LO64_4 0, 4, 2, 6
#define HI64_4 1, 5, 3, 7
#define LO64_8 0, 8, 2, 10, 4, 12, 6, 14
#define HI64_8 1, 9, 3, 11, 5, 13, 7, 15
#define LO32_4 0, 4, 1, 5
#define HI32_4 2, 6, 3, 7
#define LO32_8 0, 8, 1, 9, 4, 12, 5, 13
#define HI32_8 2, 10, 3, 11, 6, 14, 7, 15
#define LO32_16 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define HI32_16 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define PAIRS_LO_4 0, 1, 4, 5
#define PAIRS_HI_4 2, 3, 6, 7
#define PAIRS_LO_8 0, 1, 8, 9, 4, 5, 12, 13
#define PAIRS_HI_8 2, 3, 10, 11, 6, 7, 14, 15
#define PAIRS_LO_16 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define PAIRS_HI_16 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31

#define SHUFFLE(...) __builtin_shufflevector(__VA_ARGS__)
#define TRANSPOSE_F32(name, vec, lanes)                                                     \
  INLINE void name(vec x[4]) {                                                              \
    vec l = SHUFFLE(x[0], x[1], LO32_##lanes), h = SHUFFLE(x[0], x[1], HI32_##lanes);       \
    vec m = SHUFFLE(x[2], x[3], LO32_##lanes), i = SHUFFLE(x[2], x[3], HI32_##lanes);       \
    x[0] = SHUFFLE(l, m, PAIRS_LO_##lanes), x[1] = SHUFFLE(l, m, PAIRS_HI_##lanes);         \
    x[2] = SHUFFLE(h, i, PAIRS_LO_##lanes), x[3] = SHUFFLE(h, i, PAIRS_HI_##lanes);         \
  }
#define TRANSPOSE_F64(name, vec, lanes)                                                     \
  INLINE void name(vec x[2]) {                                                              \
    vec l = SHUFFLE(x[0], x[1], LO64_##lanes), h = SHUFFLE(x[0], x[1], HI64_##lanes);       \
    x[0] = l, x[1] = h;                                                                     \
  }

#endif
