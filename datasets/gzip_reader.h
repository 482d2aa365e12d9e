// gzip_reader.h: gzip streams in memory become bytes in memory, through zlib. Nothing is written to disk.
#ifndef DATASETS_GZIP_READER_H
#define DATASETS_GZIP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

bool gzip_is_stream(const uint8_t *bytes, size_t size); // starts with gzip's magic bytes

// Inflates all of `bytes`: one gzip stream or several in a row, each with its CRC checked and nothing behind the last.
//   name    in   of the file, for messages
//   limit   in   most bytes that may come out; a stream that holds more is refused after `limit` bytes
//   *out    out  *out_size bytes; belongs to the caller (free); NULL on error
// STATUS_BAD_INPUT for a damaged, truncated or too large stream, or for something behind it; STATUS_NO_MEMORY.
struct status gzip_inflate(const char *name, const uint8_t *bytes, size_t size, size_t limit, uint8_t **out,
                           size_t *out_size);

#endif
