// conv_tile.cuh: the kernel behind conv_forward and conv_backward_data, on tensor cores, for every shape.
// Computes  the taps of conv_tile.h, 128 or 256 output pixels by CHANNELS output channels a block, float32 sums; then
//           residual or addend, mask, one rounding, and the two sums per channel of what is stored.
// Bound     layers of 64 and more channels: the matrix rate; below, memory.
// Launch    a block per tile of pixels, tile of channels (and parity class) and run; a warp per 32 pixels. In recorded steps
//           one launch may do two convolutions, a residual_join on the way in and a norm behind the sums (fusion.h).
// Shared    patch of the input (planes of eight channels with their halo) and the filter of as many channels, both
//           bfloat16; a second buffer for filters where there is a next one; in their place, at the end, sums in float32.
// The filter comes packed (filter_packs.h): its copies run while the patch goes through the prologue, with two buffers also
// while the channels before are multiplied.
#ifndef KERNELS_CUDA_CONV_TILE_CUH
#define KERNELS_CUDA_CONV_TILE_CUH

#include "kernels/cuda/batchnorm.cuh"
#include "kernels/cuda/channel_sums.cuh"
#include "kernels/cuda/conv_patch.cuh"
#include "kernels/cuda/conv_tile.h"
#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/fusion.h"

struct conv_tensors {
    const bf16 *values, *raw;
    struct per_run constants; // of the prologue
    const bf16 *addend;       // of a join
    bf16 *joined;
    struct filter_pack filter;
    const bf16 *added, *mask_input;
    struct per_run mask_affine;
    bf16 *output;
    statistics_cuda *records; // NULL: no sums
    bool products_with_mask;  // second sum: value * mask_input; else value * value
    norm_task norm;           // what the last block does with the sums
    float *slots;
    uint32_t *counters;
};

// Bytes of shared memory, in the order in which they lie there.
struct conv_layout {
    int read_pixels, write_pixels, patch, filter;
    int filter_pitch; // to the second buffer of filters; 0: there is one
    int sums, total;
};

// What every device has for a block.
enum { CONV_SHARED_LIMIT = 99 << 10 };

struct conv_job {
    conv_tile tile;
    conv_layout layout;
    conv_tensors tensors;
};

// The convolutions of one launch; the second, if any, has the blocks from `first_rows` on in the grid's y.
struct conv_jobs {
    conv_job job[FUSED_CONVS];
    unsigned first_rows;
};

template <int CHANNELS> struct conv_sums {
    enum { PITCH = CHANNELS + 8 }; // floats of a pixel: two-float stores of a warp's quarters meet different banks
};

template <int CHANNELS> static inline conv_layout conv_layout_of(const conv_tile &tile)
{
    conv_layout at;
    int taps = 0;
    for (int c = 0; c < tile.classes; c++)
        if (tile.class_of[c].taps > taps) taps = tile.class_of[c].taps;
    at.read_pixels = 0;
    at.write_pixels = at.read_pixels + tile.patch_pixels * 4;
    at.patch = (at.write_pixels + tile.pixels * 4 + 127) / 128 * 128;
    at.filter = (at.patch + tile.pitch * (tile.depth / 8) + 127) / 128 * 128;
    at.sums = at.patch;
    int filter_bytes = taps * tile.depth * CHANNELS * 2;
    bool two = tile.read_channels > tile.depth && at.filter + 2 * filter_bytes <= CONV_SHARED_LIMIT;
    at.filter_pitch = two ? filter_bytes : 0;
    int with_filter = at.filter + filter_bytes + at.filter_pitch;
    int with_sums = at.sums + tile.pixels * conv_sums<CHANNELS>::PITCH * 4;
    at.total = with_filter > with_sums ? with_filter : with_sums;
    return at;
}

// ---- stages of the kernel ----------------------------------------------------------------------------------------

