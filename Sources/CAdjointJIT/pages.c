#define _GNU_SOURCE
#include "pages.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libtcc.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

/* libtcc makes pages writable and executable when it has put code there. What it asks for comes here, as its archive is
 * linked into the same image as this function, and is not done: pages_seal gives the code its pages. Everybody else in
 * the image gets what the C library's function does; other images do not see this one. */

static __thread bool is_relocating;

__attribute__((visibility("hidden"))) int mprotect(void *address, size_t bytes, int protection) {
  if (is_relocating && (protection & PROT_WRITE) && (protection & PROT_EXEC))
    return 0;
  return (int)syscall(SYS_mprotect, address, bytes, protection);
}

void pages_relocating(bool now) { is_relocating = now; }

bool pages_see_requests(void) {
  /* 1: libtcc is in this image; 2: it is a shared library, which calls the C library's function. */
  static int answer;
  int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
  if (!known) {
    Dl_info here, there;
    bool same = !dladdr((void *)(uintptr_t)pages_relocating, &here) ||
                !dladdr((void *)(uintptr_t)tcc_new, &there) || here.dli_fbase == there.dli_fbase;
    known = same ? 1 : 2;
    __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
  }
  return known == 1;
}

size_t whole_pages(size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}

/* A file in memory, or -1. It is never among the standard ones, which others write to without asking. */
static int memory_file(size_t bytes) {
  /* A file beyond the limit of files is a signal. */
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || bytes > limit.rlim_cur)
    return -1;
  int file = memfd_create("adjoint", MFD_CLOEXEC | MFD_EXEC);
  if (file < 0 && errno == EINVAL) /* before Linux 6.3 all such files may be executed */
    file = memfd_create("adjoint", MFD_CLOEXEC);
  if (file >= 0 && file <= STDERR_FILENO) {
    int moved = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(file);
    file = moved;
  }
  /* The memory is taken now: later, lack of it would be a signal. */
  if (file >= 0 && fallocate(file, 0, 0, (off_t)bytes) != 0) {
    close(file);
    file = -1;
  }
  return file;
}

bool pages_make(pages *all, size_t bytes) {
  bytes = whole_pages(bytes);
  /* Where there are no files in memory, shared pages of no file remain, if the system lets them become executable. */
  int file = memory_file(bytes);
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    int error = errno;
    if (file >= 0)
      close(file);
    errno = error;
    return false;
  }
  *all = (pages){.memory = memory, .bytes = bytes, .file = file};
  return true;
}

bool pages_seal(pages *all, size_t offset, size_t bytes) {
  char *start = all->memory + offset;
  bytes = whole_pages(bytes);
  /* A mapping that takes the place of the writable one asks nobody to make writable pages executable. */
  bool sealed = all->file >= 0 && mmap(start, bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, all->file,
                                       (off_t)offset) != MAP_FAILED;
  if (!sealed && mprotect(start, bytes, PROT_READ | PROT_EXEC) != 0) {
    int error = errno;
    pages_drop(all);
    errno = error;
    return false;
  }
  if (all->bytes > offset + bytes)
    munmap(start + bytes, all->bytes - offset - bytes);
  if (offset > 0)
    munmap(all->memory, offset);
  if (all->file >= 0)
    close(all->file);
  __builtin___clear_cache(start, start + bytes);
  *all = (pages){.memory = start, .bytes = bytes, .file = -1};
  return true;
}

void pages_drop(pages *all) {
  if (all->memory)
    munmap(all->memory, all->bytes);
  if (all->file >= 0)
    close(all->file);
  *all = (pages){.file = -1};
}
