// synthetic.c: stretches of the endless sequence of drawn images: a scene for each index, painted.
// Tests: tests/synthetic_test.c.
#include "datasets/synthetic.h"

#include <limits.h>
#include <stddef.h>

#include "datasets/synthetic_scene.h"

// The number of classes stands where other streams have the epoch, so that the two sets share no image.
static void image_generate(uint32_t seed, int classes, int index, uint8_t *pixels)
{
    struct random_stream stream =
        random_stream_create(seed, PURPOSE_SYNTHETIC_IMAGE, (uint32_t)classes, (uint32_t)index);
    struct scene scene;
    scene_draw(&stream, classes, index % classes, &scene);
    scene_paint(&scene, &stream, pixels);
}

struct status synthetic_generate(uint32_t seed, int classes, int first, int count, struct image_set *set)
{
    struct status status;
    *set = (struct image_set){0};
    if (classes != 10 && classes != 100)
        return status_error(STATUS_USAGE, "embedded set: expected 10 or 100 classes, found %d", classes);
    if (first < 0 || count < 1 || count > INT_MAX - first)
        return status_error(STATUS_USAGE, "embedded set: no such stretch of images: %d from number %d", count, first);
    status = image_set_create(count, classes, set);
    for (int i = 0; status.code == STATUS_OK && i < count; i++) {
        set->labels[i] = (first + i) % classes;
        image_generate(seed, classes, first + i, set->pixels + (size_t)i * IMAGE_BYTES);
    }
    return status;
}
