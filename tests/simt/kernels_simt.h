// kernels_simt.h: the backend `cuda-simt`: the CUDA backend's kernels, carried out by the host-side runner.
#ifndef TESTS_SIMT_KERNELS_SIMT_H
#define TESTS_SIMT_KERNELS_SIMT_H

#include "kernels/kernels.h"

// A device of it takes the number of threads as the order in which a kernel's threads run: 1 forward, 2 reverse, any
// other random. A fault of a kernel becomes the device's error, with the kernel's line and the random order's seed, which
// TRANSINV_SIMT_SEED sets.
extern const struct kernels kernels_cuda_simt;

#endif
