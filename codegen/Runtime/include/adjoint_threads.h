// The runtime's threads: work is cut into pieces, and who runs a piece never matters.
#ifndef ADJOINT_THREADS_H
#define ADJOINT_THREADS_H

#ifdef __cplusplus
extern "C" {
#endif

/// One piece of the work; `scratch` is this thread's alone while the piece runs.
typedef void (*adj_piece)(void *context, long piece, void *scratch);

/// Runs `body` for each of the pieces 0 ..< pieces once, in no particular order, and returns when all have run.
///
/// The calling thread takes part, with `scratch`; so do the pool's workers, each with memory of its own of at least
/// `scratch_bytes`, aligned to 64, which the pool keeps: only a size larger than any before allocates. All pieces
/// run on the caller when there is one piece or one thread, when called from inside a piece, when another thread
/// is using the pool, and where the system refuses threads or memory.
///
/// What a piece writes must be read or written by no other.
void adj_parallel(long pieces, adj_piece body, void *context, void *scratch, long scratch_bytes);

/// How many threads run pieces, the caller included: at first 1, at most 256. Workers are started when they are
/// first needed; those beyond a lowered count sleep.
void adj_set_thread_count(int count);
int adj_thread_count(void);

/// How many threads this process may run at once.
int adj_available_processors(void);

#ifdef __cplusplus
}
#endif

#endif