// Which pixels this block reads and writes, as numbers within the run; -1 for none. `marks` those read that are its own.
DEVICE void find_pixels(const conv_tile &tile, const conv_class &own, bool marks, int *read_pixels, int *write_pixels)
{
    int across = (int)blockIdx.x % tile.tiles_across, down = (int)blockIdx.x / tile.tiles_across % tile.tiles_down;
    int first_image = ((int)blockIdx.x / tile.tiles_across / tile.tiles_down) << tile.log_images;
    int row0 = down << tile.log_rows, column0 = across << tile.log_columns;
    int area = tile.patch_rows * tile.patch_columns;
    for (int i = (int)threadIdx.x; i < tile.patch_pixels; i += (int)blockDim.x) {
        int image = first_image + i / area;
        int down_patch = i % area / tile.patch_columns + tile.first_tap;
        int across_patch = i % tile.patch_columns + tile.first_tap;
        int row = (row0 * tile.stride + down_patch) * tile.read_step;
        int column = (column0 * tile.stride + across_patch) * tile.read_step;
        bool inside =
            image < tile.images && row >= 0 && row < tile.read_height && column >= 0 && column < tile.read_width;
        bool mine = marks && down_patch >= 0 && down_patch < 1 << tile.log_rows && across_patch >= 0 &&
                    across_patch < 1 << tile.log_columns;
        int pixel = (image * tile.read_height + row) * tile.read_width + column;
        read_pixels[i] = inside ? (mine ? pixel | OWN_PIXEL : pixel) : -1;
    }
    for (int i = (int)threadIdx.x; i < tile.pixels; i += (int)blockDim.x) {
        int image = first_image + (i >> (tile.log_rows + tile.log_columns));
        int row = (row0 + (i >> tile.log_columns) % (1 << tile.log_rows)) * tile.out_step + own.first_row;
        int column = (column0 + i % (1 << tile.log_columns)) * tile.out_step + own.first_column;
        bool inside = image < tile.images && row < tile.write_height && column < tile.write_width;
        write_pixels[i] = inside ? (image * tile.write_height + row) * tile.write_width + column : -1;
    }
}

// Starts to copy the filter's matrices of `depth` channels read, from `channel` on, as
// [tap][depth / 8][channel written][8 channels read].
template <int CHANNELS>
DEVICE void start_filter(const conv_tile &tile, const conv_class &own, const filter_pack &filter, unsigned run,
                         int channel, int written, unsigned char *space)
{
    int planes = tile.depth / 8;
    const unsigned char *from = (const unsigned char *)filter.data + (size_t)run * filter.run_bytes;
    for (int i = (int)threadIdx.x; i < own.taps * planes * CHANNELS; i += (int)blockDim.x) {
        int out = i % CHANNELS, plane = i / CHANNELS % planes, tap = i / CHANNELS / planes;
        int row = own.tap[tap].weight * filter.planes + channel / 8 + plane;
        copy_start(space + (size_t)i * 16, from + ((size_t)row * (size_t)filter.columns + (size_t)(written + out)) * 16,
                   true);
    }
    copy_commit();
}

// A warp's 32 pixels by CHANNELS channels.
template <int CHANNELS> struct warp_sums {
    sums4 part[2][CHANNELS / 8];
};

template <int CHANNELS>
DEVICE void multiply_taps(const conv_tile &tile, const conv_class &own, const unsigned char *patch,
                          const unsigned char *filter, warp_sums<CHANNELS> &sums)
{
    unsigned lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    const unsigned char *pixel[2];
#pragma unroll
    for (int m = 0; m < 2; m++) { // lanes give rows 0-15 of the first plane, then of the second
        int p = (int)(warp * 32 + (unsigned)m * 16 + lane % 16);
        int image = p >> (tile.log_rows + tile.log_columns), row = (p >> tile.log_columns) % (1 << tile.log_rows);
        int column = p % (1 << tile.log_columns);
        int place = (image * tile.patch_rows + row * tile.stride) * tile.patch_columns + column * tile.stride;
        pixel[m] = patch + (int)(lane / 16) * tile.pitch + place * 16;
    }
    const unsigned char *weights = filter + (lane / 8 % 2) * (CHANNELS * 16) + (lane % 8 + lane / 16 * 8) * 16;
    for (int t = 0; t < own.taps; t++) {
        int shift = ((own.tap[t].row - tile.first_tap) * tile.patch_columns + own.tap[t].column - tile.first_tap) * 16;
        for (int k = 0; k < tile.depth / 16; k++) {
            words4 a[2];
            a[0] = matrix_load(pixel[0] + shift + 2 * k * tile.pitch);
            a[1] = matrix_load(pixel[1] + shift + 2 * k * tile.pitch);
#pragma unroll
            for (int n = 0; n < CHANNELS / 16; n++) {
                words4 b = matrix_load(weights + n * 256);
#pragma unroll
                for (int m = 0; m < 2; m++) {
                    matrix_multiply(sums.part[m][2 * n], a[m], b.word[0], b.word[1]);
                    matrix_multiply(sums.part[m][2 * n + 1], a[m], b.word[2], b.word[3]);
                }
            }
            weights += 2 * CHANNELS * 16;
        }
    }
}

