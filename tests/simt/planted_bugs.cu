// planted_bugs.cu: see planted_bugs.h. Every kernel is right with `bug` false.
#include "tests/simt/planted_bugs.h"

#include "kernels/cuda/ptx.h"

static float *memory(size_t floats)
{
    return (float *)simt_allocate(floats * sizeof(float));
}

template <class... P>
static void run(void (*kernel)(P...), dim3 grid, unsigned threads, size_t shared_bytes, bool early, P... arguments)
{
    auto body = [=] { kernel(arguments...); };
    simt_launch(
        "planted bug", grid, threads, shared_bytes, early, [](void *context) { (*(decltype(body) *)context)(); }, &body,
        sizeof body);
}

// ---- barriers ----------------------------------------------------------------------------------------------------

__global__ static void reverse_kernel(float *data, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    tile[i] = data[i];
    if (!bug) block_barrier();
    data[i] = tile[blockDim.x - 1 - i];
}

static void missing_barrier(bool bug)
{
    float *data = memory(128);
    run(reverse_kernel, 1, 128, 512, false, data, bug);
    simt_release(data);
}

__global__ static void warp_reverse_kernel(float *data, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    tile[i] = data[i];
    if (!bug) warp_barrier();
    data[i] = tile[i ^ 31];
}

static void missing_warp_barrier(bool bug)
{
    float *data = memory(64);
    run(warp_reverse_kernel, 1, 64, 256, false, data, bug);
    simt_release(data);
}

// The warp barrier orders a warp, not the block.
__global__ static void wrong_barrier_kernel(float *data, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    tile[i] = data[i];
    if (bug)
        warp_barrier();
    else
        block_barrier();
    data[i] = tile[(i + 32) % blockDim.x];
}

static void race_between_warps(bool bug)
{
    float *data = memory(96);
    run(wrong_barrier_kernel, 1, 96, 384, false, data, bug);
    simt_release(data);
}

__global__ static void divergent_kernel(float *data, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    tile[i] = data[i];
    if (bug && i >= 32)
        block_barrier();
    else
        block_barrier();
    data[i] = tile[i ^ 1];
}

static void divergent_barrier(bool bug)
{
    float *data = memory(64);
    run(divergent_kernel, 1, 64, 256, false, data, bug);
    simt_release(data);
}

__global__ static void leaving_kernel(float *data, unsigned count, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    if (bug && i >= count) return;
    tile[i] = i < count ? data[i] : 0;
    block_barrier();
    if (i < count) data[i] = tile[i ^ 1];
}

static void leaves_before_barrier(bool bug)
{
    float *data = memory(64);
    run(leaving_kernel, 1, 64, 256, false, data, 50u, bug);
    simt_release(data);
}

__global__ static void divergent_shuffle_kernel(float *data, bool bug)
{
    unsigned i = threadIdx.x;
    float value = data[i];
    if (!bug || i < 16) value += warp_shuffle_xor(value, 1);
    data[i] = value;
}

static void divergent_shuffle(bool bug)
{
    float *data = memory(32);
    run(divergent_shuffle_kernel, 1, 32, 0, false, data, bug);
    simt_release(data);
}

// ---- bounds ------------------------------------------------------------------------------------------------------

__global__ static void tile_kernel(float *data, bool bug)
{
    float *tile = (float *)shared_memory();
    unsigned i = threadIdx.x;
    tile[i] = data[i];
    block_barrier();
    unsigned last = blockDim.x - 1, next = i < last || bug ? i + 1 : last;
    data[i] = tile[next];
}

static void tile_off_by_one(bool bug)
{
    float *data = memory(64);
    run(tile_kernel, 1, 64, 256, false, data, bug);
    simt_release(data);
}

