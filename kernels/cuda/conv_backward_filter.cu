// conv_backward_filter.cu: grad_filter = sum over images and positions of prologue(input) x gradient.
// Computes  per tap a product channels_in x pixels by pixels x channels_out on tensor cores, float32 sums.
// Bound     layers of 64 and more channels: the matrix rate; below, memory.
// Launch    workers, each with every so-manyth tile of 128 output pixels and one block of the filter's matrices: a warp
//           per tap (1x1: eight warps that share the pixels). Then a thread per weight adds the workers' sums in their
//           order. How many workers there are hangs on the shape of one run alone.
// Shared    patch of the input with halo, and of the gradient, both as planes of eight channels; the transposed matrix
//           loads turn pixels into the dimension that is summed over.
#include "kernels/cuda/conv_patch.cuh"
#include "kernels/cuda/conv_tile.h"

enum { FILTER_PIXELS = 128, WORKERS_WANTED = 256, GROUPS_OF_POINTWISE = 8 };

struct filter_tensors {
    const bf16 *input, *gradient, *raw;
    struct per_run affine, coefficients;
    float *partial; // runs x workers x filter
    int workers, filter_size;
};

struct filter_layout {
    int read_pixels, write_pixels, input, gradient, gradient_pitch, total;
};

// MATRICES blocks of 16 channels in, COLUMNS blocks of 8 channels out.
template <int MATRICES, int COLUMNS> struct filter_block {
    enum { IN = 16 * MATRICES, OUT = 8 * COLUMNS };
    sums4 part[MATRICES][COLUMNS];
};

template <class BLOCK> static inline filter_layout filter_layout_of(const conv_tile &tile)
{
    filter_layout at;
    int planes = BLOCK::IN / 8 > BLOCK::OUT / 8 ? BLOCK::IN / 8 : BLOCK::OUT / 8;
    at.read_pixels = 0;
    at.write_pixels = tile.patch_pixels * 4;
    at.input = (at.write_pixels + FILTER_PIXELS * 4 + 127) / 128 * 128;
    at.gradient = (at.input + tile.pitch * (BLOCK::IN / 8) + 127) / 128 * 128;
    at.gradient_pitch = FILTER_PIXELS * 16 + 128 / planes;
    at.total = at.gradient + at.gradient_pitch * (BLOCK::OUT / 8);
    int groups = GROUPS_OF_POINTWISE * BLOCK::IN * BLOCK::OUT * 4; // the sums of the groups of a 1x1 kernel
    if (tile.class_of[0].taps == 1 && groups + at.input > at.total) at.total = groups + at.input;
    return at;
}

// As in conv_tile.cuh, for tile number `number`.
DEVICE void find_filter_pixels(const conv_tile &tile, int number, int *read_pixels, int *write_pixels)
{
    int across = number % tile.tiles_across, down = number / tile.tiles_across % tile.tiles_down;
    int first_image = (number / tile.tiles_across / tile.tiles_down) << tile.log_images;
    int row0 = down << tile.log_rows, column0 = across << tile.log_columns, area = tile.patch_rows * tile.patch_columns;
    for (int i = (int)threadIdx.x; i < tile.patch_pixels; i += (int)blockDim.x) {
        int image = first_image + i / area;
        int row = (row0 * tile.stride + i % area / tile.patch_columns + tile.first_tap) * tile.read_step;
        int column = (column0 * tile.stride + i % tile.patch_columns + tile.first_tap) * tile.read_step;
        bool inside =
            image < tile.images && row >= 0 && row < tile.read_height && column >= 0 && column < tile.read_width;
        read_pixels[i] = inside ? (image * tile.read_height + row) * tile.read_width + column : -1;
    }
    for (int i = (int)threadIdx.x; i < FILTER_PIXELS; i += (int)blockDim.x) {
        int image = first_image + (i >> (tile.log_rows + tile.log_columns));
        int row = row0 + (i >> tile.log_columns) % (1 << tile.log_rows), column = column0 + i % (1 << tile.log_columns);
        bool inside = image < tile.images && row < tile.write_height && column < tile.write_width;
        write_pixels[i] = inside ? (image * tile.write_height + row) * tile.write_width + column : -1;
    }
}

