// pool.c: global average pooling behind the last batch norm and ReLU, and its backward.
// Bound     memory: one pass over the activations each. Parallel over runs x images.
#include "kernels/cpu/scratch.h"
#include "kernels/cpu/simd/image_pass.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

static void pool_image(const struct pool_forward *pool, int image)
{
    int run = image / pool->images, channels = pool->channels;
    const float *affine = per_run_part(pool->affine, run);
    const float *input = (const float *)pool->input + (size_t)image * (size_t)pool->positions * (size_t)channels;
    float *features = pool->features + (size_t)image * (size_t)channels;
    for (int c = 0; c < channels; c++) {
        double sum = 0;
        for (int p = 0; p < pool->positions; p++) {
            float x = input[(size_t)p * (size_t)channels + (size_t)c];
            sum += (double)(affine == NULL ? x : scalar_relu(scalar_affine(affine[c], x, affine[channels + c])));
        }
        features[c] = (float)(sum / pool->positions);
    }
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
    float *output = (float *)pool->output + first;
    for (int p = 0; p < pool->positions; p++)
        for (int c = 0; c < channels; c++)
            output[(size_t)p * (size_t)channels + (size_t)c] = grad_features[c] / (float)pool->positions;
    if (pool->mask_input == NULL) return;
    struct image_shape shape = {1, pool->positions, channels, 0};
    ISA_NAME(image_mask)
    (shape, (const float *)pool->mask_input + first, per_run_part(pool->affine, run), output,
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