// Two planes of 40 pixels; the pitch must hold them.
__global__ static void pitch_kernel(float *data, bool bug)
{
    float *planes = (float *)shared_memory();
    unsigned plane = threadIdx.x / 40, pixel = threadIdx.x % 40, pitch = bug ? 32 : 40;
    if (plane < 2) planes[plane * pitch + pixel] = data[threadIdx.x];
    block_barrier();
    if (plane < 2) data[threadIdx.x] = planes[(1 - plane) * pitch + pixel];
}

static void wrong_plane_pitch(bool bug)
{
    float *data = memory(80);
    run(pitch_kernel, 1, 96, 320, false, data, bug);
    simt_release(data);
}

__global__ static void store_kernel(float *data, unsigned count, bool bug)
{
    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count || bug) data[i] = 1;
}

static void store_out_of_bounds(bool bug)
{
    float *data = memory(100);
    run(store_kernel, 2, 64, 0, false, data, 100u, bug);
    simt_release(data);
}

__global__ static void freed_kernel(const float *data, float *result)
{
    result[threadIdx.x] = data[threadIdx.x];
}

static void released_memory(bool bug)
{
    float *data = memory(32), *result = memory(32);
    if (bug) simt_release(data);
    run(freed_kernel, 1, 32, 0, false, (const float *)data, result);
    if (!bug) simt_release(data);
    simt_release(result);
}

__global__ static void vector_kernel(const float *data, float *result, bool bug)
{
    uint4 four = load_16(data + (bug ? 1 : 0) + 4 * threadIdx.x);
    result[threadIdx.x] = float_of_bits(four.x ^ four.w);
}

static void misaligned_vector(bool bug)
{
    float *data = memory(132), *result = memory(32);
    run(vector_kernel, 1, 32, 0, false, (const float *)data, result, bug);
    simt_release(data);
    simt_release(result);
}

// ---- values nobody wrote -----------------------------------------------------------------------------------------

__global__ static void sum_kernel(const float *data, float *result, bool bug)
{
    float *sums = (float *)shared_memory();
    unsigned i = threadIdx.x;
    if (!bug || i != 5) sums[i] = data[i];
    block_barrier();
    float sum = 0;
    for (unsigned j = 0; i == 0 && j < blockDim.x; j++) sum += sums[j];
    if (i == 0) *result = sum;
}

static void unwritten_shared_memory(bool bug)
{
    float *data = memory(32), *result = memory(1);
    run(sum_kernel, 1, 32, 128, false, (const float *)data, result, bug);
    simt_release(data);
    simt_release(result);
}

// ---- asynchronous copies -----------------------------------------------------------------------------------------

enum copy_bug { NO_WAIT, WAIT_FOR_TOO_FEW, WRITES_WHERE_IT_LANDS, NEVER_WAITS };

__global__ static void copy_kernel(const float *data, float *result, int which, bool bug)
{
    uint4 *stages = (uint4 *)shared_memory();
    const uint4 *from = (const uint4 *)data;
    unsigned i = threadIdx.x, count = blockDim.x;
    for (unsigned stage = 0; stage < 2; stage++) {
        copy_start(&stages[stage * count + i], &from[stage * count + i], true);
        copy_commit();
    }
    if (bug && which == WRITES_WHERE_IT_LANDS) stages[i] = uint4{1, 2, 3, 4};
    if (!bug || which == WRITES_WHERE_IT_LANDS)
        copy_wait<0>();
    else if (which == WAIT_FOR_TOO_FEW)
        copy_wait<1>();
    block_barrier();
    if (!bug || which != NEVER_WAITS) result[i] = float_of_bits(stages[count + (i ^ 1)].x);
}

template <int WHICH> static void copy_case(bool bug)
{
    float *data = memory(256), *result = memory(32);
    run(copy_kernel, 1, 32, 1024, false, (const float *)data, result, WHICH, bug);
    simt_release(data);
    simt_release(result);
}

// ---- between blocks and launches ---------------------------------------------------------------------------------