// Adds the products of 16 pixels, from `first` on, for the warp's tap.
template <int MATRICES, int COLUMNS>
DEVICE void multiply_pixels(const conv_tile &tile, const filter_layout &layout, int shift, int first,
                            const unsigned char *input, const unsigned char *gradient,
                            filter_block<MATRICES, COLUMNS> &sums)
{
    int lane = (int)threadIdx.x % WARP;
    int p = first + lane % 8 + lane / 16 * 8; // pixels 0-7 of two planes, then 8-15
    int image = p >> (tile.log_rows + tile.log_columns), row = (p >> tile.log_columns) % (1 << tile.log_rows);
    int column = p % (1 << tile.log_columns);
    int place = (image * tile.patch_rows + row * tile.stride) * tile.patch_columns + column * tile.stride + shift;
    const unsigned char *factor = input + lane / 8 % 2 * tile.pitch + place * 16;
    // pixels 0-7, then 8-15, of the first plane, then of the second
    const unsigned char *other = gradient + lane / 16 * layout.gradient_pitch + (first + lane % 16) * 16;
    words4 a[MATRICES];
#pragma unroll
    for (int m = 0; m < MATRICES; m++) a[m] = matrix_load_transposed(factor + 2 * m * tile.pitch);
#pragma unroll
    for (int n = 0; n < COLUMNS / 2; n++) {
        words4 b = matrix_load_transposed(other + 2 * n * layout.gradient_pitch);
#pragma unroll
        for (int m = 0; m < MATRICES; m++) {
            matrix_multiply(sums.part[m][2 * n], a[m], b.word[0], b.word[1]);
            matrix_multiply(sums.part[m][2 * n + 1], a[m], b.word[2], b.word[3]);
        }
    }
}

// The warp's sums go to [IN][OUT] floats, or are added to what is there.
template <int MATRICES, int COLUMNS>
DEVICE void put_sums(const filter_block<MATRICES, COLUMNS> &sums, float *to, int pitch, int valid_in, int valid_out)
{
    int lane = (int)threadIdx.x % WARP;
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int n = 0; n < COLUMNS; n++)
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int in = m * 16 + i / 2 * 8 + lane / 4, out = n * 8 + lane % 4 * 2 + i % 2;
                if (in < valid_in && out < valid_out) to[(size_t)in * (size_t)pitch + out] = sums.part[m][n].value[i];
            }
}

template <int MATRICES, int COLUMNS, int INPUT_PROLOGUE, int GRADIENT_PROLOGUE>
__global__ static void __launch_bounds__(32 * CONV_TAPS, MATRICES == 1 ? 2 : 1)
    conv_filter_kernel(conv_tile tile, filter_layout layout, filter_tensors tensors)
{
    typedef filter_block<MATRICES, COLUMNS> block;
    unsigned char *shared = shared_memory();
    int *read_pixels = (int *)(shared + layout.read_pixels), *write_pixels = (int *)(shared + layout.write_pixels);
    unsigned char *input = shared + layout.input, *gradient = shared + layout.gradient;
    int taps = tile.class_of[0].taps, warp = (int)threadIdx.x / WARP, tap = warp % taps, group = warp / taps;
    int groups = (int)blockDim.x / WARP / taps, worker = (int)blockIdx.x;
    int out_blocks = (tile.write_channels + block::OUT - 1) / block::OUT;
    int first_in = (int)blockIdx.y / out_blocks * block::IN, first_out = (int)blockIdx.y % out_blocks * block::OUT;
    unsigned run = blockIdx.z;
    // A multiple of the planes on either side loads; nine warps are 288 threads.
    unsigned loaders = blockDim.x / 8 * 8;

    size_t read_size = (size_t)tile.images * (size_t)(tile.read_height * tile.read_width) * (size_t)tile.read_channels;
    size_t write_size =
        (size_t)tile.images * (size_t)(tile.write_height * tile.write_width) * (size_t)tile.write_channels;
    conv_source inputs = {tensors.input + run * read_size, NULL, part_of_run(tensors.affine, run), tile.read_channels};
    conv_source gradients = {tensors.gradient + run * write_size,
                             GRADIENT_PROLOGUE == PROLOGUE_COEFFICIENTS ? tensors.raw + run * write_size : NULL,
                             part_of_run(tensors.coefficients, run), tile.write_channels};
    const conv_tap &own = tile.class_of[0].tap[tap];
    int shift = (own.row - tile.first_tap) * tile.patch_columns + own.column - tile.first_tap;
    block sums;
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) sums.part[m][n] = sums4{{0, 0, 0, 0}};
    dependency_wait();
    dependency_release();
    for (int number = worker; number < tile.tiles; number += tensors.workers) {
        block_barrier(); // the tile before is done
        find_filter_pixels(tile, number, read_pixels, write_pixels);
        block_barrier();
        load_patch<INPUT_PROLOGUE>(inputs, read_pixels, tile.patch_pixels, first_in, block::IN / 8, tile.pitch,
                                   threadIdx.x, loaders, input);
        load_patch<GRADIENT_PROLOGUE>(gradients, write_pixels, FILTER_PIXELS, first_out, block::OUT / 8,
                                      layout.gradient_pitch, threadIdx.x, loaders, gradient);
        block_barrier();
        for (int first = 16 * group; first < FILTER_PIXELS; first += 16 * groups)
            multiply_pixels(tile, layout, shift, first, input, gradient, sums);
    }
    int valid_in = tile.read_channels - first_in, valid_out = tile.write_channels - first_out;
    float *partial =
        tensors.partial + ((size_t)run * (size_t)tensors.workers + (size_t)worker) * (size_t)tensors.filter_size +
        (size_t)own.weight * (size_t)tile.tap_stride + (size_t)first_in * (size_t)tile.write_channels + first_out;
    if (groups == 1) {
        put_sums(sums, partial, tile.write_channels, valid_in, valid_out);
        return;
    }
    float *space = (float *)input;
    block_barrier();
    put_sums(sums, space + group * block::IN * block::OUT, block::OUT, block::IN, block::OUT);
    block_barrier();
    for (int i = (int)threadIdx.x; i < block::IN * block::OUT; i += (int)blockDim.x) {
        float sum = 0;
        for (int g = 0; g < groups; g++) sum += space[g * block::IN * block::OUT + i];
        int in = i / block::OUT, out = i % block::OUT;
        if (in < valid_in && out < valid_out) partial[(size_t)in * (size_t)tile.write_channels + out] = sum;
    }
}

