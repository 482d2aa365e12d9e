// widened_kernels.h: a backend of two-byte activations as tests see it: all of its arrays are float32. Around every
// operation that touches activations they are rounded to bfloat16, here and in plain C, and what the operation leaves is
// widened again, exactly; so a test needs to know nothing of the activation type, and a network's bits are those it has
// without this.
#ifndef TESTS_SUPPORT_WIDENED_KERNELS_H
#define TESTS_SUPPORT_WIDENED_KERNELS_H

#include <stdint.h>

#include "kernels/kernels.h"

// `kernels` itself where its activations are float32.
const struct kernels *widened_kernels(const struct kernels *kernels);

// To the nearest, ties to even; NaN stays NaN. Numbers below 2^-126 become 0, as in the processor's instruction.
uint16_t bfloat16_of(float value);
float bfloat16_value(uint16_t bits);

#endif
