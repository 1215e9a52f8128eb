// The calls that are under way, and what it takes to turn their addresses into lines.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADJOINT_CALL_STACK_DEPTH = 8 };

/// Return addresses, innermost first; 0 after the last.
typedef struct {
  uintptr_t addresses[ADJOINT_CALL_STACK_DEPTH];
} adjoint_call_stack;

/// The calls around the caller. Follows the chain of frame pointers, which Swift keeps, and never leaves the thread's
/// stack: code without frame pointers ends the chain or puts a wrong address into it, and harms nothing.
adjoint_call_stack adjoint_call_stack_here(void);

/// Whether `address` lies in the program itself, not in a shared library; `offset` is then the address that its
/// debug information knows it by.
bool adjoint_program_offset(uintptr_t address, uintptr_t *offset);

/// What a program prints when it is run without input and with an empty environment: the number of bytes, or -1 where
/// it cannot be run, fails, prints more than `capacity` or takes longer than `milliseconds`.
long adjoint_output_of(const char *path, char *const *arguments, char *buffer, size_t capacity, int milliseconds);
