// resident_frost.c: see resident_frost.h. Tests: tests/corrupted_evaluation_test.c, tests/image_loader_test.c.
#include "harness/resident_frost.h"

struct status resident_frost_create(struct device *device, const struct frost *frost, struct resident_frost *resident)
{
    *resident = (struct resident_frost){.pixels = NULL};
    if (frost == NULL) return status_ok();
    struct status status = device_allocate(device, frost->bytes, (void **)&resident->pixels);
    if (status.code != STATUS_OK) return status;
    device_upload(device, resident->pixels, frost->pixels, frost->bytes);
    resident->textures = frost->textures;
    resident->textures.pixels = resident->pixels;
    return status;
}

void resident_frost_destroy(struct device *device, struct resident_frost *resident)
{
    device_release(device, resident->pixels);
    *resident = (struct resident_frost){.pixels = NULL};
}
