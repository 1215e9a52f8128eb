// The epoch loop; see include/adjoint_epoch.h.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "adjoint_epoch.h"
#include "adjoint_stop.h"

// Rows of a batch that do not lie together are copied to one place.
static void gather(char *batch, const adj_source *source, const long *order, long count) {
  long size = source->row_bytes;
  for (long i = 0; i < count; i++) memcpy(batch + i * size, source->rows + order[i] * size, (size_t)size);
}

void adj_shuffle(long *order, long rows, unsigned long long seed) {
  for (long i = 0; i < rows; i++) order[i] = i;
  for (long i = rows - 1; i > 0; i--) {
    unsigned long long bound = (unsigned long long)i + 1, threshold = -bound % bound;
    unsigned __int128 product;
    do {
      seed += 0x9E3779B97F4A7C15;
      unsigned long long z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
      product = (unsigned __int128)(z ^ (z >> 31)) * bound;
    } while ((unsigned long long)product < threshold);
    long other = (long)(product >> 64), kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
}

static int run_steps(const adj_epoch *e) {
  // As Swift adds up: the same means by every processor.
#pragma STDC FP_CONTRACT OFF
  for (long number = 0, first = 0; number < e->steps; number++, first += e->batch) {
    if (first >= e->rows) first = 0;
    if (adj_is_cancelled(e->cancel)) return ADJ_EPOCH_CANCELLED;
    long left = e->rows - first;
    const adj_step *step = left < e->batch ? e->rest : e->whole;
    long count = left < e->batch ? left : e->batch;
    for (long i = 0; i < e->source_count; i++) {
      long place = step->places[i];
      if (place < 0) continue;
      if (e->order) {
        gather(step->batches[i], &e->sources[i], e->order + first, count);
        step->arguments[place] = step->batches[i];
      } else {
        step->arguments[place] = (void *)(e->sources[i].rows + first * e->sources[i].row_bytes);
      }
    }
    *e->step_number = e->first_step + (double)number;
    if (e->key) e->key[1] = (long)*e->step_number;
    if (e->settings)
      memcpy(e->setting, e->settings + number * e->setting_count, (size_t)e->setting_count * sizeof(double));
    int status = step->run(step->arguments, step->outputs, step->arena);
    // A loop of the step may have ended before it was through.
    if (adj_is_cancelled(e->cancel)) return ADJ_EPOCH_CANCELLED;
    double weight = (double)count / (double)e->rows, cost = 0;
    for (long i = e->result_count - 1; i >= 0; i--) {
      cost = e->result_is_double[i] ? *(const double *)step->outputs[i] : *(const float *)step->outputs[i];
      e->means[i] += cost * weight;
    }
    __atomic_store_n(e->done, number + 1, __ATOMIC_RELEASE);
    if (status) return status;
    if (!isfinite(cost)) return ADJ_EPOCH_NOT_FINITE;
  }
  return 0;
}

int adj_run_epoch(const adj_epoch *epoch) {
  const int *before = adj_set_stop(epoch->cancel);
  int status = run_steps(epoch);
  adj_set_stop(before);
  return status;
}
