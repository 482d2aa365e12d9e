// png_file.c: see png_file.h. Tests: tests/contact_sheet_test.c.
#include "base/png_file.h"

#include <png.h>
#include <stdlib.h>

#include "base/file.h"

struct status png_file_write(const char *path, int width, int height, const uint8_t *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *bytes = malloc(size);
    struct status status;
    if (bytes == NULL)
        status = status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    else if (!png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL))
        status = status_error(STATUS_NO_MEMORY, "write %s: libpng: %s", path, image.message);
    else
        status = file_write_atomic(path, bytes, size);
    png_image_free(&image);
    free(bytes);
    return status;
}
