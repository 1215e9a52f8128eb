// An epoch of training in one call: batches are put together, steps run, and costs kept, without the host's language.
#ifndef ADJOINT_EPOCH_H
#define ADJOINT_EPOCH_H

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled program, as the emitter writes it.
typedef int (*adj_program)(void *const *arguments, void *const *outputs, char *arena);

/// An array of which a batch takes rows.
typedef struct {
  const char *rows;
  long row_bytes;
} adj_source;

/// A step for batches of one size: the function, what it is called with, and where in the arguments the rows of each source
/// belong.
typedef struct {
  adj_program run;
  void **arguments;
  void **outputs;
  char *arena;
  /// One for each source: an index into `arguments`, negative where the step does not read that source.
  const long *places;
  /// One for each source: memory for the rows of a batch, where they must be put together.
  char *const *batches;
} adj_step;

/// What an epoch is, and what is known of it while it runs.
typedef struct {
  long rows;
  /// Rows in a batch; the last one has the rest.
  long batch;
  /// How many steps: as many as there are batches, or more, which begin again with the first batch.
  long steps;
  /// The rows in their order; NULL: as they lie, and batches need not be put together.
  const long *order;
  const adj_source *sources;
  long source_count;
  /// For whole batches and for the last one, NULL where there is none.
  const adj_step *whole;
  const adj_step *rest;
  /// The number of the step, from that of the first one on, is written here, and as the second half of `key`.
  double *step_number;
  long *key;
  double first_step;
  /// Settings: those of step s are settings[s * setting_count ...], copied to `setting`; NULL: they stay as they are.
  const double *settings;
  double *setting;
  long setting_count;
  /// The first outputs are `result_count` numbers, double or float, whose means over the rows are added up in `means`.
  double *means;
  long result_count;
  const int *result_is_double;
  /// Steps that are done; another thread may look, by adj_done.
  long *done;
  /// Another thread may set it: the epoch ends before the next step, and users' loops in a step end before their next run.
  const int *cancel;
} adj_epoch;

/// Runs an epoch. It ends early where a step gives a status, where the first result is NaN or infinite, and when it is
/// cancelled; `done` says how many steps are complete, the failing one among them.
///
/// Returns 0, or the status of the step that failed; -1 where a result is not finite, -2 where it was cancelled.
int adj_run_epoch(const adj_epoch *epoch);

/// Reads and sets what `done` points at, from any thread.
static inline void adj_set_done(long *done, long steps) { __atomic_store_n(done, steps, __ATOMIC_RELEASE); }
static inline long adj_done(const long *done) { return __atomic_load_n(done, __ATOMIC_ACQUIRE); }

/// The numbers 0 ..< rows in random order, every order as likely as another: Fisher and Yates with SplitMix64 (Steele, Lea &
/// Flood, OOPSLA 2014) and uniform integers after Lemire (2019).
void adj_shuffle(long *order, long rows, unsigned long long seed);

/// Sets and reads what `cancel` points at, from any thread or signal handler.
static inline void adj_cancel(int *cancel) { __atomic_store_n(cancel, 1, __ATOMIC_RELAXED); }
static inline int adj_is_cancelled(const int *cancel) { return __atomic_load_n(cancel, __ATOMIC_RELAXED); }

enum { ADJ_EPOCH_NOT_FINITE = -1, ADJ_EPOCH_CANCELLED = -2 };

#ifdef __cplusplus
}
#endif

#endif
