// batch_load.cu: the next images of every run's order, mirrored and cropped: normalised (batch_load), as bytes
// (batch_gather), and bytes normalised (image_normalise).
// Bound     memory: 1 byte in, 2 or 1 out a value; the data set's bytes come from L2 or HBM in whole images.
// Launch    a block per image. All threads of a block draw the same window.
#include "base/purpose.h"
#include "kernels/cuda/numbers.cuh"
#include "kernels/draw/crop_window.h"

enum { THREADS = 256 };

// Philox 4x32-10, as base/random.c has it.
DEVICE void philox(const uint32_t counter[4], uint32_t key0, uint32_t key1, uint32_t words[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
#pragma unroll
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xd2511f53u * c0, product1 = (uint64_t)0xcd9e8d57u * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)product0;
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

DEVICE int window_shift(uint32_t word)
{
    return (int)((uint64_t)word * (2 * CROP_PADDING + 1) >> 32) - CROP_PADDING;
}

DEVICE crop_window draw_window(base_augmentation augmentation, const training_state &state, int32_t index)
{
    crop_window window = {false, 0, 0};
    if (augmentation == BASE_AUGMENTATION_NONE) return window;
    const uint32_t counter[4] = {0, (uint32_t)index, state.epoch, 0};
    uint32_t words[4];
    philox(counter, state.seed, PURPOSE_BASE_AUGMENTATION, words);
    window.mirrored = (words[0] & 1) != 0;
    window.row = window_shift(words[1]);
    window.column = window_shift(words[2]);
    return window;
}

DEVICE bf16 normalise(uint8_t byte)
{
    return bf16_round((float)(((double)byte / 255 - 0.5) / 0.5));
}

// The byte of output value `i` of an image.
template <class LOAD>
DEVICE uint8_t windowed_byte(const LOAD &load, const uint8_t *image, const crop_window &window, unsigned i)
{
    unsigned channel = i % (unsigned)load.channels, position = i / (unsigned)load.channels;
    int row = (int)(position / (unsigned)load.width) + window.row;
    int column = (int)(position % (unsigned)load.width) + window.column;
    if (row < 0 || row >= load.height || column < 0 || column >= load.width) return 0;
    if (window.mirrored) column = load.width - 1 - column;
    return image[((size_t)row * (size_t)load.width + (size_t)column) * (size_t)load.channels + channel];
}

DEVICE void put(bf16 *to, uint8_t byte)
{
    *to = normalise(byte);
}

DEVICE void put(uint8_t *to, uint8_t byte)
{
    *to = byte;
}

// LOAD is batch_load or batch_gather, whose fields have the same names.
template <class LOAD, class VALUE> __global__ static void batch_kernel(LOAD load, VALUE *output)
{
    unsigned run = blockIdx.y, size = (unsigned)(load.height * load.width * load.channels);
    size_t row = (size_t)run * (size_t)load.images + blockIdx.x;
    dependency_wait();
    dependency_release();
    training_state state = load.states[run];
    int32_t index = load.order[(size_t)run * load.order_stride + (size_t)state.position + blockIdx.x];
    const uint8_t *image = load.pixels + (size_t)index * size;
    crop_window window = draw_window(load.augmentation, state, index);
    for (unsigned i = threadIdx.x; i < size; i += THREADS)
        put(output + row * size + i, windowed_byte(load, image, window, i));
    if (threadIdx.x == 0) load.output_labels[row] = load.labels[index];
}

CUDA_OPERATION(batch_load)
{
    const struct batch_load *load = (const struct batch_load *)settings;
    cuda_launch(device, "batch_load", batch_kernel<struct batch_load, bf16>,
                dim3((unsigned)load->images, (unsigned)load->runs), THREADS, 0, *load, (bf16 *)load->output);
}

CUDA_OPERATION(batch_gather)
{
    const struct batch_gather *gather = (const struct batch_gather *)settings;
    cuda_launch(device, "batch_gather", batch_kernel<struct batch_gather, uint8_t>,
                dim3((unsigned)gather->images, (unsigned)gather->runs), THREADS, 0, *gather, gather->output);
}

__global__ static void image_normalise_kernel(const uint8_t *input, size_t count, bf16 *output)
{
    dependency_wait();
    dependency_release();
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (size_t)gridDim.x * blockDim.x)
        output[i] = normalise(input[i]);
}

CUDA_OPERATION(image_normalise)
{
    const struct image_normalise *images = (const struct image_normalise *)settings;
    size_t count = (size_t)images->runs * (size_t)images->images * (size_t)images->height * (size_t)images->width *
                   (size_t)images->channels;
    cuda_launch(device, "image_normalise", image_normalise_kernel, dim3(blocks_for(count, 4 * THREADS)), THREADS, 0,
                images->input, count, (bf16 *)images->output);
}
