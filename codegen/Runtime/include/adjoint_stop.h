// Ending a run early: users' loops ask, and whoever runs them looks afterwards.
#ifndef ADJOINT_STOP_H
#define ADJOINT_STOP_H

#ifdef __cplusplus
extern "C" {
#endif

/// Whether what this thread runs is to end: a loop then leaves its results as they are, whatever they are. Generated code
/// calls it. It costs about a nanosecond.
int adj_should_stop(void);

/// Lets this thread, and the pool's workers as far as they work for it, ask `flag`, which another thread or a signal's handler may
/// set to 1; NULL: nothing ends a run. Returns what was asked before, to be put back.
const int *adj_set_stop(const int *flag);

#ifdef __cplusplus
}
#endif

#endif
