// pack_filters.cu: float32 filters become the bfloat16 copies that the convolutions read (filter_packs.h), many in a launch.
// Bound     memory: 4 bytes in, 2 out a weight and direction.
// Launch    a block per share of one filter; a thread per eight channels read of one tap and channel written.
#include "kernels/cuda/filter_packs.h"
#include "kernels/cuda/numbers.cuh"

enum { SHARES = 16, THREADS = 256 };

// Eight channels read of one written, zeros behind the `valid` first. For backward_data they lie side by side.
DEVICE float8 load_weights(const filter_packing &p, const float *from, int valid)
{
    float8 weight;
    if (p.read_stride == 1 && valid >= 8 && (uintptr_t)from % 16 == 0) {
        float4 low = load_float4(from), high = load_float4(from + 4);
        return float8{{low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w}};
    }
#pragma unroll
    for (int j = 0; j < 8; j++) weight.value[j] = j < valid ? from[(size_t)j * (size_t)p.read_stride] : 0;
    return weight;
}

__global__ static void pack_filters_kernel(CONSTANT_PARAMETER(filter_packing_list) list)
{
    const filter_packing &p = list.item[blockIdx.y];
    int units = p.taps * p.planes * p.columns;
    dependency_wait();
    dependency_release();
    if (blockIdx.z >= (unsigned)p.runs) return;
    const float *source = p.source + (size_t)blockIdx.z * p.source_stride;
    for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < units; i += SHARES * THREADS) {
        int written = i % p.columns, read = i / p.columns % p.planes * 8, tap = i / p.columns / p.planes;
        const float *from = source + (size_t)tap * (size_t)p.tap_stride + (size_t)written * (size_t)p.write_stride +
                            (size_t)read * (size_t)p.read_stride;
        float8 weight = load_weights(p, from, written < p.write_channels ? p.read_channels - read : 0);
        store_16(p.data + (size_t)blockIdx.z * (size_t)p.run_bytes + (size_t)i * 16, pack8(weight));
    }
}

CUDA_OPERATION(pack_filters)
{
    const filter_packing_list *list = (const filter_packing_list *)settings;
    int runs = 1;
    for (int i = 0; i < list->count; i++)
        if (list->item[i].runs > runs) runs = list->item[i].runs;
    cuda_launch(device, "pack_filters", pack_filters_kernel, dim3(SHARES, (unsigned)list->count, (unsigned)runs),
                THREADS, 0, *list);
}
