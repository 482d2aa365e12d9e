// conv_backward_filter.cu: grad_filter = sum over images and positions of prologue(input) x gradient, for one layer or, in
// recorded steps, for all layers of a kind at once (fusion.h).
// Computes  per tap a product channels_in x pixels by pixels x channels_out on tensor cores, float32 sums.
// Bound     layers of 64 and more channels: the matrix rate; below, memory.
// Launch    per layer a number of workers that hangs on the shape of one run alone, each with every so-manyth tile of 128
//           output pixels and one block of the filter's matrices: a warp per tap (1x1: eight warps that share the pixels).
//           Then a thread per weight adds the workers' sums in their order. Workers cost a filter's worth of memory each, to
//           write and to read: with all layers in a launch, few of them fill the device.
// Shared    patch of the input with halo, and of the gradient, both as planes of eight channels; the transposed matrix
//           loads turn pixels into the dimension that is summed over.
#include <stdlib.h>

#include "kernels/cuda/conv_patch.cuh"
#include "kernels/cuda/conv_tile.h"
#include "kernels/cuda/fusion.h"

enum { FILTER_PIXELS = 128, FILTER_THREADS = WARP * CONV_TAPS, GROUPS_OF_POINTWISE = 8 };
// What 4 KB of parameters hold.
enum { FILTER_JOBS = 28, SUM_JOBS = 64 };

// What a block needs of a conv_tile: that has one class of taps, in their natural order.
struct filter_tile {
    int images, read_height, read_width, read_channels, write_height, write_width, write_channels;
    int tiles_down, tiles_across, tiles, patch_rows, patch_columns, patch_pixels, pitch;
    int8_t read_step, stride, first_tap, kernel, log_images, log_rows, log_columns;
};

struct filter_job {
    filter_tile tile;
    const bf16 *input, *gradient, *raw;
    struct per_run affine, coefficients;
    float *partial; // runs x workers x filter
    int workers;
    unsigned first_block;
};

struct filter_jobs {
    int count;
    filter_job job[FILTER_JOBS];
};

struct filter_layout {
    int read_pixels, write_pixels, input, gradient, gradient_pitch, total;
};

// MATRICES blocks of 16 channels in, COLUMNS blocks of 8 channels out.
template <int MATRICES, int COLUMNS> struct filter_block {
    enum { IN = 16 * MATRICES, OUT = 8 * COLUMNS };
    sums4 part[MATRICES][COLUMNS];
};

template <class BLOCK> BOTH_SIDES filter_layout filter_layout_of(const filter_tile &tile)
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
    if (tile.kernel == 1 && groups + at.input > at.total) at.total = groups + at.input;
    return at;
}

// ---- stages of the kernel ----------------------------------------------------------------------------------------

DEVICE const filter_job &find_job(const filter_jobs &jobs)
{
    int i = 0;
    while (i + 1 < jobs.count && blockIdx.x >= jobs.job[i + 1].first_block) i++;
    return jobs.job[i];
}

// As in conv_tile.cuh, for tile number `number`.
DEVICE void find_filter_pixels(const filter_tile &tile, int number, int *read_pixels, int *write_pixels)
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
DEVICE void multiply_pixels(const filter_tile &tile, const filter_layout &layout, int shift, int first,
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

// The warp's sums go to [IN][OUT] floats, 8-byte aligned; two at a time where rows are even.
template <int MATRICES, int COLUMNS>
DEVICE void put_sums(const filter_block<MATRICES, COLUMNS> &sums, float *to, int pitch, int valid_in, int valid_out)
{
    int lane = (int)threadIdx.x % WARP;
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int n = 0; n < COLUMNS; n++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int in = m * 16 + half * 8 + lane / 4, out = n * 8 + lane % 4 * 2;
                float *place = to + (size_t)in * (size_t)pitch + out;
                float first = sums.part[m][n].value[2 * half], second = sums.part[m][n].value[2 * half + 1];
                if (in >= valid_in || out >= valid_out) continue;
                if (pitch % 2 == 0) {
                    store_float2(place, first, second);
                } else {
                    place[0] = first;
                    if (out + 1 < valid_out) place[1] = second;
                }
            }
}

