// A pool of workers for one job at a time: see include/adjoint_threads.h.
//
// `gate` is a word that says all of a job's state: whether it is open, how many workers are in it, and which job it
// is. A worker enters an open job by adding one and leaves by taking one away; the caller opens, takes pieces as the
// workers do, closes, and waits until nobody is inside. A worker that is late finds the gate closed, so the caller
// never waits for one that has not begun. Everything else is written while the caller holds `busy` and nobody is
// inside, and read inside.
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "adjoint_stop.h"
#include "adjoint_threads.h"

enum { MOST_THREADS = 256, INSIDE = 0xff, OPEN = 0x100, JOB = 0x200, LINE = 64 };

// Waking a sleeper costs the caller some 10 µs, so it is done only once so much has been run in its absence, or at once
// in a job that took so long before: it is worth it in a long job or in a row of short ones, and a short job now and then
// never pays.
enum { SPIN_NANOSECONDS = 50000, WAKE_NANOSECONDS = 100000 };

typedef struct {
  void *scratch;
  long bytes;
} Worker;

static atomic_int thread_count = 1;
static atomic_bool may_spin;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static _Alignas(LINE) atomic_uint gate;
static atomic_int sleepers;
// The pieces that are left of each thread's range, the caller's first: the first in the lower half, the end above.
static struct {
  _Alignas(LINE) atomic_uint_least64_t pieces;
} ranges[MOST_THREADS];

// The job.
static _Alignas(LINE) adj_piece job_body;
static void *job_context;
static int job_threads;
static const int *job_stop;  // what may end it: the caller's
static long unaided;  // nanoseconds that callers spent while workers slept, since these were last woken

// How long jobs took, all threads together: of each the last time, found by what it does and its pieces. Of jobs that
// share a place the later one is known.
enum { MEMORIES = 64 };
typedef struct {
  adj_piece body;
  long pieces, nanoseconds;
} Memory;
static Memory memories[MEMORIES];

static Worker workers[MOST_THREADS - 1];
static int started;

// MARK: waiting

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Until `word` is no longer `seen` or somebody wakes; returns at once if it is not.
static void sleep_while(void *word, unsigned seen) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void wake_all(void *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

static long nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000 + t.tv_nsec;
}

// Returns once the gate is, or has been, another than `seen`: soon if that is soon, else by way of the kernel.
static void wait_for_change(unsigned seen) {
  if (atomic_load_explicit(&may_spin, memory_order_relaxed)) {
    long end = 0;
    do {
      for (int i = 0; i < 64; i++, relax())
        if (atomic_load_explicit(&gate, memory_order_relaxed) != seen) return;
      if (end == 0) end = nanoseconds() + SPIN_NANOSECONDS;
    } while (nanoseconds() < end);
  }
  atomic_fetch_add(&sleepers, 1);
  sleep_while(&gate, seen);
  atomic_fetch_sub(&sleepers, 1);
}

// After a change of the gate. A sleeper counts itself first and the kernel then compares the gate, so none is missed.
static void announce(void) {
  if (atomic_load(&sleepers) > 0) wake_all(&gate);
}

// MARK: pieces

// Every thread begins with a range of its own, the same in every job of so many pieces: what it wrote in one job is in
// its cache for the next. Who is through takes from the ends of the others' ranges.

static uint64_t range(uint64_t first, uint64_t last) { return first | last << 32; }

// A piece of a thread's range, from its beginning or its end; negative if there is none left.
static long take(int thread, int from_end) {
  atomic_uint_least64_t *place = &ranges[thread].pieces;
  uint64_t left = atomic_load_explicit(place, memory_order_relaxed);
  for (;;) {
    uint64_t first = left & UINT32_MAX, last = left >> 32;
    if (first >= last) return -1;
    uint64_t rest = from_end ? range(first, last - 1) : range(first + 1, last);
    if (atomic_compare_exchange_weak_explicit(place, &left, rest, memory_order_relaxed, memory_order_relaxed))
      return (long)(from_end ? last - 1 : first);
  }
}

static int run_piece(int thread, void *scratch) {
  for (int i = 0; i < job_threads; i++) {
    long piece = take((thread + i) % job_threads, i > 0);
    if (piece < 0) continue;
    job_body(job_context, piece, scratch);
    return 1;
  }
  return 0;
}

static Memory *memory_of(adj_piece body, long pieces) {
  return &memories[((uintptr_t)body / 16 + (uintptr_t)pieces) % MEMORIES];
}

static int was_long(adj_piece body, long pieces) {
  const Memory *memory = memory_of(body, pieces);
  return memory->body == body && memory->pieces == pieces && memory->nanoseconds >= WAKE_NANOSECONDS;
}

