// What the machine can do, measured beside what is compared with it.
#ifndef MACHINE_H
#define MACHINE_H

#include "adjoint_runtime.h"

double wall_seconds(void);
/// Of the calling thread alone: what others take of its processor does not count.
double thread_seconds(void);

/// One short run of a loop of nothing but multiply-adds on registers, on `threads` threads at once: the
/// floating-point operations that it took.
double multiply_adds(adj_isa isa, int is_double, int threads);

/// GB/s of a[i] = b[i] + x * c[i] on arrays beyond the caches, in float: the best of `runs`.
double triad(int threads, int runs);

#endif
