// augmentation_model_test.c: the learned augmentation as a whole: where it starts, that it is the same for every number of
// threads and every company, and that its gradients are those of what it computes.
#include "harness/augmentation_model.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datasets/synthetic.h"
#include "tests/support/device_array.h"

enum { IMAGES = 5, SEED = 4 };

static const struct augmentation_settings settings = {.primitives = {true, true, true, true},
                                                      .hidden = 16,
                                                      .temperature = 0.05F,
                                                      .gate_start = 0.5F,
                                                      .blur_start = 0.4F,
                                                      .noise_start = 0.01F};

struct scene {
    struct device *device;
    struct augmentation_model *model;
    struct augmentation_batch batch;
    uint8_t *bytes;
    int32_t *order;
    struct training_state *state;
};

static void scene_create(struct scene *scene, const char *backend, int threads,
                         const struct augmentation_settings *wanted)
{
    const struct training_state state = {.seed = SEED, .epoch = 2};
    const int32_t order[IMAGES] = {4, 7, 1, 0, 3};
    struct image_set images;
    *scene = (struct scene){.device = device_for_test(kernels_find(backend), threads)};
    cr_assert(eq(int, synthetic_generate(3, 10, 0, IMAGES, &images).code, STATUS_OK));
    scene->bytes = device_put(scene->device, images.pixels, IMAGES * IMAGE_BYTES);
    scene->order = device_put(scene->device, order, sizeof order);
    scene->state = device_put(scene->device, &state, sizeof state);
    struct status status = augmentation_model_create(scene->device, wanted, IMAGES, SEED, &scene->model);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    scene->batch = (struct augmentation_batch){.images = IMAGES,
                                               .purpose = PURPOSE_AUGMENTATION_MODEL,
                                               .order = scene->order,
                                               .order_stride = IMAGES,
                                               .states = scene->state,
                                               .bytes = scene->bytes,
                                               .parameters = augmentation_model_parameters(scene->model)};
    image_set_destroy(&images);
}

static void scene_destroy(struct scene *scene)
{
    augmentation_model_destroy(scene->model);
    device_end_test(scene->device);
}

static float *deform(struct scene *scene)
{
    const float *augmented = augmentation_model_forward(scene->model, &scene->batch);
    return device_get_floats(scene->device, augmented, IMAGES * IMAGE_BYTES);
}

Test(augmentation_model, starts_near_the_identity)
{
    struct scene scene;
    scene_create(&scene, "reference", 1, &settings);
    float *augmented = deform(&scene);
    float *clean = device_get_floats(scene.device, augmentation_model_clean(scene.model), IMAGES * IMAGE_BYTES);
    float *sigmas = device_get_floats(scene.device, augmentation_model_values(scene.model, PRIMITIVE_NOISE), IMAGES);
    double sum = 0, largest = 0;
    for (int i = 0; i < IMAGES * IMAGE_BYTES; i++) {
        const double difference = fabs((double)augmented[i] - (double)clean[i]);
        sum += difference;
        largest = difference > largest ? difference : largest;
    }
    cr_expect(sum / (IMAGES * IMAGE_BYTES) < 0.1 && largest > 1e-4, "mean difference %g, largest %g",
              sum / (IMAGES * IMAGE_BYTES), largest);
    for (int i = 0; i < IMAGES; i++)
        cr_expect(sigmas[i] > 0.005F && sigmas[i] < 0.02F, "noise starts at 0.01, image %d has %g", i,
                  (double)sigmas[i]);
    free(augmented);
    free(clean);
    free(sigmas);
    scene_destroy(&scene);
}

Test(augmentation_model, gives_the_same_bits_for_every_number_of_threads)
{
    float *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        struct scene scene;
        scene_create(&scene, "cpu", threads, &settings);
        float *augmented = deform(&scene);
        if (first != NULL)
            for (int i = 0; i < IMAGES * IMAGE_BYTES; i++)
                cr_assert(first[i] == augmented[i], "%d threads, value %d: %a and %a", threads, i, (double)first[i],
                          (double)augmented[i]);
        if (first == NULL)
            first = augmented;
        else
            free(augmented);
        scene_destroy(&scene);
    }
    free(first);
}