template <int MATRICES, int COLUMNS, int INPUT_PROLOGUE, int GRADIENT_PROLOGUE>
__global__ static void __launch_bounds__(FILTER_THREADS) conv_filter_kernel(CONSTANT_PARAMETER(filter_jobs) jobs)
{
    typedef filter_block<MATRICES, COLUMNS> block;
    // How many of a thread's loads are under way: as many as registers allow without a spill on either architecture.
    enum { UNROLL = MATRICES == 2 ? 4 : INPUT_PROLOGUE == PROLOGUE_NONE && GRADIENT_PROLOGUE == PROLOGUE_NONE ? 1 : 3 };
    const filter_job &job = find_job(jobs);
    const filter_tile &tile = job.tile;
    const filter_layout layout = filter_layout_of<block>(tile);
    unsigned char *shared = shared_memory();
    int *read_pixels = (int *)(shared + layout.read_pixels), *write_pixels = (int *)(shared + layout.write_pixels);
    unsigned char *input = shared + layout.input, *gradient = shared + layout.gradient;
    int taps = tile.kernel * tile.kernel, warp = (int)threadIdx.x / WARP, tap = warp % taps, group = warp / taps;
    const int groups = taps == 1 ? GROUPS_OF_POINTWISE : 1;
    int number_of_block = (int)(blockIdx.x - job.first_block), worker = number_of_block % job.workers;
    int matrices = number_of_block / job.workers, out_blocks = (tile.write_channels + block::OUT - 1) / block::OUT;
    int first_in = matrices / out_blocks * block::IN, first_out = matrices % out_blocks * block::OUT;
    unsigned run = blockIdx.y;
    int filter_size = taps * tile.read_channels * tile.write_channels;

    size_t read_size = (size_t)tile.images * (size_t)(tile.read_height * tile.read_width) * (size_t)tile.read_channels;
    size_t write_size =
        (size_t)tile.images * (size_t)(tile.write_height * tile.write_width) * (size_t)tile.write_channels;
    conv_source inputs = conv_source(), gradients = conv_source();
    inputs.values = job.input + run * read_size;
    inputs.constants = part_of_run(job.affine, run);
    inputs.channels = tile.read_channels;
    gradients.values = job.gradient + run * write_size;
    gradients.raw = GRADIENT_PROLOGUE == PROLOGUE_COEFFICIENTS ? job.raw + run * write_size : NULL;
    gradients.constants = part_of_run(job.coefficients, run);
    gradients.channels = tile.write_channels;
    int shift = (tap / tile.kernel) * tile.patch_columns + tap % tile.kernel; // from the patch's corner
    block sums;
#pragma unroll
    for (int m = 0; m < MATRICES; m++)
#pragma unroll
        for (int n = 0; n < COLUMNS; n++) sums.part[m][n] = sums4{{0, 0, 0, 0}};
    dependency_wait();
    dependency_release();
    for (int number = worker; number < tile.tiles; number += job.workers) {
        block_barrier(); // the tile before is done
        find_filter_pixels(tile, number, read_pixels, write_pixels);
        block_barrier();
        load_patch<INPUT_PROLOGUE, UNROLL>(inputs, read_pixels, tile.patch_pixels, first_in, block::IN / 8, tile.pitch,
                                           threadIdx.x, FILTER_THREADS, input);
        load_patch<GRADIENT_PROLOGUE, UNROLL>(gradients, write_pixels, FILTER_PIXELS, first_out, block::OUT / 8,
                                              layout.gradient_pitch, threadIdx.x, FILTER_THREADS, gradient);
        block_barrier();
        for (int first = 16 * group; group < groups && first < FILTER_PIXELS; first += 16 * groups)
            multiply_pixels(tile, layout, shift, first, input, gradient, sums);
    }
    int valid_in = tile.read_channels - first_in, valid_out = tile.write_channels - first_out;
    float *partial = job.partial + ((size_t)run * (size_t)job.workers + (size_t)worker) * (size_t)filter_size +
                     (size_t)tap * (size_t)(tile.read_channels * tile.write_channels) +
                     (size_t)first_in * (size_t)tile.write_channels + first_out;
    if (groups == 1) {
        put_sums(sums, partial, tile.write_channels, valid_in, valid_out);
        return;
    }
    float *space = (float *)input;
    block_barrier();
    if (group < groups) put_sums(sums, space + group * block::IN * block::OUT, block::OUT, block::IN, block::OUT);
    block_barrier();
    for (int i = (int)threadIdx.x; i < block::IN * block::OUT; i += (int)blockDim.x) {
        float sum = 0;
        for (int g = 0; g < groups; g++) sum += space[g * block::IN * block::OUT + i];
        int in = i / block::OUT, out = i % block::OUT;
        if (in < valid_in && out < valid_out) partial[(size_t)in * (size_t)tile.write_channels + out] = sum;
    }
}

// ---- the workers' sums -------------------------------------------------------------------------------------------

enum { SUM_THREADS = 128 };

struct sum_job {
    const float *partial;
    struct per_run grad_filter;
    int workers, filter_size;
    unsigned first_block;
};

struct sum_jobs {
    int count;
    sum_job job[SUM_JOBS];
};

