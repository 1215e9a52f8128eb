// Counts what a thread allocates.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// How often this thread has asked for memory since it began.
long allocation_count(void);

#endif
