/* What is within zip archives, by zlib: deflate without gzip around it, and checksums. Nothing of zlib shows here. */
#ifndef ADJOINT_DEFLATE_H
#define ADJOINT_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Expands the deflate stream in `source` to exactly `capacity` bytes. False where it gives more or fewer, does not end
 * with the source, or is none. Nothing is written beyond them, however much the source would give. */
bool adjoint_deflate_expand(const uint8_t *source, size_t count, uint8_t *target, size_t capacity);

/* Compresses `source` and says how many bytes there are; 0 where `target` does not hold them, or there is no memory. */
size_t adjoint_deflate_compress(const uint8_t *source, size_t count, uint8_t *target, size_t capacity);

/* The checksum of zip archives, as ISO 3309 has it. */
uint32_t adjoint_deflate_crc32(const uint8_t *source, size_t count);

#endif