// Every block leaves a partial sum; the last to arrive adds them up.
__global__ static void last_block_kernel(float *partial, uint32_t *counter, float *result, bool bug)
{
    uint32_t *last = (uint32_t *)shared_memory();
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = 1;
        if (bug)
            block_fence();
        else
            device_fence();
        *last = atomic_add(counter, 1) == gridDim.x - 1;
    }
    block_barrier();
    if (*last == 0 || threadIdx.x != 0) return;
    device_fence();
    float sum = 0;
    for (unsigned i = 0; i < gridDim.x; i++) sum += partial[i];
    *result = sum;
}

static void wrong_fence(bool bug)
{
    float *partial = memory(5), *result = memory(1);
    uint32_t *counter = (uint32_t *)memory(1);
    run(last_block_kernel, 5, 32, 16, false, partial, counter, result, bug);
    simt_release(partial);
    simt_release(result);
    simt_release(counter);
}

__global__ static void overlap_kernel(float *data, bool bug)
{
    data[blockIdx.x * (bug ? 31 : 32) + threadIdx.x] = (float)blockIdx.x;
}

static void race_between_blocks(bool bug)
{
    float *data = memory(64);
    run(overlap_kernel, 2, 32, 0, false, data, bug);
    simt_release(data);
}

enum dependency_bug { READS_EARLY, WRITES_EARLY, DOES_NOT_WAIT };

__global__ static void dependent_kernel(const float *before, float *after, int which, bool bug)
{
    unsigned i = threadIdx.x;
    float value = 0;
    if (bug && which == READS_EARLY) value = before[i];
    if (bug && which == WRITES_EARLY) after[i] = 1;
    if (!bug || which != DOES_NOT_WAIT) dependency_wait();
    if (!bug || which == WRITES_EARLY) value = before[i];
    if (!bug || which != DOES_NOT_WAIT) after[i] = value;
}

template <int WHICH> static void dependency_case(bool bug)
{
    float *before = memory(32), *after = memory(32);
    run(store_kernel, 1, 32, 0, false, before, 32u, false);
    run(dependent_kernel, 1, 32, 0, true, (const float *)before, after, WHICH, bug);
    simt_release(before);
    simt_release(after);
}

const struct planted_bug planted_bugs[] = {
    {"missing barrier", SIMT_RACE, "reverse_kernel", missing_barrier},
    {"missing warp barrier", SIMT_RACE, "warp_reverse_kernel", missing_warp_barrier},
    {"race between warps", SIMT_RACE, "wrong_barrier_kernel", race_between_warps},
    {"divergent barrier", SIMT_DIVERGENCE, "planted_bugs.cu:", divergent_barrier},
    {"leaves before a barrier", SIMT_DIVERGENCE, "planted_bugs.cu:", leaves_before_barrier},
    {"divergent shuffle", SIMT_DIVERGENCE, "planted_bugs.cu:", divergent_shuffle},
    {"tile off by one", SIMT_OUT_OF_BOUNDS, "tile_kernel", tile_off_by_one},
    {"wrong plane pitch", SIMT_RACE, "pitch_kernel", wrong_plane_pitch},
    {"store out of bounds", SIMT_OUT_OF_BOUNDS, "store_kernel", store_out_of_bounds},
    {"released memory", SIMT_OUT_OF_BOUNDS, "freed_kernel", released_memory},
    {"misaligned vector", SIMT_MISALIGNED, "vector_kernel", misaligned_vector},
    {"unwritten shared memory", SIMT_UNINITIALISED, "sum_kernel", unwritten_shared_memory},
    {"missing wait", SIMT_COPY_IN_FLIGHT, "copy_kernel", copy_case<NO_WAIT>},
    {"wait for too few copies", SIMT_COPY_IN_FLIGHT, "copy_kernel", copy_case<WAIT_FOR_TOO_FEW>},
    {"store where a copy lands", SIMT_COPY_IN_FLIGHT, "copy_kernel", copy_case<WRITES_WHERE_IT_LANDS>},
    {"copies never waited for", SIMT_COPY_IN_FLIGHT, "copy_kernel", copy_case<NEVER_WAITS>},
    {"wrong fence", SIMT_RACE, "last_block_kernel", wrong_fence},
    {"race between blocks", SIMT_RACE, "overlap_kernel", race_between_blocks},
    {"read before the dependency wait", SIMT_DEPENDENCY, "dependent_kernel", dependency_case<READS_EARLY>},
    {"store before the dependency wait", SIMT_DEPENDENCY, "dependent_kernel", dependency_case<WRITES_EARLY>},
    {"no dependency wait", SIMT_DEPENDENCY, NULL, dependency_case<DOES_NOT_WAIT>},
};
const size_t planted_bug_count = sizeof planted_bugs / sizeof planted_bugs[0];