static void run_as_caller(void *scratch, int is_waking) {
  if (is_waking) {
    unaided = 0;
    announce();
  } else if (atomic_load(&sleepers) > 0) {
    long start = nanoseconds() - unaided;
    do {
      if (!run_piece(0, scratch)) return;
      unaided = nanoseconds() - start;
    } while (unaided < WAKE_NANOSECONDS);
    unaided = 0;
    announce();
  }
  while (run_piece(0, scratch)) {
  }
}

static void *work(void *argument) {
  const Worker *self = argument;
  const int index = (int)(self - workers);
  unsigned done = 0;
  for (;;) {
    int count = adj_thread_count();
    if (index >= count - 1) {
      sleep_while(&thread_count, (unsigned)count);
      continue;
    }
    unsigned state = atomic_load_explicit(&gate, memory_order_relaxed), job = state & ~(unsigned)INSIDE;
    if (!(state & OPEN) || job == done) {
      wait_for_change(state);
    } else if (atomic_compare_exchange_weak_explicit(&gate, &state, state + 1, memory_order_acquire,
                                                     memory_order_relaxed)) {
      done = job;
      if (index + 1 < job_threads) {
        adj_set_stop(job_stop);
        while (run_piece(index + 1, self->scratch)) {
        }
        adj_set_stop(NULL);
      }
      // The caller waits only once it has closed.
      if ((atomic_fetch_sub(&gate, 1) & (INSIDE | OPEN)) == 1) announce();
    }
  }
  return NULL;
}

// MARK: starting

// The child of a fork has none of the workers.
static void forget_workers(void) {
  started = 0;
  atomic_store(&gate, 0);
  atomic_store(&sleepers, 0);
  atomic_flag_clear(&busy);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_workers); }

static int start_worker(int index) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  // Signals are for the threads of the program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int status = pthread_create(&thread, NULL, work, &workers[index]);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (status == 0) pthread_detach(thread);
  return status == 0;
}

// How many of `count` workers there are, each with its scratch.
static int prepare(int count, long bytes) {
  while (started < count && start_worker(started)) started++;
  if (count > started) count = started;
  for (int i = 0; i < count; i++) {
    Worker *worker = &workers[i];
    if (worker->bytes >= bytes) continue;
    long size = (bytes + LINE - 1) / LINE * LINE;
    void *memory = aligned_alloc(LINE, (size_t)size);
    if (!memory) return i;
    free(worker->scratch);
    worker->scratch = memory, worker->bytes = size;
  }
  return count;
}

// MARK: the interface

int adj_available_processors(void) {
  cpu_set_t processors;
  return sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
}

void adj_set_thread_count(int count) {
  if (count < 1) count = 1;
  if (count > MOST_THREADS) count = MOST_THREADS;
  // Who spins where threads outnumber processors keeps another from its piece.
  atomic_store(&may_spin, adj_available_processors() >= count);
  atomic_store(&thread_count, count);
  wake_all(&thread_count);
}

int adj_thread_count(void) { return atomic_load_explicit(&thread_count, memory_order_relaxed); }

void adj_parallel(long pieces, adj_piece body, void *context, void *scratch, long scratch_bytes) {
  int threads = adj_thread_count();
  if (threads > pieces) threads = (int)pieces;
  if (pieces > UINT32_MAX) threads = 1;
  // Somebody is busy too when this is called from inside a piece.
  if (threads <= 1 || atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) {
    for (long piece = 0; piece < pieces; piece++) body(context, piece, scratch);
    return;
  }
  threads = 1 + prepare(threads - 1, scratch_bytes);
  job_body = body, job_context = context, job_threads = threads;
  job_stop = adj_set_stop(NULL), adj_set_stop(job_stop);
  for (long i = 0; i < threads; i++)
    atomic_store_explicit(&ranges[i].pieces,
                          range((uint64_t)(i * pieces / threads), (uint64_t)((i + 1) * pieces / threads)),
                          memory_order_relaxed);
  unsigned job = ((atomic_load_explicit(&gate, memory_order_relaxed) + JOB) & ~(unsigned)INSIDE) | OPEN;
  atomic_store(&gate, job);
  const long start = nanoseconds();
  const int is_asleep = atomic_load(&sleepers) > 0, is_waking = is_asleep && was_long(body, pieces);
  run_as_caller(scratch, is_waking);
  unsigned state = atomic_fetch_and(&gate, ~(unsigned)OPEN) & ~(unsigned)OPEN;
  while (state & INSIDE) {
    wait_for_change(state);
    state = atomic_load(&gate);
  }
  const int busy_threads = is_asleep && !is_waking ? 1 : threads;
  *memory_of(body, pieces) = (Memory){body, pieces, (nanoseconds() - start) * busy_threads};
  atomic_flag_clear_explicit(&busy, memory_order_release);
}