// A thread per weight: the workers' sums in their order.
__global__ static void filter_sum_kernel(CONSTANT_PARAMETER(sum_jobs) jobs)
{
    int number = 0;
    while (number + 1 < jobs.count && blockIdx.x >= jobs.job[number + 1].first_block) number++;
    const sum_job &job = jobs.job[number];
    int i = (int)((blockIdx.x - job.first_block) * SUM_THREADS + threadIdx.x);
    unsigned run = blockIdx.y;
    dependency_wait();
    dependency_release();
    if (i >= job.filter_size) return;
    const float *own = job.partial + (size_t)run * (size_t)job.workers * (size_t)job.filter_size + i;
    float sum = 0;
#pragma unroll 8
    for (int worker = 0; worker < job.workers; worker++) sum += own[(size_t)worker * (size_t)job.filter_size];
    part_of_run_out(job.grad_filter, run)[i] = sum;
}

// ---- launches ----------------------------------------------------------------------------------------------------

// What the host knows of one layer.
struct filter_plan {
    const struct conv_backward_filter *conv;
    filter_job job;
    int kind; // which kernel: enum filter_kind, times 4, and a bit for each prologue
    unsigned blocks;
    size_t filter_size;
};

// By channels: 16 x 16, 16 x 32 and 32 x 64 of them to a block.
enum filter_kind { KIND_NARROW, KIND_MIDDLE, KIND_WIDE };

static filter_tile filter_tile_of(const struct conv_shape &shape)
{
    const conv_tile whole = conv_tile_filter(&shape);
    filter_tile tile = {whole.images,
                        whole.read_height,
                        whole.read_width,
                        whole.read_channels,
                        whole.write_height,
                        whole.write_width,
                        whole.write_channels,
                        whole.tiles_down,
                        whole.tiles_across,
                        whole.tiles,
                        whole.patch_rows,
                        whole.patch_columns,
                        whole.patch_pixels,
                        whole.pitch,
                        (int8_t)whole.read_step,
                        (int8_t)whole.stride,
                        (int8_t)whole.first_tap,
                        (int8_t)shape.kernel,
                        (int8_t)whole.log_images,
                        (int8_t)whole.log_rows,
                        (int8_t)whole.log_columns};
    return tile;
}

static filter_plan plan_of(const struct conv_backward_filter *conv)
{
    // Blocks that one layer of one run is cut into: enough for a device when there is a handful of layers.
    static const unsigned in_of[] = {16, 16, 32}, out_of[] = {16, 32, 64}, blocks_wanted[] = {64, 64, 32};
    const struct conv_shape &shape = conv->shape;
    filter_plan plan = filter_plan();
    enum filter_kind kind = shape.channels_in <= 16 && shape.channels_out <= 16   ? KIND_NARROW
                            : shape.channels_in <= 16 || shape.channels_out <= 32 ? KIND_MIDDLE
                                                                                  : KIND_WIDE;
    plan.conv = conv;
    plan.kind = 4 * kind + 2 * (conv->affine.data != NULL) + (conv->coefficients.data != NULL);
    plan.filter_size = (size_t)(shape.kernel * shape.kernel) * (size_t)shape.channels_in * (size_t)shape.channels_out;
    plan.job.tile = filter_tile_of(shape);
    plan.job.input = (const bf16 *)conv->input;
    plan.job.gradient = (const bf16 *)conv->gradient;
    plan.job.raw = (const bf16 *)conv->raw;
    plan.job.affine = conv->affine;
    plan.job.coefficients = conv->coefficients;
    unsigned matrices =
        blocks_for((size_t)shape.channels_in, in_of[kind]) * blocks_for((size_t)shape.channels_out, out_of[kind]);
    int wanted = (int)blocks_for(blocks_wanted[kind], matrices);
    plan.job.workers = wanted < plan.job.tile.tiles ? wanted : plan.job.tile.tiles;
    plan.blocks = matrices * (unsigned)plan.job.workers;
    return plan;
}

template <int MATRICES, int COLUMNS, int INPUT_PROLOGUE, int GRADIENT_PROLOGUE>
static void launch_as(struct device *device, filter_jobs &jobs, unsigned blocks, unsigned runs)
{
    int shared = 0;
    for (int i = 0; i < jobs.count; i++) {
        int own = filter_layout_of<filter_block<MATRICES, COLUMNS>>(jobs.job[i].tile).total;
        if (own > shared) shared = own;
    }
    cuda_launch(device, "conv_backward_filter",
                conv_filter_kernel<MATRICES, COLUMNS, INPUT_PROLOGUE, GRADIENT_PROLOGUE>, dim3(blocks, runs),
                FILTER_THREADS, (size_t)shared, jobs);
}