template <int CHANNELS> DEVICE void spread_sums(const warp_sums<CHANNELS> &sums, float *space)
{
    unsigned lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
#pragma unroll
    for (unsigned m = 0; m < 2; m++)
#pragma unroll
        for (unsigned n = 0; n < CHANNELS / 8; n++)
#pragma unroll
            for (unsigned half = 0; half < 2; half++) {
                unsigned pixel = warp * 32 + m * 16 + half * 8 + lane / 4, channel = n * 8 + lane % 4 * 2;
                const sums4 &part = sums.part[m][n];
                store_float2(space + pixel * conv_sums<CHANNELS>::PITCH + channel, part.value[2 * half],
                             part.value[2 * half + 1]);
            }
}

// Sums become outputs; returns the thread's share of the channels' sums. As many threads as the tile has pixels take part:
// the order of the sums must not hang on what shares the launch.
template <int CHANNELS>
DEVICE channel_sums store_outputs(const conv_tile &tile, const conv_tensors &tensors, unsigned run, int written,
                                  const int *write_pixels, const float *space)
{
    const int groups = CHANNELS / 8, group = (int)threadIdx.x % groups;
    int channel = written + 8 * group, valid = tile.write_channels - channel;
    bool wide = tile.write_channels % 8 == 0;
    channel_sums sums = channel_sums_zero();
    float8 scale = float8(), shift = float8();
    if (valid <= 0 || (int)threadIdx.x >= tile.pixels) return sums;
    if (tensors.mask_input != NULL) {
        const float *affine = part_of_run(tensors.mask_affine, run) + channel;
        scale = load_constants(affine, valid);
        shift = load_constants(affine + tile.write_channels, valid);
    }
    size_t first = (size_t)run * (size_t)tile.images * (size_t)(tile.write_height * tile.write_width);
    for (int i = (int)threadIdx.x / groups; i < tile.pixels; i += tile.pixels / groups) {
        if (write_pixels[i] < 0) continue;
        size_t at = (first + (size_t)write_pixels[i]) * (size_t)tile.write_channels + (size_t)channel;
        const float *sum = space + i * conv_sums<CHANNELS>::PITCH + 8 * group;
        // Every other quarter begins with the upper half: eight lanes then meet all banks once.
        bool swaps = threadIdx.x / (groups >= 4 ? 4 : 2) % 2 != 0;
        float4 one = load_float4(sum + (swaps ? 4 : 0)), other = load_float4(sum + (swaps ? 0 : 4));
        float4 low = swaps ? other : one, high = swaps ? one : other;
        float8 value = {{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}}, x = float8();
        if (tensors.added != NULL) {
            float8 added = unpack8(load_channels(tensors.added + at, valid, wide));
#pragma unroll
            for (int j = 0; j < 8; j++) value.value[j] += added.value[j];
        }
        if (tensors.mask_input != NULL) {
            x = unpack8(load_channels(tensors.mask_input + at, valid, wide));
#pragma unroll
            for (int j = 0; j < 8; j++)
                if (!(fmaf(scale.value[j], x.value[j], shift.value[j]) > 0)) value.value[j] = 0;
        }
        uint4 packed = pack8(value);
        store_channels(tensors.output + at, packed, valid, wide);
        float8 rounded = unpack8(packed), factor;
#pragma unroll
        for (int j = 0; j < 8; j++) // one by one: a choice between the two would send both through memory
            factor.value[j] = tensors.products_with_mask ? x.value[j] : rounded.value[j];
        channel_sums_add(sums, rounded, factor);
    }
    return sums;
}

