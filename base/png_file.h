// png_file.h: an RGB picture in memory becomes a PNG file.
#ifndef BASE_PNG_FILE_H
#define BASE_PNG_FILE_H

#include <stdint.h>

#include "base/status.h"

// height x width x 3 bytes, row 0 on top. Atomic. STATUS_IO, STATUS_NO_MEMORY.
struct status png_file_write(const char *path, int width, int height, const uint8_t *pixels);

#endif
