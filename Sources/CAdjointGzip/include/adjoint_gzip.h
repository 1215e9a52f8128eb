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

/* Gzip members that come piece by piece. */
typedef struct adjoint_gzip_stream adjoint_gzip_stream;

/* NULL where there is no memory. */
adjoint_gzip_stream *adjoint_gzip_open(void);
void adjoint_gzip_close(adjoint_gzip_stream *stream);

/* Expands what it can of the next `count` bytes, and says in `taken` and `written` how many it read and wrote. ENDED: a
 * member is whole, and another one may follow; FULL: call again with more room; TRUNCATED: call again with more bytes. */
adjoint_gzip_status adjoint_gzip_continue(adjoint_gzip_stream *stream, const uint8_t *source, size_t count,
                                          size_t *taken, uint8_t *target, size_t capacity, size_t *written);

#endif
