/* Expands gzip files with zlib. Nothing of zlib shows here. */
#ifndef ADJOINT_GZIP_H
#define ADJOINT_GZIP_H

#include <stddef.h>
#include <stdint.h>

typedef enum adjoint_gzip_status {
  ADJOINT_GZIP_ENDED,     /* all was expanded */
  ADJOINT_GZIP_FULL,      /* there is more than `target` holds */
  ADJOINT_GZIP_TRUNCATED, /* the source ends too early */
  ADJOINT_GZIP_CORRUPT,   /* it is no gzip data, or its checksum is wrong */
  ADJOINT_GZIP_NO_MEMORY
} adjoint_gzip_status;

/* Expands at most `capacity` bytes of the gzip members in `source`, and says in `written` how many there were. Nothing
 * is written beyond them, however much the source would give. */
adjoint_gzip_status adjoint_gzip_expand(const uint8_t *source, size_t count, uint8_t *target, size_t capacity,
                                        size_t *written);

#endif
