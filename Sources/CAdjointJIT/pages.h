/* Memory for code, which is never writable and executable at once. */
#ifndef ADJOINT_JIT_PAGES_H
#define ADJOINT_JIT_PAGES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pages {
  char *memory;
  size_t bytes; /* whole pages */
  int file;     /* what they are the contents of, or -1 */
} pages;

size_t whole_pages(size_t bytes);

/* Maps readable and writable pages, which a child shares. Gives false with errno set where there are none. */
bool pages_make(pages *all, size_t bytes);

/* Makes the `bytes` from `offset` (whole pages) readable and executable, and gives the others back. Gives false with
 * errno set, and all pages back, where the system forbids it. */
bool pages_seal(pages *all, size_t offset, size_t bytes);

void pages_drop(pages *all);

/* Whether libtcc's request for pages that are writable and executable at once comes to the mprotect of pages.c. */
bool pages_see_requests(void);

/* Says that this thread relocates code, in which time such requests are granted without anything being done. */
void pages_relocating(bool now);

#endif
