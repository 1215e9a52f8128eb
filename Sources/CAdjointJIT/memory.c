#include "adjoint_jit.h"

#include <sys/mman.h>

int adjoint_jit_has_memory(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return 0;
  munmap(memory, bytes);
  return 1;
}
