#include "adjoint_deflate.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

/* zlib counts in unsigned int. */
static uInt step(size_t count) { return count < UINT_MAX ? (uInt)count : UINT_MAX; }

static bool expand(z_stream *stream, const uint8_t *source, size_t count, uint8_t *target, size_t capacity) {
  size_t read = 0, written = 0;
  for (;;) {
    uint8_t beyond; /* where a byte goes that is one too many */
    bool is_full = written == capacity;
    uInt given = step(count - read), room = is_full ? 1 : step(capacity - written);
    stream->next_in = (Bytef *)(uintptr_t)(source + read);
    stream->avail_in = given;
    stream->next_out = is_full ? &beyond : target + written;
    stream->avail_out = room;
    int result = inflate(stream, Z_NO_FLUSH);
    uInt taken = given - stream->avail_in, made = room - stream->avail_out;
    if (is_full && made > 0)
      return false;
    read += taken;
    written += made;
    if (result == Z_STREAM_END)
      return read == count && written == capacity;
    if ((result != Z_OK && result != Z_BUF_ERROR) || (taken == 0 && made == 0))
      return false;
  }
}

bool adjoint_deflate_expand(const uint8_t *source, size_t count, uint8_t *target, size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  bool is_right = expand(&stream, source, count, target, capacity);
  inflateEnd(&stream);
  return is_right;
}

size_t adjoint_deflate_compress(const uint8_t *source, size_t count, uint8_t *target, size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return 0;
  size_t read = 0, written = 0;
  int result = Z_OK;
  while (result == Z_OK && written < capacity) {
    uInt given = step(count - read), room = step(capacity - written);
    stream.next_in = (Bytef *)(uintptr_t)(source + read);
    stream.avail_in = given;
    stream.next_out = target + written;
    stream.avail_out = room;
    result = deflate(&stream, given == count - read ? Z_FINISH : Z_NO_FLUSH);
    read += given - stream.avail_in;
    written += room - stream.avail_out;
  }
  deflateEnd(&stream);
  return result == Z_STREAM_END ? written : 0;
}

uint32_t adjoint_deflate_crc32(const uint8_t *source, size_t count) {
  uLong sum = crc32(0, Z_NULL, 0);
  while (count > 0) {
    uInt part = step(count);
    sum = crc32(sum, source, part);
    source += part;
    count -= part;
  }
  return (uint32_t)sum;
}
