// filter_packs.h: filters as the convolution kernels want them, in bfloat16: [tap][channels read / 8][channel written]
// [8 channels read], a copy for each direction, in memory of the backend's own. A copy follows its parameters: the
// optimisers renew it in their own step, so that a recorded step holds the renewal; an upload makes it stale, and the next
// use, or the next launch of a graph, renews it.
#ifndef KERNELS_CUDA_FILTER_PACKS_H
#define KERNELS_CUDA_FILTER_PACKS_H

#include "kernels/cuda/conv_tile.h"
#include "kernels/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a convolution kernel needs of one.
struct filter_pack {
    const void *data; // NULL: there is none, and the error sticks to the device
    size_t run_bytes;
    int planes, columns; // channels read / 8 and channels written, both filled up with zeros
};

// How one is made; the parameter of the packing kernel. Small, so that one launch's parameters (4 KB) hold a WideResNet-40's.
struct filter_packing {
    const float *source; // run r's at source + r * source_stride
    unsigned char *data; // run r's at data + r * run_bytes
    uint32_t source_stride, run_bytes, tap_stride;
    uint16_t planes, columns, read_channels, write_channels, read_stride, write_stride, runs, taps;
};
enum { FILTER_PACKINGS = 84 }; // of one launch
struct filter_packing_list {
    int count;
    struct filter_packing item[FILTER_PACKINGS];
};

// The pack of `filter` for a kernel that reads it as `tile` says, `channels` channels written to a block; up to date.
struct filter_pack filter_pack_get(struct device *device, const struct per_run *filter, const struct conv_tile *tile,
                                   int channels, int runs);
// Packs of what lies in these bytes are stale.
void filter_packs_touch(struct device *device, const void *memory, size_t bytes);
// Renews what is stale.
void filter_packs_refresh(struct device *device);
// Another number whenever there is a new pack, which graphs recorded before do not renew.
uint64_t filter_packs_generation(const struct device *device);
// Renews every pack of these parameters, which an operation has just changed.
void filter_packs_follow(struct device *device, const struct per_run *parameters, size_t count, int runs);
// Forgets packs of an allocation that is about to be released.
void filter_packs_forget(struct device *device, const void *memory);
void filter_packs_release(struct device *device);

#ifdef __cplusplus
}
#endif

#endif
