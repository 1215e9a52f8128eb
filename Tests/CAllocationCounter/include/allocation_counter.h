// Counts what a thread allocates.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// How often this thread has asked for memory since it began.
long allocation_count(void);

/// The bytes that this thread has and did not give back.
long allocated_bytes(void);

/// The most of them since `allocation_peak_reset`.
long allocation_peak(void);
void allocation_peak_reset(void);

#endif
