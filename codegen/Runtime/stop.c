// What may end a run; see include/adjoint_stop.h.
#include <stddef.h>

#include "adjoint_stop.h"

static _Thread_local const int *asked;

int adj_should_stop(void) { return asked && __atomic_load_n(asked, __ATOMIC_RELAXED); }

const int *adj_set_stop(const int *flag) {
  const int *before = asked;
  asked = flag;
  return before;
}
