// What the machine can do now: the multiply-add loop and a triad, on one and on all threads. Given a file that a run
// before wrote, says what has changed by more than 5 % since; else writes it.
//
//   machine_bench FILE [THREADS]

#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

enum { FIGURES = 6 };

static double best_rate(adj_isa isa, int is_double, int threads) {
  double best = 0;
  adj_set_thread_count(threads);
  for (int run = 0; run < 2000; run++) {
    double start = wall_seconds(), work = multiply_adds(isa, is_double, threads);
    double rate = work / (wall_seconds() - start) * 1e-9;
    if (rate > best) best = rate;
  }
  adj_set_thread_count(1);
  return best;
}

int main(int argc, char **argv) {
  if (argc < 2) return 1;
  int threads = argc > 2 ? atoi(argv[2]) : 2, compared = 0;
  adj_isa isa = adj_best_isa();
  const char *names[FIGURES] = {"multiply-adds f32, GFLOP/s", "  on all threads", "multiply-adds f64, GFLOP/s",
                                "  on all threads",           "triad, GB/s",     "  on all threads"};
  double now[FIGURES] = {best_rate(isa, 0, 1), best_rate(isa, 0, threads), best_rate(isa, 1, 1),
                         best_rate(isa, 1, threads), triad(1, 20), triad(threads, 20)};
  double before[FIGURES];
  FILE *file = fopen(argv[1], "r");
  if (file) {
    compared = 1;
    for (int i = 0; i < FIGURES; i++) compared = compared && fscanf(file, "%lf", &before[i]) == 1;
    fclose(file);
  }
  printf("%s, %d threads\n", adj_isa_name(isa), threads);
  for (int i = 0; i < FIGURES; i++) {
    printf("%-28s %8.1f", names[i], now[i]);
    if (compared) {
      double change = now[i] / before[i] - 1;
      printf("  before %8.1f%s", before[i], change > 0.05 || change < -0.05 ? "  CHANGED BY MORE THAN 5 %" : "");
    }
    printf("\n");
  }
  if (compared) return 0;
  file = fopen(argv[1], "w");
  if (!file) return 1;
  for (int i = 0; i < FIGURES; i++) fprintf(file, "%.3f\n", now[i]);
  return fclose(file) != 0;
}
