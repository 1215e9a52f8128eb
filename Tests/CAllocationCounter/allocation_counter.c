// A program's own malloc goes before the C library's, which glibc also offers under other names. The address sanitizer
// has a malloc of its own, and calls hooks.
#include "allocation_counter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

static __thread long count, bytes, peak;

long allocation_count(void) { return count; }
long allocated_bytes(void) { return bytes; }
long allocation_peak(void) { return peak; }
void allocation_peak_reset(void) { peak = bytes; }

static void note(long size) {
  count++;
  bytes += size;
  if (bytes > peak)
    peak = bytes;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HOOKS
#endif
#endif

#ifdef HAS_HOOKS

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *pointer);

static void on_malloc(const volatile void *pointer, size_t size) {
  (void)pointer;
  note((long)size);
}

static void on_free(const volatile void *pointer) { bytes -= (long)__sanitizer_get_allocated_size(pointer); }

// Nothing that is asked for at once is as large; what Swift's libraries keep until the end is no leak.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:max_allocation_size_mb=4096"; }

__attribute__((constructor)) static void install(void) {
  __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

static void *noted(void *pointer) {
  note((long)malloc_usable_size(pointer));
  return pointer;
}

void *malloc(size_t size) { return noted(__libc_malloc(size)); }

void *calloc(size_t elements, size_t size) { return noted(__libc_calloc(elements, size)); }

void *realloc(void *old, size_t size) {
  long before = (long)malloc_usable_size(old);
  void *result = __libc_realloc(old, size);
  if (result || !size)
    bytes -= before;
  return noted(result);
}

void *aligned_alloc(size_t alignment, size_t size) { return noted(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  *result = noted(__libc_memalign(alignment, size));
  return *result ? 0 : ENOMEM;
}

void free(void *pointer) {
  bytes -= (long)malloc_usable_size(pointer);
  __libc_free(pointer);
}

#endif
