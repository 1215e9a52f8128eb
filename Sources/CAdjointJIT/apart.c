#define _GNU_SOURCE
#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* libtcc asks for memory without looking at what it gets, calls exit where it knows no other way, and overflows the
 * stack on text that is nested deeply. So it runs in a child that was forked, not executed: that has the same
 * addresses, and what it relocates into pages mapped before is code of the parent, too. The parent reads the result
 * in these pages, and not in an exit status, which a host that ignores or collects its children would take away. */

typedef struct result {
  _Atomic uint32_t is_done;
  adjoint_jit_code code;
  char diagnostics[16384];
  const void *addresses[];
} result;

/* A child that does not end by then is ended. */
static const int seconds = 600;

/* A child begins with the locks of the C library as they were, and those that another thread held are never released in it.
 * Compiling never sleeps: a child whose clock stands still waits for one, and another is made. On a machine that is busy it may
 * only wait for its turn; so the last ones are given longer and longer. */
static const int tries = 32;
static int patience(int try) { return try < 24 ? 5 : 5 << (try - 23); } /* in rounds of 10 ms, to half a minute */

static void leave(void) { _exit(1); }

/* The child: it is silent, runs nothing of the host's, and ends with it. */
static void run(const compilation *task, place *place, result *result, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(1);
  prctl(PR_SET_DUMPABLE, 0); /* no core files */
  struct sigaction usual = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++)
    sigaction(signal, &usual, NULL);
  atexit(leave); /* before the host's functions, and before its streams are flushed */
  int silence = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (silence >= 0)
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
      dup2(silence, file);

  adjoint_jit_code code = {.status = ADJOINT_JIT_FAILED};
  compile_into(task, place, &code, result->addresses);
  if (code.diagnostics)
    strncpy(result->diagnostics, code.diagnostics, sizeof result->diagnostics - 1);
  result->code = code;
  atomic_store(&result->is_done, 1);
  syscall(SYS_futex, &result->is_done, FUTEX_WAKE, 1, NULL, NULL, 0);
  _exit(0);
}

/* Whether the child's clock stands where it stood; it does not where there is none to be seen. */
static bool stands_still(pid_t child, struct timespec *last) {
  clockid_t clock;
  struct timespec now;
  if (clock_getcpuclockid(child, &clock) || clock_gettime(clock, &now))
    return false;
  bool is_same = now.tv_sec == last->tv_sec && now.tv_nsec == last->tv_nsec;
  *last = now;
  return is_same;
}

/* Waits until the child has a result, is no more, or has stood still for `stall` rounds. Whether it did not stand still. */
static bool await(result *result, pid_t child, int stall) {
  struct timespec clock = {0};
  bool is_stalled = false;
  for (int rounds = 0, still = 0; !atomic_load(&result->is_done); rounds++) {
    struct timespec round = {0, 10000000};
    syscall(SYS_futex, &result->is_done, FUTEX_WAIT, 0, &round, NULL, 0);
    /* 0 is a child that lives. Where the host collects its children or ignores them, there is none then. */
    pid_t ended = waitpid(child, NULL, WNOHANG);
    if (ended == child || (ended < 0 && errno == ECHILD))
      return !is_stalled;
    still = stands_still(child, &clock) ? still + 1 : 0;
    if (still == stall) {
      is_stalled = true;
      kill(child, SIGKILL);
    }
    if (rounds == 100 * seconds)
      kill(child, SIGKILL);
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    ;
  return true;
}

/* One try, with room for `capacity` bytes of code. */
static void attempt(const compilation *task, place *place, size_t capacity, adjoint_jit_code *code,
                    const void **addresses) {
  *code = (adjoint_jit_code){.status = ADJOINT_JIT_MEMORY_REFUSED};
  size_t address_bytes = task->export_count * sizeof *addresses;
  place->offset = whole_pages(sizeof(result) + address_bytes);
  if (!pages_make(&place->all, place->offset + capacity)) {
    code->system_error = errno;
    return;
  }
  result *result = (void *)place->all.memory;
  pid_t parent = getpid(), child;
  int try = 0;
  do {
    child = fork();
    if (child == 0)
      run(task, place, result, parent);
  } while (child > 0 && !await(result, child, patience(try)) && ++try < tries);
  if (child < 0) {
    code->status = ADJOINT_JIT_NO_PROCESS;
    code->system_error = errno;
  } else {
    code->status = ADJOINT_JIT_DIED;
    if (atomic_load(&result->is_done)) {
      *code = result->code;
      result->diagnostics[sizeof result->diagnostics - 1] = 0;
      code->diagnostics = code->diagnostics ? strdup(result->diagnostics) : NULL;
      memcpy(addresses, result->addresses, address_bytes);
    }
  }
  if (code->status != ADJOINT_JIT_OK)
    pages_drop(&place->all);
}

void compile_apart(const compilation *task, place *place, adjoint_jit_code *code, const void **addresses) {
  int cancellation;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
  pages_see_requests(); /* which takes a lock that another thread may hold as the child is made */
  attempt(task, place, strlen(task->text) + (64 << 10), code, addresses);
  if (code->status == ADJOINT_JIT_TOO_LARGE && code->byte_count <= greatest_code(task)) {
    free(code->diagnostics);
    attempt(task, place, code->byte_count, code, addresses);
  }
  pthread_setcancelstate(cancellation, NULL);
}
