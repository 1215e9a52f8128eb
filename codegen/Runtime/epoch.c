// The epoch loop; see include/adjoint_epoch.h.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "adjoint_epoch.h"

// Rows of a batch that do not lie together are copied to one place.
static void gather(char *batch, const adj_source *source, const long *order, long count) {
  long size = source->row_bytes;
  for (long i = 0; i < count; i++) memcpy(batch + i * size, source->rows + order[i] * size, (size_t)size);
}

int adj_run_epoch(const adj_epoch *e) {
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
    double *results = e->results + number * e->result_count;
    for (long i = 0; i < e->result_count; i++)
      results[i] = e->result_is_double[i] ? *(const double *)step->outputs[i] : *(const float *)step->outputs[i];
    __atomic_store_n(e->done, number + 1, __ATOMIC_RELEASE);
    if (status) return status;
    if (e->result_count > 0 && !isfinite(results[0])) return ADJ_EPOCH_NOT_FINITE;
  }
  return 0;
}
