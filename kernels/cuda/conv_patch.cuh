// conv_patch.cuh: activations on their way from device to shared memory, through the prologue: planes of eight channels,
// pixels of a plane side by side (16 bytes each), zeros outside the image. Any tap is then a shift by whole pixels, and
// eight neighbouring pixels fill all banks once.
#ifndef KERNELS_CUDA_CONV_PATCH_CUH
#define KERNELS_CUDA_CONV_PATCH_CUH

#include <math.h>

#include "kernels/cuda/numbers.cuh"

// PROLOGUE_JOIN is a residual_join on the way: as PROLOGUE_COEFFICIENTS, then the addend, and the rounded result is stored.
enum conv_prologue { PROLOGUE_NONE, PROLOGUE_RELU, PROLOGUE_COEFFICIENTS, PROLOGUE_JOIN };

// Marks, in a list of pixels, those that a block shares with no other: their join is its to store.
enum { OWN_PIXEL = 1 << 30 };

// One run's tensor with what turns its values into factors of the convolution.
struct conv_source {
    const bf16 *values, *raw; // raw: with PROLOGUE_COEFFICIENTS and PROLOGUE_JOIN
    const float *constants;   // scale, shift; or factor_gradient, factor_raw, offset: each `channels` long
    int channels;
    const bf16 *addend; // with PROLOGUE_JOIN; may be NULL
    bf16 *joined;       // with PROLOGUE_JOIN; NULL: not stored
};

struct prologue_constants {
    float8 constant[3];
};

template <int PROLOGUE> DEVICE prologue_constants load_prologue(const conv_source &source, int channel)
{
    prologue_constants c = prologue_constants();
    if constexpr (PROLOGUE != PROLOGUE_NONE) {
        const float *from = source.constants + channel;
        int valid = source.channels - channel;
        c.constant[0] = load_constants(from, valid);
        c.constant[1] = load_constants(from + source.channels, valid);
        if (PROLOGUE >= PROLOGUE_COEFFICIENTS) c.constant[2] = load_constants(from + 2 * source.channels, valid);
    }
    return c;
}

// Eight channels of one pixel as factors.
template <int PROLOGUE>
DEVICE uint4 load_factors(const conv_source &source, const prologue_constants &c, int pixel, int channel)
{
    int valid = source.channels - channel;
    bool wide = source.channels % 8 == 0, own = PROLOGUE == PROLOGUE_JOIN && (pixel & OWN_PIXEL) != 0;
    if (PROLOGUE == PROLOGUE_JOIN) pixel &= ~OWN_PIXEL;
    size_t at = (size_t)pixel * (size_t)source.channels + (size_t)channel;
    uint4 packed = load_channels(source.values + at, valid, wide);
    if (PROLOGUE == PROLOGUE_NONE) return packed;
    float8 value = unpack8(packed), raw = float8(), addend = float8();
    bool adds = PROLOGUE == PROLOGUE_JOIN && source.addend != NULL;
    if (adds) addend = unpack8(load_channels(source.addend + at, valid, wide));
    if (PROLOGUE >= PROLOGUE_COEFFICIENTS) raw = unpack8(load_channels(source.raw + at, valid, wide));
#pragma unroll
    for (int i = 0; i < 8; i++) {
        float inner = PROLOGUE == PROLOGUE_RELU ? c.constant[1].value[i]
                                                : fmaf(c.constant[1].value[i], raw.value[i], c.constant[2].value[i]);
        float whole = fmaf(c.constant[0].value[i], value.value[i], inner);
        if (adds) whole += addend.value[i];
        value.value[i] = PROLOGUE == PROLOGUE_RELU ? relu(whole) : whole;
    }
    packed = pack8(value);
    if (own && source.joined != NULL) store_channels(source.joined + at, packed, valid, wide);
    return packed;
}

// Fills `planes` planes, from `channel` on, with the pixels that `pixels` names (-1: zeros). `threads` threads, a multiple
// of planes, share the work.
template <int PROLOGUE, int UNROLL = 4>
DEVICE void load_patch(const conv_source &source, const int *pixels, int count, int channel, int planes, int pitch,
                       unsigned thread, unsigned threads, unsigned char *patch)
{
    int plane = (int)thread % planes, first = channel + 8 * plane;
    prologue_constants constants = prologue_constants();
    if (first < source.channels) constants = load_prologue<PROLOGUE>(source, first);
#pragma unroll UNROLL
    for (int i = (int)thread / planes; i < count; i += (int)threads / planes) {
        uint4 factors;
        factors.x = factors.y = factors.z = factors.w = 0;
        int pixel = pixels[i];
        if (pixel >= 0 && first < source.channels) factors = load_factors<PROLOGUE>(source, constants, pixel, first);
        store_16(patch + plane * pitch + i * 16, factors);
    }
}

#endif