Test(augmentation_model, primitives_that_take_no_part_have_no_parameters)
{
    struct augmentation_settings blur = settings;
    struct state_dict dict = {0};
    struct scene scene;
    memset(blur.primitives, 0, sizeof blur.primitives);
    struct augmentation_model *none = NULL;
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    cr_expect(eq(int, augmentation_model_create(device, &blur, IMAGES, SEED, &none).code, STATUS_USAGE));
    device_end_test(device);
    blur.primitives[PRIMITIVE_BLUR] = true;
    scene_create(&scene, "cpu", 1, &blur);
    cr_assert(eq(int,
                 augmentation_model_export(scene.model, augmentation_model_parameters(scene.model), "", &dict).code,
                 STATUS_OK));
    cr_expect(eq(sz, dict.count, 8));
    cr_expect(state_dict_find(&dict, "blur.w3") != NULL && state_dict_find(&dict, "noise.w3") == NULL);
    cr_expect(augmentation_model_values(scene.model, PRIMITIVE_NOISE) == NULL);
    free(deform(&scene));
    state_dict_destroy(&dict);
    scene_destroy(&scene);
}

Test(augmentation_model, what_was_exported_comes_back)
{
    struct state_dict dict = {0};
    struct scene scene;
    scene_create(&scene, "cpu", 1, &settings);
    const struct per_run parameters = augmentation_model_parameters(scene.model);
    float *before = device_get_floats(scene.device, parameters.data, parameters.stride);
    cr_assert(eq(int, augmentation_model_export(scene.model, parameters, "a.", &dict).code, STATUS_OK));
    device_zero(scene.device, parameters.data, parameters.stride * sizeof(float));
    cr_assert(eq(int, augmentation_model_import(scene.model, parameters, "a.", &dict).code, STATUS_OK));
    float *after = device_get_floats(scene.device, parameters.data, parameters.stride);
    cr_expect(eq(int, memcmp(before, after, parameters.stride * sizeof(float)), 0));
    struct status status = augmentation_model_import(scene.model, parameters, "b.", &dict);
    cr_expect(status.code == STATUS_BAD_INPUT && strstr(status.message, "b.contrast.w1") != NULL, "%s", status.message);
    free(before);
    free(after);
    state_dict_destroy(&dict);
    scene_destroy(&scene);
}

// ---- gradients -------------------------------------------------------------------------------------------------

// sum of weight * augmented, in double.
static double objective(struct scene *scene, const float *weights)
{
    float *augmented = deform(scene);
    double sum = 0;
    for (int i = 0; i < IMAGES * IMAGE_BYTES; i++) sum += (double)weights[i] * (double)augmented[i];
    free(augmented);
    return sum;
}

static double objective_at(struct scene *scene, const float *weights, const float *base, const float *direction,
                           size_t first, size_t count, double length)
{
    const struct per_run parameters = scene->batch.parameters;
    float *moved = malloc(parameters.stride * sizeof *moved);
    memcpy(moved, base, parameters.stride * sizeof *moved);
    for (size_t i = first; i < first + count; i++) moved[i] += (float)(length * (double)direction[i]);
    device_upload(scene->device, parameters.data, moved, parameters.stride * sizeof *moved);
    const double value = objective(scene, weights);
    device_upload(scene->device, parameters.data, base, parameters.stride * sizeof *moved);
    free(moved);
    return value;
}

// The gradient along itself, each primitive's part by itself: |g| by differences and by backward.
Test(augmentation_model, gradients_are_differences, .timeout = 120)
{
    static float weights[IMAGES * IMAGE_BYTES];
    struct scene scene;
    struct random_stream stream = random_stream_create(SEED, PURPOSE_TEST, 0, 0);
    scene_create(&scene, "reference", 1, &settings);
    for (int i = 0; i < IMAGES * IMAGE_BYTES; i++) weights[i] = 2 * random_next_uniform(&stream) - 1;
    const struct per_run parameters = scene.batch.parameters;
    float *base = device_get_floats(scene.device, parameters.data, parameters.stride);
    free(deform(&scene));
    float *upstream = device_put_floats(scene.device, weights, IMAGES * IMAGE_BYTES);
    augmentation_model_backward(scene.model, &scene.batch, upstream);
    float *gradient =
        device_get_floats(scene.device, augmentation_model_gradients(scene.model).data, parameters.stride);
    size_t first = 0;
    for (int p = 0; p < PRIMITIVE_COUNT; p++) {
        const size_t count = augmentation_model_gate_place(scene.model, (enum primitive)p) + 1 - first;
        double squares = 0;
        for (size_t i = first; i < first + count; i++) squares += (double)gradient[i] * (double)gradient[i];
        const double norm = sqrt(squares), step = 2e-3 / norm;
        const double difference = (objective_at(&scene, weights, base, gradient, first, count, step) -
                                   objective_at(&scene, weights, base, gradient, first, count, -step)) /
                                  (2 * step * norm);
        cr_expect(norm > 0 && fabs(difference - norm) <= 0.02 * norm, "%s: %g by differences, %g by backward, seed %d",
                  primitive_name((enum primitive)p), difference, norm, SEED);
        first += count;
    }
    free(base);
    free(gradient);
    scene_destroy(&scene);
}
