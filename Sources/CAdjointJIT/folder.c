#include "adjoint_jit.h"
#include "calls.h"

#include <fcntl.h>
#include <stdint.h>

/* Folders are removed by a process that may not allocate, too. So the C library's walks are none. */

typedef struct entry {
  uint64_t inode;
  int64_t next;
  unsigned short bytes;
  unsigned char type;
  char name[];
} entry;

/* What compilers leave is not nested more deeply. */
enum { greatest_depth = 8 };

static int is_dot(const char *name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

static void empty(int folder, int depth) {
  _Alignas(entry) char buffer[2048];
  /* Until nothing goes any more: removing moves what is yet to be read. */
  for (int removed = 1; removed > 0;) {
    removed = 0;
    CALL3(lseek, folder, 0, 0);
    long count;
    while ((count = CALL3(getdents64, folder, buffer, sizeof buffer)) > 0) {
      for (long place = 0; place < count;) {
        entry *next = (entry *)(buffer + place);
        place += next->bytes;
        if (is_dot(next->name))
          continue;
        if (CALL3(unlinkat, folder, next->name, 0) == 0) {
          removed++;
          continue;
        }
        long inner = depth == 0 ? -1
                                : CALL4(openat, folder, next->name,
                                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (inner < 0)
          continue;
        empty((int)inner, depth - 1);
        CALL1(close, inner);
        removed += CALL3(unlinkat, folder, next->name, AT_REMOVEDIR) == 0;
      }
    }
  }
}

void adjoint_jit_remove(const char *path) {
  long folder = CALL4(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (folder < 0)
    return;
  empty((int)folder, greatest_depth);
  CALL1(close, folder);
  CALL3(unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}