// A thread per weight: the workers' sums in their order.
__global__ static void filter_sum_kernel(const float *partial, int workers, int filter_size, struct per_run grad_filter)
{
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    unsigned run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (i >= filter_size) return;
    const float *own = partial + (size_t)run * (size_t)workers * (size_t)filter_size + i;
    float sum = 0;
#pragma unroll 8
    for (int worker = 0; worker < workers; worker++) sum += own[(size_t)worker * (size_t)filter_size];
    part_of_run_out(grad_filter, run)[i] = sum;
}

template <int MATRICES, int COLUMNS, int INPUT_PROLOGUE, int GRADIENT_PROLOGUE>
static void launch_block(struct device *device, const struct conv_backward_filter &conv, conv_tile tile)
{
    typedef filter_block<MATRICES, COLUMNS> block;
    filter_tensors tensors = filter_tensors();
    tensors.input = (const bf16 *)conv.input;
    tensors.gradient = (const bf16 *)conv.gradient;
    tensors.raw = (const bf16 *)conv.raw;
    tensors.affine = conv.affine;
    tensors.coefficients = conv.coefficients;
    unsigned blocks =
        blocks_for((size_t)tile.read_channels, block::IN) * blocks_for((size_t)tile.write_channels, block::OUT);
    int wanted = (int)blocks_for(WORKERS_WANTED, blocks);
    tensors.workers = wanted < tile.tiles ? wanted : tile.tiles;
    tensors.filter_size = tile.class_of[0].taps * tile.tap_stride;
    cuda_workspace space = cuda_workspace_get(device, (size_t)conv.shape.runs * (size_t)tensors.workers *
                                                          (size_t)tensors.filter_size * sizeof(float));
    if (space.memory == NULL) return;
    tensors.partial = (float *)space.memory;
    filter_layout layout = filter_layout_of<block>(tile);
    unsigned warps = (unsigned)(tile.class_of[0].taps == 1 ? (int)GROUPS_OF_POINTWISE : tile.class_of[0].taps);
    unsigned runs = (unsigned)conv.shape.runs;
    cuda_launch(
        device, "conv_backward_filter", conv_filter_kernel<MATRICES, COLUMNS, INPUT_PROLOGUE, GRADIENT_PROLOGUE>,
        dim3((unsigned)tensors.workers, blocks, runs), warps * WARP, (size_t)layout.total, tile, layout, tensors);
    cuda_launch(device, "conv_backward_filter sum", filter_sum_kernel,
                dim3(blocks_for((size_t)tensors.filter_size, 128), runs), 128, 0, (const float *)tensors.partial,
                tensors.workers, tensors.filter_size, conv.grad_filter);
}

template <int INPUT_PROLOGUE, int GRADIENT_PROLOGUE>
static void launch_prologues(struct device *device, const struct conv_backward_filter &conv, const conv_tile &tile)
{
    if (conv.shape.channels_in <= 16 && conv.shape.channels_out <= 16)
        launch_block<1, 2, INPUT_PROLOGUE, GRADIENT_PROLOGUE>(device, conv, tile);
    else if (conv.shape.channels_in <= 16 || conv.shape.channels_out <= 32)
        launch_block<1, 4, INPUT_PROLOGUE, GRADIENT_PROLOGUE>(device, conv, tile);
    else
        launch_block<2, 8, INPUT_PROLOGUE, GRADIENT_PROLOGUE>(device, conv, tile);
}

CUDA_OPERATION(conv_backward_filter)
{
    const struct conv_backward_filter *conv = (const struct conv_backward_filter *)settings;
    conv_tile tile = conv_tile_filter(&conv->shape);
    bool affine = conv->affine.data != NULL, coefficients = conv->coefficients.data != NULL;
    if (!affine && !coefficients)
        launch_prologues<PROLOGUE_NONE, PROLOGUE_NONE>(device, *conv, tile);
    else if (!affine)
        launch_prologues<PROLOGUE_NONE, PROLOGUE_COEFFICIENTS>(device, *conv, tile);
    else if (!coefficients)
        launch_prologues<PROLOGUE_RELU, PROLOGUE_NONE>(device, *conv, tile);
    else
        launch_prologues<PROLOGUE_RELU, PROLOGUE_COEFFICIENTS>(device, *conv, tile);
}
