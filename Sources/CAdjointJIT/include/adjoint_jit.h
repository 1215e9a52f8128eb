/* Compiles C in memory with TinyCC, and runs a compiler out of process. Nothing of libtcc shows here. */
#ifndef ADJOINT_JIT_H
#define ADJOINT_JIT_H

#include <stddef.h>
#include <stdint.h>

/* A function of the host that C may call by name. */
typedef struct adjoint_jit_symbol {
  const char *name;
  const void *address;
} adjoint_jit_symbol;

typedef enum adjoint_jit_status {
  ADJOINT_JIT_OK,
  ADJOINT_JIT_REJECTED,       /* the C has an error, or calls a function that does not exist: see diagnostics */
  ADJOINT_JIT_MEMORY_REFUSED, /* the system gave no memory, or will not let it be executed: see system_error */
  ADJOINT_JIT_FAILED,         /* TinyCC itself could not start or finish: see diagnostics */
  ADJOINT_JIT_NO_PROCESS,     /* no process could be started for it: see system_error */
  ADJOINT_JIT_DIED,           /* TinyCC did not survive the text in its process */
  ADJOINT_JIT_TOO_LARGE       /* the code has more bytes than any that a text of this size comes to */
} adjoint_jit_status;

/* Where TinyCC runs. */
typedef enum adjoint_jit_place {
  ADJOINT_JIT_HERE, /* in this process: for text that is known to be harmless, with memory to spare */
  ADJOINT_JIT_APART /* in a child, which may die of the text or of lack of memory without harm to this process */
} adjoint_jit_place;

/* What a compilation came to. Free it with adjoint_jit_release, whatever its status. */
typedef struct adjoint_jit_code {
  adjoint_jit_status status;
  int system_error;    /* errno, with ADJOINT_JIT_MEMORY_REFUSED and ADJOINT_JIT_NO_PROCESS */
  char *diagnostics;   /* what TinyCC reported, a line per report, or NULL */
  void *memory;        /* the pages with the code, read and execute only */
  size_t mapped_bytes; /* their size, whole pages */
  size_t byte_count;   /* how much of them is in use */
  int64_t nanoseconds; /* the time that it took, waiting for other compilations excluded */
  void *state;         /* a libtcc of 2024 or later owns its code, so its state lives on; else NULL */
} adjoint_jit_code;

/* Compiles C text and looks up `export_count` functions in it.
 *
 * The text ends with a NUL and includes nothing; the functions it calls are in it or among `symbols`. It has
 * no writable variables outside functions, since its pages are read-only. `addresses` receives NULL for an
 * export that the text does not define. Any thread may call this; one compilation runs at a time. */
adjoint_jit_code adjoint_jit_compile(const char *text, const adjoint_jit_symbol *symbols, size_t symbol_count,
                                     const char *const *exports, const void **addresses, size_t export_count,
                                     adjoint_jit_place place);

/* Unmaps the code and frees the rest. */
void adjoint_jit_release(adjoint_jit_code *code);

/* How a program came to its end. */
typedef struct adjoint_jit_end {
  int error;     /* errno where it could not be started, else 0 */
  int status;    /* its wait status */
  int timed_out; /* whether it was ended because it took too long */
} adjoint_jit_end;

/* Runs a program, and waits until it ends or `seconds` are over.
 *
 * Input is empty, output and errors go to the file `output`, messages are in English, temporary files go to `folder`.
 * It and its children end with this process, however that ends, and `folder` is removed then. How this process treats
 * signals and children, and what it does with them meanwhile, changes nothing, and it sees no child. */
adjoint_jit_end adjoint_jit_spawn(const char *path, char *const arguments[], const char *output,
                                  const char *folder, double seconds);

/* Removes a folder with all that is in it. Links are removed, not followed. */
void adjoint_jit_remove(const char *folder);

#endif
