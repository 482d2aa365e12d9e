// pool.c: global average pooling behind the last batch norm and ReLU, and its backward.
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

static float average(const struct pool_forward *pool, const float *affine, const float *image, int channel)
{
    double sum = 0;
    for (int position = 0; position < pool->positions; position++) {
        float x = image[(size_t)position * (size_t)pool->channels + (size_t)channel];
        sum += (double)(affine == NULL ? x : prologue_value(affine, pool->channels, channel, x));
    }
    return (float)(sum / pool->positions);
}

void pool_forward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct pool_forward *pool = settings;
    size_t image_size = (size_t)pool->positions * (size_t)pool->channels;
    for (int run = 0; run < pool->runs; run++)
        for (int image = 0; image < pool->images; image++) {
            size_t row = (size_t)run * (size_t)pool->images + (size_t)image;
            const float *input = (const float *)pool->input + row * image_size;
            float *features = pool->features + row * (size_t)pool->channels;
            for (int channel = 0; channel < pool->channels; channel++)
                features[channel] = average(pool, per_run_part(pool->affine, run), input, channel);
        }
}

static void spread(const struct pool_backward *pool, const float *affine, size_t row)
{
    size_t first = row * (size_t)pool->positions * (size_t)pool->channels;
    const float *mask_input = pool->mask_input, *grad_features = pool->grad_features + row * (size_t)pool->channels;
    float *output = pool->output;
    for (int position = 0; position < pool->positions; position++)
        for (int channel = 0; channel < pool->channels; channel++) {
            size_t at = first + (size_t)position * (size_t)pool->channels + (size_t)channel;
            bool open = mask_input == NULL || prologue_open(affine, pool->channels, channel, mask_input[at]);
            output[at] = open ? (float)((double)grad_features[channel] / pool->positions) : 0;
        }
}

void pool_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct pool_backward *pool = settings;
    size_t positions = (size_t)pool->images * (size_t)pool->positions;
    size_t run_size = positions * (size_t)pool->channels;
    struct statistics_reference *sums = pool->sums;
    for (int run = 0; run < pool->runs; run++) {
        for (int image = 0; image < pool->images; image++)
            spread(pool, per_run_part(pool->affine, run), (size_t)run * (size_t)pool->images + (size_t)image);
        if (sums != NULL)
            statistics_sum_products((const float *)pool->output + (size_t)run * run_size,
                                    (const float *)pool->mask_input + (size_t)run * run_size, positions, pool->channels,
                                    sums + (ptrdiff_t)run * pool->channels);
    }
}
