#define _GNU_SOURCE
#include "adjoint_call_stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The thread's stack. Its end is 0 before it is known, and 1 where it cannot be.
static _Thread_local uintptr_t stack_start, stack_end;

static void find_stack(void) {
  stack_end = 1;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void *base;
  size_t size;
  if (pthread_attr_getstack(&attributes, &base, &size) == 0) {
    stack_start = (uintptr_t)base;
    stack_end = stack_start + size;
  }
  pthread_attr_destroy(&attributes);
}

/// A saved frame pointer. Swift marks those of asynchronous functions with bit 60.
static uintptr_t frame(uintptr_t saved) { return saved & ~((uintptr_t)1 << 60); }

__attribute__((noinline)) adjoint_call_stack adjoint_call_stack_here(void) {
  adjoint_call_stack result = {{0}};
  if (stack_end == 0) find_stack();
  // All between this frame and the end of the thread's stack is mapped. On a stack of somebody's own nothing is read.
  uintptr_t last = (uintptr_t)__builtin_frame_address(0);
  if (last < stack_start || last >= stack_end || stack_end - last < 2 * sizeof(uintptr_t)) return result;
  uintptr_t next = frame(*(uintptr_t *)last);
  for (int i = 0; i < ADJOINT_CALL_STACK_DEPTH; i++) {
    if (next <= last || next % sizeof(uintptr_t) != 0 || next > stack_end - 2 * sizeof(uintptr_t)) break;
    result.addresses[i] = ((uintptr_t *)next)[1];
    last = next;
    next = frame(*(uintptr_t *)next);
  }
  return result;
}

bool adjoint_program_offset(uintptr_t address, uintptr_t *offset) {
  Dl_info information;
  struct link_map *map = NULL;
  if (!dladdr1((void *)address, &information, (void **)&map, RTLD_DL_LINKMAP) || map == NULL) return false;
  if (map->l_name != NULL && map->l_name[0] != 0) return false;
  *offset = address - map->l_addr;
  return true;
}

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/// The bytes that come until the other end closes, or -1.
static long read_all(int file, char *buffer, size_t capacity, long deadline) {
  size_t count = 0;
  for (;;) {
    long left = deadline - now();
    struct pollfd ready = {.fd = file, .events = POLLIN};
    int events = left > 0 ? poll(&ready, 1, (int)left) : 0;
    if (events < 0 && errno == EINTR) continue;
    if (events <= 0 || count == capacity) return -1;
    ssize_t bytes = read(file, buffer + count, capacity - count);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return bytes < 0 ? -1 : (long)count;
    count += (size_t)bytes;
  }
}

long adjoint_output_of(const char *path, char *const *arguments, char *buffer, size_t capacity, int milliseconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  char *environment[] = {NULL};
  pid_t process;
  int failure = posix_spawn(&process, path, &actions, NULL, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  long count = -1;
  if (failure == 0) {
    count = read_all(ends[0], buffer, capacity, now() + milliseconds);
    if (count < 0) kill(process, SIGKILL);
    int status = 0;
    pid_t ended;
    do ended = waitpid(process, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended != process || !WIFEXITED(status) || WEXITSTATUS(status) != 0) count = -1;
  }
  close(ends[0]);
  return count;
}
