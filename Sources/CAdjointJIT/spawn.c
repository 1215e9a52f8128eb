#define _GNU_SOURCE
#include "adjoint_jit.h"
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Between this process and the compiler stands a guard, a process that waits for the compiler in our place, ends it when
 * its time is over, and clears up if we are gone. It shares our memory, so that it costs a large process nothing and its
 * findings need no way to us, but has signals, children and files of its own: how a host treats its own, and that it
 * collects every child that it can see, does not matter. Until it has ended it runs beside a thread whose errno is its
 * own, so it makes system calls without the C library. */

typedef struct guard {
  _Atomic uint32_t is_alive; /* the system clears it, and wakes who waits */
  pid_t host;
  const char *path;
  char *const *arguments;
  char **environment;
  const char *output;
  const char *folder;
  int64_t deadline; /* nanoseconds */
  adjoint_jit_end end;
  _Alignas(16) char stack[64 << 10];
  _Alignas(16) char inner_stack[16 << 10];
} guard;

/* What the system sends to the guard when the thread that waits for it is gone; nobody else uses it. */
#define HOST_IS_GONE 63

typedef uint64_t signals;
#define BIT(signal) ((signals)1 << ((signal) - 1))

/* The kernel's own, which the C library wraps. */
typedef struct disposition {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  signals mask;
} disposition;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Moves a file to a number, whichever of 0 to 2 it has got. */
static void place(long file, int number) {
  if (file == number)
    CALL3(fcntl, file, F_SETFD, 0);
  else
    CALL3(dup3, file, number, 0);
}

/* Opens a file beyond 0 to 2, which a host may have closed. */
static long open_beyond(const char *path, int flags) {
  long file = CALL4(openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
  if (file < 0 || file > STDERR_FILENO)
    return file;
  long moved = CALL3(fcntl, file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  CALL1(close, file);
  return moved;
}

/* No file of a compiler's is so large, messages included: one that never ends them would fill the disk. */
#define MOST_BYTES (512 << 20)

/* The compiler, from within the guard: a group of processes of its own, so that its children end with it. */
static int become_compiler(void *opaque) {
  guard *all = opaque;
  CALL2(prctl, PR_SET_PDEATHSIG, SIGKILL);
  CALL2(setpgid, 0, 0);
  disposition usual = {.handler = SIG_DFL};
  for (int signal = 1; signal <= 64; signal++)
    CALL4(rt_sigaction, signal, &usual, NULL, sizeof(signals));
  signals none = 0;
  CALL4(rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
  struct {
    uint64_t soft, hard;
  } sizes;
  if (CALL4(prlimit64, 0, RLIMIT_FSIZE, NULL, &sizes) == 0 && sizes.soft > MOST_BYTES) {
    sizes.soft = MOST_BYTES;
    CALL4(prlimit64, 0, RLIMIT_FSIZE, &sizes, NULL);
  }
  long input = open_beyond("/dev/null", O_RDONLY);
  long output = open_beyond(all->output, O_WRONLY | O_CREAT | O_TRUNC);
  long error = input < 0 ? input : output < 0 ? output : 0;
  if (error == 0) {
    place(input, STDIN_FILENO);
    place(output, STDOUT_FILENO);
    place(output, STDERR_FILENO);
    error = CALL3(execve, all->path, all->arguments, all->environment);
  }
  all->end.error = (int)-error;
  CALL1(exit_group, 127);
  return 0;
}

static int watch(void *opaque) {
  guard *all = opaque;
  /* All signals are blocked here. A group of its own, as who ends the host's does not mean to leave the folder. */
  CALL2(prctl, PR_SET_PDEATHSIG, HOST_IS_GONE);
  CALL2(setpgid, 0, 0);
#ifdef SYS_close_range
  CALL3(close_range, 0, ~0U, 0); /* copies of the host's files, which it may close meanwhile */
#endif
  disposition usual = {.handler = SIG_DFL};
  CALL4(rt_sigaction, SIGCHLD, &usual, NULL, sizeof(signals)); /* ignored, it would take the status away */
  char *top = all->inner_stack + sizeof all->inner_stack;
  pid_t child = clone(become_compiler, top, CLONE_VM | CLONE_VFORK | SIGCHLD, all);
  if (child < 0)
    all->end.error = EAGAIN;
  signals awaited = BIT(SIGCHLD) | BIT(HOST_IS_GONE);
  bool is_gone = false, is_running = child > 0;
  while (is_running) {
    siginfo_t ended = {0};
    CALL5(waitid, P_PID, child, &ended, WEXITED | WNOHANG | WNOWAIT, NULL);
    is_gone = is_gone || CALL0(getppid) != all->host;
    int64_t left = all->deadline - now();
    all->end.timed_out = ended.si_pid == 0 && left <= 0;
    if (ended.si_pid != 0 || is_gone || left <= 0) {
      /* Before the compiler is collected, as its group has its number. What it left running ends, too. */
      CALL2(kill, -child, SIGKILL);
      CALL4(wait4, child, &all->end.status, 0, NULL);
      is_running = false;
    } else {
      /* A round ends at a signal, and after a second in any case. */
      int64_t round = left < 1000000000 ? left : 1000000000;
      struct timespec time = {round / 1000000000, round % 1000000000};
      is_gone = CALL4(rt_sigtimedwait, &awaited, NULL, &time, sizeof awaited) == HOST_IS_GONE;
    }
  }
  if (is_gone || CALL0(getppid) != all->host)
    adjoint_jit_remove(all->folder);
  CALL1(exit_group, 0);
  return 0;
}

/* The environment with messages in English, so that they can be read for line numbers, and temporary files in `folder`.
 * All is one block. */
static char **compiler_environment(const char *folder) {
  static char english[] = "LC_ALL=C";
  size_t count = 0, kept = 0;
  while (environ && environ[count])
    count++;
  size_t length = strlen("TMPDIR=") + strlen(folder) + 1;
  char **copy = malloc((count + 3) * sizeof *copy + length);
  if (!copy)
    return NULL;
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], "LC_ALL=", 7) != 0 && strncmp(environ[i], "TMPDIR=", 7) != 0)
      copy[kept++] = environ[i];
  char *temporary = (char *)(copy + count + 3);
  snprintf(temporary, length, "TMPDIR=%s", folder);
  copy[kept++] = english;
  copy[kept++] = temporary;
  copy[kept] = NULL;
  return copy;
}