// ---- instructions with known results -----------------------------------------------------------------------------

__global__ static void shuffle_kernel(uint32_t *results)
{
    unsigned lane = threadIdx.x;
    results[lane] = (uint32_t)warp_shuffle_xor((float)lane, 5);
    results[32 + lane] = warp_ballot(lane % 2 != 0);
    results[64 + lane] = (uint32_t)(warp_shuffle_xor((double)lane + 0.5, 16) * 2);
    float sum = (float)lane;
    for (unsigned step = 16; step > 0; step /= 2) sum += warp_shuffle_xor(sum, step);
    results[96 + lane] = (uint32_t)sum;
}

void probe_shuffles(uint32_t *results)
{
    run(shuffle_kernel, 1, 32, 0, false, results);
}

__global__ static void matrix_load_kernel(const uint16_t *matrices, uint32_t *plain, uint32_t *transposed)
{
    uint16_t *tile = (uint16_t *)shared_memory();
    unsigned lane = threadIdx.x;
    for (unsigned i = lane; i < 256; i += 32) tile[i] = matrices[i];
    block_barrier();
    words4 straight = matrix_load(tile + lane * 8), turned = matrix_load_transposed(tile + lane * 8);
    for (int i = 0; i < 4; i++) plain[lane * 4 + i] = straight.word[i];
    for (int i = 0; i < 4; i++) transposed[lane * 4 + i] = turned.word[i];
}

void probe_matrix_load(const uint16_t *matrices, uint32_t *plain, uint32_t *transposed)
{
    run(matrix_load_kernel, 1, 32, 512, false, matrices, plain, transposed);
}

// Rows of a in matrices (0-7, k 0-7), (8-15, k 0-7), (0-7, k 8-15), (8-15, k 8-15), as matrix_multiply wants them.
__global__ static void multiply_kernel(const uint16_t *a, const uint16_t *b, float *d)
{
    uint16_t *tile = (uint16_t *)shared_memory();
    unsigned lane = threadIdx.x;
    for (unsigned i = lane; i < 256; i += 32) tile[i] = a[i];
    for (unsigned i = lane; i < 128; i += 32) tile[256 + i] = b[i];
    block_barrier();
    words4 left = matrix_load(tile + lane % 16 * 16 + lane / 16 * 8);
    words4 right = matrix_load(tile + 256 + lane % 8 * 16 + lane / 8 % 2 * 8);
    sums4 sums = {{0, 0, 0, 0}};
    matrix_multiply(sums, left, right.word[0], right.word[1]);
    for (int i = 0; i < 4; i++) d[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = sums.value[i];
}

void probe_matrix_multiply(const uint16_t *a, const uint16_t *b, float *d)
{
    run(multiply_kernel, 1, 32, 768, false, a, b, d);
}

__global__ static void stride_kernel(const float *from, float *to, int global_stride, int shared_stride)
{
    float *tile = (float *)shared_memory();
    int lane = (int)threadIdx.x;
    tile[lane * shared_stride] = from[lane * global_stride];
    block_barrier();
    to[lane] = tile[lane * shared_stride];
}

void probe_strides(const float *from, float *to, int global_stride, int shared_stride)
{
    run(stride_kernel, 1, 32, 32 * 32 * sizeof(float), false, from, to, global_stride, shared_stride);
}
