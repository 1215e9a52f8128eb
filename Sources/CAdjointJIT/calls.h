/* System calls that leave errno alone: for a process that shares its memory, and with it errno, with a running one.
 * They give the negative error. */
#ifndef ADJOINT_JIT_CALLS_H
#define ADJOINT_JIT_CALLS_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long raw_call(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
  long result;
  register long fourth __asm__("r10") = d, fifth __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
  long result = syscall(number, a, b, c, d, e);
  return result < 0 ? -errno : result;
#endif
}

#define ARGUMENT(x) ((long)(x))
#define CALL0(name) raw_call(SYS_##name, 0, 0, 0, 0, 0)
#define CALL1(name, a) raw_call(SYS_##name, ARGUMENT(a), 0, 0, 0, 0)
#define CALL2(name, a, b) raw_call(SYS_##name, ARGUMENT(a), ARGUMENT(b), 0, 0, 0)
#define CALL3(name, a, b, c) raw_call(SYS_##name, ARGUMENT(a), ARGUMENT(b), ARGUMENT(c), 0, 0)
#define CALL4(name, a, b, c, d) raw_call(SYS_##name, ARGUMENT(a), ARGUMENT(b), ARGUMENT(c), ARGUMENT(d), 0)
#define CALL5(name, a, b, c, d, e)                                                                             \
  raw_call(SYS_##name, ARGUMENT(a), ARGUMENT(b), ARGUMENT(c), ARGUMENT(d), ARGUMENT(e))

#endif