/* Starts the guard with all signals blocked: a handler of the host's must not run in it. */
static pid_t start(guard *all) {
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_BLOCK, &every, &before);
  pid_t child = clone(watch, all->stack + sizeof all->stack, CLONE_VM | CLONE_CHILD_CLEARTID, all, NULL, NULL,
                      &all->is_alive);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return child;
}

adjoint_jit_end adjoint_jit_spawn(const char *path, char *const arguments[], const char *output,
                                  const char *folder, double seconds) {
  adjoint_jit_end end = {.error = ENOMEM};
  /* Not on this stack: the guard outlives the thread if a handler of the host's leaves this function. */
  guard *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char **environment = compiler_environment(folder);
  if (all != MAP_FAILED && environment) {
    int cancellation;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    double limit = seconds < 0 ? 0 : seconds < 1e9 ? seconds : 1e9;
    /* One by one, as the stacks need no writing. */
    atomic_store(&all->is_alive, 1);
    all->host = getpid();
    all->path = path;
    all->arguments = arguments;
    all->environment = environment;
    all->output = output;
    all->folder = folder;
    all->deadline = now() + (int64_t)(limit * 1e9);
    pid_t child = start(all);
    if (child < 0) {
      end.error = errno;
    } else {
      while (atomic_load(&all->is_alive))
        syscall(SYS_futex, &all->is_alive, FUTEX_WAIT, 1, NULL, NULL, 0);
      /* A child that sends no signal is none that a host waits for without meaning to. */
      while (waitpid(child, NULL, __WCLONE) < 0 && errno == EINTR)
        ;
      end = all->end;
    }
    pthread_setcancelstate(cancellation, NULL);
  }
  free(environment);
  if (all != MAP_FAILED)
    munmap(all, sizeof *all);
  return end;
}
