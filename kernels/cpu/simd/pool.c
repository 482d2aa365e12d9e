// pool.c: global average pooling behind the last batch norm and ReLU, and its backward.
// Bound     memory: one pass over the activations each. Parallel over runs x images.
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

// Sums in double, in the order of the positions, for one channel and for LANES of them alike.
static float pool_channel(const struct pool_forward *pool, const activation *input, const float *affine, int c)
{
    int channels = pool->channels;
    double sum = 0;
    for (int p = 0; p < pool->positions; p++) {
        float x = activation_value(input[(size_t)p * (size_t)channels + (size_t)c]);
        sum += (double)(affine == NULL ? x : scalar_relu(scalar_affine(affine[c], x, affine[channels + c])));
    }
    return (float)(sum / pool->positions);
}

static void pool_lanes(const struct pool_forward *pool, const activation *input, const float *affine, float *features)
{
    vector_double sums[2] = {{0}};
    for (int p = 0; p < pool->positions; p++, input += pool->channels) {
        vector x = activation_load(input);
        if (affine != NULL)
            x = vector_relu(vector_affine(vector_load(affine), x, vector_load(affine + pool->channels)));
        for (int half = 0; half < 2; half++) sums[half] += vector_widen(x, half);
    }
    for (int half = 0; half < 2; half++)
        for (int l = 0; l < LANES / 2; l++) features[half * (LANES / 2) + l] = (float)(sums[half][l] / pool->positions);
}

static void pool_image(const struct pool_forward *pool, int image)
{
    const float *affine = per_run_part(pool->affine, image / pool->images);
    const activation *input =
        (const activation *)pool->input + (size_t)image * (size_t)pool->positions * (size_t)pool->channels;
    float *features = pool->features + (size_t)image * (size_t)pool->channels;
    int c = 0;
    for (; c + LANES <= pool->channels; c += LANES)
        pool_lanes(pool, input + c, affine == NULL ? NULL : affine + c, features + c);
    for (; c < pool->channels; c++) features[c] = pool_channel(pool, input, affine, c);
}

void ISA_NAME(pool_forward)(struct device *device, const void *settings)
{
    const struct pool_forward *pool = settings;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < pool->runs * pool->images; image++) pool_image(pool, image);
}

static void spread_image(const struct pool_backward *pool, int image, struct channel_sums *partial)
{
    int run = image / pool->images, channels = pool->channels;
    size_t first = (size_t)image * (size_t)pool->positions * (size_t)channels;
    const float *grad_features = pool->grad_features + (size_t)image * (size_t)channels;
    activation *output = (activation *)pool->output + first;
    for (int c = 0; c < channels; c++) output[c] = activation_of(grad_features[c] / (float)pool->positions);
    for (int p = 1; p < pool->positions; p++)
        memcpy(output + (size_t)p * (size_t)channels, output, (size_t)channels * sizeof *output);
    if (pool->mask_input == NULL) return;
    struct image_shape shape = {1, pool->positions, channels, 0};
    ISA_NAME(image_mask)
    (shape, (const activation *)pool->mask_input + first, per_run_part(pool->affine, run), output,
     partial == NULL ? NULL : partial + (size_t)image * (size_t)channels);
}

void ISA_NAME(pool_backward)(struct device *device, const void *settings)
{
    const struct pool_backward *pool = settings;
    int images = pool->runs * pool->images;
    struct channel_sums *partial = NULL;
    if (pool->sums != NULL) {
        partial = device_scratch(device, (size_t)images * (size_t)pool->channels * sizeof *partial);
        if (partial == NULL) return;
    }
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < images; image++) spread_image(pool, image, partial);
    if (partial != NULL) channel_sums_reduce(pool->runs, pool->images, pool->channels, partial, pool->sums);
}
