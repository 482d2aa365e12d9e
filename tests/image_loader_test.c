// image_loader_test.c: what a training step's images are: the next of the order, flipped and cut, then corrupted as draw and
// reference say; and the same whichever way they come.
#include "harness/image_loader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/synthetic.h"
#include "kernels/corruption_functions.h"
#include "kernels/draw/corruption_draw.h"
#include "tests/support/device_array.h"

enum { IMAGES = 9, BATCH = 4, POSITION = 3, SEED = 11, EPOCH = 2 };

struct scene {
    struct device *device;
    struct image_set images;
    struct frost frost;
    struct resident_set set;
};

// An order that is not 0, 1, 2, ..., begun at its fourth image, in the third epoch.
static void scene_create(struct scene *scene)
{
    const struct training_state state = {.seed = SEED, .epoch = EPOCH, .position = POSITION};
    int32_t order[IMAGES];
    for (int i = 0; i < IMAGES; i++) order[i] = IMAGES - 1 - i;
    *scene = (struct scene){.device = device_for_test(kernels_find("cpu"), 2)};
    cr_assert(eq(int, synthetic_generate(3, 10, 0, IMAGES, &scene->images).code, STATUS_OK));
    cr_assert(eq(int, frost_load(NULL, &scene->frost).code, STATUS_OK));
    cr_assert(eq(int, resident_set_create(scene->device, &scene->images, BATCH, &scene->set).code, STATUS_OK));
    device_upload(scene->device, scene->set.order, order, sizeof order);
    device_upload(scene->device, scene->set.state, &state, sizeof state);
}

static void scene_destroy(struct scene *scene)
{
    resident_set_destroy(scene->device, &scene->set);
    frost_destroy(&scene->frost);
    image_set_destroy(&scene->images);
    device_end_test(scene->device);
}

static struct image_loader create_loader(const struct scene *scene, const struct corruption_law *law)
{
    struct image_loader loader;
    const struct image_loader_settings settings = {
        .batch = BATCH, .augmentation = BASE_AUGMENTATION_FLIP_CROP, .law = law, .frost = &scene->frost};
    cr_assert(eq(int, image_loader_create(scene->device, &scene->set, &settings, &loader).code, STATUS_OK));
    return loader;
}

static void load_bytes(const struct scene *scene, const struct corruption_law *law, uint8_t bytes[BATCH * IMAGE_BYTES])
{
    struct image_loader loader = create_loader(scene, law);
    image_loader_enqueue_bytes(&loader);
    device_download(scene->device, bytes, loader.bytes, BATCH * IMAGE_BYTES);
    cr_assert(eq(int, device_synchronise(scene->device).code, STATUS_OK));
    image_loader_destroy(&loader);
}

static void load_activations(const struct scene *scene, const struct corruption_law *law, float *activations)
{
    const size_t bytes = (size_t)BATCH * IMAGE_BYTES * sizeof(float);
    struct image_loader loader = create_loader(scene, law);
    void *output = NULL;
    cr_assert(eq(int, device_allocate(scene->device, bytes, &output).code, STATUS_OK));
    image_loader_enqueue(&loader, output);
    device_download(scene->device, activations, output, bytes);
    cr_assert(eq(int, device_synchronise(scene->device).code, STATUS_OK));
    device_release(scene->device, output);
    image_loader_destroy(&loader);
}

Test(image_loader, corrupts_after_the_base_augmentation)
{
    static union corruption_draw draw;
    static uint8_t clean[BATCH * IMAGE_BYTES], found[BATCH * IMAGE_BYTES];
    struct scene scene;
    uint8_t expected[IMAGE_BYTES];
    int severities[1 + CORRUPTION_SEVERITIES] = {0};
    scene_create(&scene);
    load_bytes(&scene, NULL, clean);
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++) {
        const struct corruption_law law = {.kind = kind, .weights = {5, 1, 1, 1, 1, 1}};
        load_bytes(&scene, &law, found);
        for (int i = 0; i < BATCH; i++) {
            const struct corruption_key key = {SEED, EPOCH, (uint32_t)(IMAGES - 1 - POSITION - i)};
            const uint8_t *image = clean + (size_t)i * IMAGE_BYTES;
            const int severity = corruption_draw_severity(&law, key);
            severities[severity]++;
            memcpy(expected, image, IMAGE_BYTES);
            if (severity > 0) {
                corruption_draw((enum corruption_kind)kind, severity, key, image, &scene.frost.textures, &draw);
                cr_assert(eq(
                    int,
                    corruption_functions_reference.apply((enum corruption_kind)kind, severity, &draw, image, expected)
                        .code,
                    STATUS_OK));
            }
            cr_expect(eq(int, memcmp(expected, found + (size_t)i * IMAGE_BYTES, IMAGE_BYTES), 0),
                      "corruption %d, image %d, severity %d", kind, i, severity);
        }
    }
    cr_expect(severities[0] > 0 && severities[0] < BATCH * CORRUPTION_COUNT, "clean images among corrupted ones");
    scene_destroy(&scene);
}

Test(image_loader, activations_are_the_bytes_normalised)
{
    static uint8_t bytes[BATCH * IMAGE_BYTES];
    static float found[BATCH * IMAGE_BYTES];
    const struct corruption_law law = corruption_law_fixed(CORRUPTION_FOG, 2);
    const struct corruption_law *laws[] = {NULL, &law};
    struct scene scene;
    scene_create(&scene);
    for (int l = 0; l < 2; l++) {
        load_bytes(&scene, laws[l], bytes);
        load_activations(&scene, laws[l], found);
        for (int i = 0; i < BATCH * IMAGE_BYTES; i++) {
            const float error = found[i] - (bytes[i] / 255.0F - 0.5F) / 0.5F;
            cr_assert(error >= -1e-6F && error <= 1e-6F, "law %d, value %d: off by %g", l, i, (double)error);
        }
    }
    scene_destroy(&scene);
}
