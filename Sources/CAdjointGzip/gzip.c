#include "adjoint_gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_include)
#if !__has_include(<zlib.h>)
#error "zlib.h is missing: install zlib (Debian and Ubuntu: apt-get install zlib1g-dev)"
#endif
#endif
#include <zlib.h>

/* zlib counts in unsigned int. */
static uInt step(size_t count) { return count < UINT_MAX ? (uInt)count : UINT_MAX; }

static adjoint_gzip_status expand_members(z_stream *stream, const uint8_t *source, size_t count, uint8_t *target,
                                          size_t capacity, size_t *written) {
  size_t read = 0;
  for (;;) {
    uint8_t beyond; /* where the next byte goes that `target` does not hold, to see whether there is one */
    int is_full = *written == capacity;
    uInt given = step(count - read);
    uInt room = is_full ? 1 : step(capacity - *written);
    stream->next_in = (Bytef *)(uintptr_t)(source + read);
    stream->avail_in = given;
    stream->next_out = is_full ? &beyond : target + *written;
    stream->avail_out = room;
    int result = inflate(stream, Z_NO_FLUSH);
    uInt taken = given - stream->avail_in, made = room - stream->avail_out;
    read += taken;
    if (is_full && made > 0)
      return ADJOINT_GZIP_FULL;
    *written += made;
    if (result == Z_STREAM_END) {
      if (read == count)
        return ADJOINT_GZIP_ENDED;
      /* Several members, one after the other, are one file (RFC 1952, 2.2). */
      if (inflateReset(stream) != Z_OK)
        return ADJOINT_GZIP_CORRUPT;
    } else if (result == Z_MEM_ERROR) {
      return ADJOINT_GZIP_NO_MEMORY;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return ADJOINT_GZIP_CORRUPT;
    } else if (taken == 0 && made == 0) {
      return ADJOINT_GZIP_TRUNCATED;
    }
  }
}

adjoint_gzip_status adjoint_gzip_expand(const uint8_t *source, size_t count, uint8_t *target, size_t capacity,
                                        size_t *written) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  *written = 0;
  /* 16: gzip's header and checksum. */
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
    return ADJOINT_GZIP_NO_MEMORY;
  adjoint_gzip_status status = expand_members(&stream, source, count, target, capacity, written);
  inflateEnd(&stream);
  return status;
}

struct adjoint_gzip_stream {
  z_stream zlib;
};

adjoint_gzip_stream *adjoint_gzip_open(void) {
  adjoint_gzip_stream *stream = calloc(1, sizeof *stream);
  if (stream != NULL && inflateInit2(&stream->zlib, 16 + MAX_WBITS) != Z_OK) {
    free(stream);
    stream = NULL;
  }
  return stream;
}

void adjoint_gzip_close(adjoint_gzip_stream *stream) {
  inflateEnd(&stream->zlib);
  free(stream);
}

adjoint_gzip_status adjoint_gzip_continue(adjoint_gzip_stream *stream, const uint8_t *source, size_t count,
                                          size_t *taken, uint8_t *target, size_t capacity, size_t *written) {
  z_stream *zlib = &stream->zlib;
  uInt given = step(count), room = step(capacity);
  zlib->next_in = (Bytef *)(uintptr_t)source;
  zlib->avail_in = given;
  zlib->next_out = target;
  zlib->avail_out = room;
  int result = inflate(zlib, Z_NO_FLUSH);
  *taken = given - zlib->avail_in;
  *written = room - zlib->avail_out;
  if (result == Z_STREAM_END)
    return inflateReset(zlib) == Z_OK ? ADJOINT_GZIP_ENDED : ADJOINT_GZIP_CORRUPT;
  if (result == Z_MEM_ERROR)
    return ADJOINT_GZIP_NO_MEMORY;
  if (result != Z_OK && result != Z_BUF_ERROR)
    return ADJOINT_GZIP_CORRUPT;
  return zlib->avail_out == 0 ? ADJOINT_GZIP_FULL : ADJOINT_GZIP_TRUNCATED;
}