template <int CHANNELS, int PROLOGUE>
__global__ static void __launch_bounds__(256, 2) conv_tile_kernel(CONSTANT_PARAMETER(conv_jobs) jobs)
{
    const bool second = blockIdx.y >= jobs.first_rows;
    const conv_job &job = jobs.job[second ? 1 : 0];
    const conv_tile &tile = job.tile;
    const conv_layout &layout = job.layout;
    const conv_tensors &tensors = job.tensors;
    unsigned char *shared = shared_memory();
    int *read_pixels = (int *)(shared + layout.read_pixels), *write_pixels = (int *)(shared + layout.write_pixels);
    unsigned char *patch = shared + layout.patch, *filter = shared + layout.filter;
    float *space = (float *)(shared + layout.sums);
    unsigned grid_row = second ? blockIdx.y - jobs.first_rows : blockIdx.y, run = blockIdx.z;
    unsigned number = grid_row % (unsigned)tile.classes, channel_tile = grid_row / (unsigned)tile.classes;
    const conv_class &own = tile.class_of[number];
    int written = (int)channel_tile * CHANNELS;
    const bool has_pixels = (int)threadIdx.x < tile.pixels; // a warp has all of its 32, or none

    if (blockIdx.x < (unsigned)tile.tiles) find_pixels(tile, own, PROLOGUE == PROLOGUE_JOIN, read_pixels, write_pixels);
    dependency_wait();
    dependency_release();
    if (blockIdx.x >= (unsigned)tile.tiles) return; // of the smaller of two convolutions
    size_t read_size = (size_t)tile.images * (size_t)(tile.read_height * tile.read_width) * (size_t)tile.read_channels;
    conv_source source = {tensors.values + run * read_size,
                          PROLOGUE >= PROLOGUE_COEFFICIENTS ? tensors.raw + run * read_size : NULL,
                          part_of_run(tensors.constants, run),
                          tile.read_channels,
                          tensors.addend != NULL ? tensors.addend + run * read_size : NULL,
                          tensors.joined != NULL && channel_tile == 0 ? tensors.joined + run * read_size : NULL};
    warp_sums<CHANNELS> sums;
#pragma unroll
    for (int m = 0; m < 2; m++)
#pragma unroll
        for (int n = 0; n < CHANNELS / 8; n++) sums.part[m][n] = sums4{{0, 0, 0, 0}};

    // With two buffers the filter of the next channels is on its way while these are multiplied.
    const bool ahead = layout.filter_pitch != 0;
    int buffer = 0;
    if (ahead && own.taps > 0) start_filter<CHANNELS>(tile, own, tensors.filter, run, 0, written, filter);
    for (int channel = 0; own.taps > 0 && channel < tile.read_channels; channel += tile.depth) {
        block_barrier(); // pixels are known; the products of the channels before are done
        int wanted = ahead ? channel + tile.depth : channel;
        bool starts = wanted < tile.read_channels;
        if (starts)
            start_filter<CHANNELS>(tile, own, tensors.filter, run, wanted, written,
                                   filter + (ahead ? layout.filter_pitch - buffer : 0));
        // A join's loads take the registers that a third pixel under way would need.
        load_patch<PROLOGUE, PROLOGUE == PROLOGUE_JOIN ? 2 : 4>(source, read_pixels, tile.patch_pixels, channel,
                                                                tile.depth / 8, tile.pitch, threadIdx.x, blockDim.x,
                                                                patch);
        if (ahead && starts)
            copy_wait<1>();
        else
            copy_wait<0>();
        block_barrier();
        if (has_pixels) multiply_taps<CHANNELS>(tile, own, patch, filter + buffer, sums);
        buffer = layout.filter_pitch - buffer;
    }
    block_barrier(); // patch and filter are no longer needed
    if (has_pixels) spread_sums<CHANNELS>(sums, space);
    block_barrier();
    channel_sums found = store_outputs<CHANNELS>(tile, tensors, run, written, write_pixels, space);
    if (tensors.records == NULL) return;
    unsigned slot_count = (unsigned)(tile.tiles * tile.classes), slot = blockIdx.x * (unsigned)tile.classes + number;
    unsigned channel_tiles = ((unsigned)tile.write_channels + CHANNELS - 1) / CHANNELS;
    unsigned series = run * channel_tiles + channel_tile;
    float *slots = tensors.slots + (size_t)series * slot_count * 2 * CHANNELS;
    int valid = tile.write_channels - written < CHANNELS ? tile.write_channels - written : CHANNELS;
    channel_sums_store(found, (unsigned)tile.pixels, CHANNELS / 8, space, slots + (size_t)slot * 2 * CHANNELS);
    if (channel_sums_collect(slots, slot_count, CHANNELS, (unsigned)tile.pixels, tensors.counters + series, space,
                             tensors.records + run * (unsigned)tile.write_channels + written, valid))
        norm_task_do(tensors.norm, run, (unsigned)written, valid);
}

