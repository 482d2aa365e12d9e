// convolvers.h: the backends under test, each with every way to convolve that a device may be told to take.
#ifndef TESTS_SUPPORT_CONVOLVERS_H
#define TESTS_SUPPORT_CONVOLVERS_H

#include "kernels/kernels.h"

struct convolver {
    const struct kernels *kernels; // NULL ends a list
    enum convolution_choice convolution;
    char name[48]; // "cpu-avx2 winograd-4x4", for messages
};

// Every CPU backend under test with every choice; the others, which heed none, once.
const struct convolver *convolvers_under_test(void);
// A backend as training uses it.
struct convolver convolver_by_table(const struct kernels *kernels);

// A device whose activations are float32, if need be through widened_kernels.h. End it with device_end_test.
struct device *convolver_open(const struct convolver *convolver, int threads);

// m of the F(m x m, 3 x 3) that this convolver may serve `shape` with, at most; 1 where it is the direct algorithm.
int convolver_tile_outputs(const struct convolver *convolver, const struct conv_shape *shape);
// Whether what is not finite in a channel may reach all of its taps in the filter's gradient: fast algorithms mix them, and
// tensor cores multiply the zeros that stand for pixels outside.
bool convolver_spreads_taps(const struct convolver *convolver, const struct conv_shape *shape);

#endif