template <int MATRICES, int COLUMNS>
static void launch_block(struct device *device, int prologues, filter_jobs &jobs, unsigned blocks, unsigned runs)
{
    if (prologues == 0)
        launch_as<MATRICES, COLUMNS, PROLOGUE_NONE, PROLOGUE_NONE>(device, jobs, blocks, runs);
    else if (prologues == 1)
        launch_as<MATRICES, COLUMNS, PROLOGUE_NONE, PROLOGUE_COEFFICIENTS>(device, jobs, blocks, runs);
    else if (prologues == 2)
        launch_as<MATRICES, COLUMNS, PROLOGUE_RELU, PROLOGUE_NONE>(device, jobs, blocks, runs);
    else
        launch_as<MATRICES, COLUMNS, PROLOGUE_RELU, PROLOGUE_COEFFICIENTS>(device, jobs, blocks, runs);
}

// All layers of one kind and number of runs, FILTER_JOBS to a launch.
static void launch_kind(struct device *device, const filter_plan *plans, size_t count, int kind, int runs)
{
    filter_jobs jobs = filter_jobs();
    unsigned blocks = 0;
    for (size_t i = 0; i <= count; i++) {
        bool mine = i < count && plans[i].kind == kind && plans[i].conv->shape.runs == runs;
        if (mine) {
            jobs.job[jobs.count] = plans[i].job;
            jobs.job[jobs.count++].first_block = blocks;
            blocks += plans[i].blocks;
        }
        if (jobs.count == 0 || (i < count && jobs.count < FILTER_JOBS)) continue;
        if (kind / 4 == KIND_NARROW)
            launch_block<1, 2>(device, kind % 4, jobs, blocks, (unsigned)runs);
        else if (kind / 4 == KIND_MIDDLE)
            launch_block<1, 4>(device, kind % 4, jobs, blocks, (unsigned)runs);
        else
            launch_block<2, 8>(device, kind % 4, jobs, blocks, (unsigned)runs);
        jobs.count = 0;
        blocks = 0;
    }
}

static void launch_sums(struct device *device, const filter_plan *plans, size_t count, int runs)
{
    sum_jobs jobs = sum_jobs();
    unsigned blocks = 0;
    for (size_t i = 0; i <= count; i++) {
        if (i < count && plans[i].conv->shape.runs == runs) {
            const filter_plan &plan = plans[i];
            jobs.job[jobs.count++] =
                sum_job{plan.job.partial, plan.conv->grad_filter, plan.job.workers, (int)plan.filter_size, blocks};
            blocks += blocks_for(plan.filter_size, SUM_THREADS);
        }
        if (jobs.count == 0 || (i < count && jobs.count < SUM_JOBS)) continue;
        cuda_launch(device, "conv_backward_filter sum", filter_sum_kernel, dim3(blocks, (unsigned)runs), SUM_THREADS, 0,
                    jobs);
        jobs.count = 0;
        blocks = 0;
    }
}

// Rounded so that the next layer's begin 16-byte aligned.
static size_t partial_floats(const filter_plan &plan)
{
    size_t floats = (size_t)plan.conv->shape.runs * (size_t)plan.job.workers * plan.filter_size;
    return (floats + 3) / 4 * 4;
}

static bool find_partial_sums(struct device *device, filter_plan *plans, size_t count)
{
    size_t floats = 0;
    for (size_t i = 0; i < count; i++) floats += partial_floats(plans[i]);
    cuda_workspace space = cuda_workspace_get(device, floats * sizeof(float));
    float *next = (float *)space.memory;
    for (size_t i = 0; next != NULL && i < count; i++) {
        plans[i].job.partial = next;
        next += partial_floats(plans[i]);
    }
    return next != NULL;
}

static bool seen_before(const filter_plan *plans, size_t i, bool kinds)
{
    for (size_t j = 0; j < i; j++)
        if (plans[j].conv->shape.runs == plans[i].conv->shape.runs && (!kinds || plans[j].kind == plans[i].kind))
            return true;
    return false;
}

static void launch_plans(struct device *device, filter_plan *plans, size_t count)
{
    if (!find_partial_sums(device, plans, count)) return;
    for (size_t i = 0; i < count; i++)
        if (!seen_before(plans, i, true)) launch_kind(device, plans, count, plans[i].kind, plans[i].conv->shape.runs);
    for (size_t i = 0; i < count; i++)
        if (!seen_before(plans, i, false)) launch_sums(device, plans, count, plans[i].conv->shape.runs);
}

CUDA_OPERATION(conv_backward_filter)
{
    filter_plan plan = plan_of((const struct conv_backward_filter *)settings);
    launch_plans(device, &plan, 1);
}

CUDA_OPERATION(fused_conv_backward_filter)
{
    const struct fused_filters *fused = (const struct fused_filters *)settings;
    filter_plan *plans = (filter_plan *)malloc(fused->count * sizeof *plans);
    if (plans == NULL) {
        device_fail(device, status_error(STATUS_NO_MEMORY, "gradients of %zu filters: out of memory", fused->count));
        return;
    }
    for (size_t i = 0; i < fused->count; i++) plans[i] = plan_of(fused->conv[i]);
    launch_plans(device, plans, fused->count);
    free(plans);
}