// ---- launches ----------------------------------------------------------------------------------------------------

// What a convolution takes beside its tile; `tensors.filter`, slots and counters are found here.
struct conv_request {
    conv_tile tile;
    struct per_run filter;
    conv_tensors tensors;
    int runs, prologue;
};

// Room for the sums of the jobs, one after the other.
template <int CHANNELS>
static bool find_slots(struct device *device, const char *name, conv_request *requests, int count)
{
    size_t series = 0, bytes = 0, counter[FUSED_CONVS], offset[FUSED_CONVS];
    for (int i = 0; i < count; i++) {
        const conv_tile &tile = requests[i].tile;
        size_t own = (size_t)requests[i].runs * blocks_for((size_t)tile.write_channels, CHANNELS);
        counter[i] = series;
        offset[i] = bytes / sizeof(float);
        if (requests[i].tensors.records == NULL) continue;
        series += own;
        bytes += own * (size_t)(tile.tiles * tile.classes) * 2 * CHANNELS * sizeof(float);
    }
    if (series > CUDA_COUNTERS) {
        device_fail(device, status_error(STATUS_DEVICE, "%s: sums of %zu tiles of channels; the CUDA kernel takes %d",
                                         name, series, (int)CUDA_COUNTERS));
        return false;
    }
    if (bytes == 0) return true;
    cuda_workspace space = cuda_workspace_get(device, bytes);
    for (int i = 0; space.memory != NULL && i < count; i++) {
        requests[i].tensors.slots = (float *)space.memory + offset[i];
        requests[i].tensors.counters = space.counters + counter[i];
    }
    return space.memory != NULL;
}

// Of the same prologue and, where there are sums, of the same class of channels.
template <int CHANNELS, int PROLOGUE>
static void conv_launch_as(struct device *device, const char *name, conv_request *requests, int count)
{
    conv_jobs jobs = conv_jobs();
    dim3 grid(0, 0, (unsigned)requests[0].runs);
    unsigned threads = 0;
    size_t shared = 0;
    if (!find_slots<CHANNELS>(device, name, requests, count)) return;
    for (int i = 0; i < count; i++) {
        const conv_tile &tile = requests[i].tile;
        conv_job &job = jobs.job[i];
        job = conv_job{tile, conv_layout_of<CHANNELS>(tile), requests[i].tensors};
        job.tensors.filter = filter_pack_get(device, &requests[i].filter, &tile, CHANNELS, requests[i].runs);
        if (job.tensors.filter.data == NULL) return;
        if ((unsigned)tile.tiles > grid.x) grid.x = (unsigned)tile.tiles;
        if ((unsigned)tile.pixels > threads) threads = (unsigned)tile.pixels;
        if ((size_t)job.layout.total > shared) shared = (size_t)job.layout.total;
        if (i == 0) jobs.first_rows = blocks_for((size_t)tile.write_channels, CHANNELS) * (unsigned)tile.classes;
        grid.y += blocks_for((size_t)tile.write_channels, CHANNELS) * (unsigned)tile.classes;
    }
    cuda_launch(device, name, conv_tile_kernel<CHANNELS, PROLOGUE>, grid, threads, shared, jobs);
}

template <int PROLOGUE>
static void conv_launch(struct device *device, const char *name, conv_request *requests, int count)
{
    int channels = 0;
    for (int i = 0; i < count; i++)
        if (requests[i].tile.write_channels > channels) channels = requests[i].tile.write_channels;
    if (channels <= 16)
        conv_launch_as<16, PROLOGUE>(device, name, requests, count);
    else if (channels <= 32)
        conv_launch_as<32, PROLOGUE>(device, name, requests, count);
    else
        conv_launch_as<64, PROLOGUE>(device, name, requests, count);
}

#endif
