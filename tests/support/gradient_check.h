// gradient_check.h: a backend's gradients against central differences of what it computes forwards.
#ifndef TESTS_SUPPORT_GRADIENT_CHECK_H
#define TESTS_SUPPORT_GRADIENT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/convolvers.h"

// A scalar function of an array on the host. gradient NULL: the value alone.
typedef double scalar_function(struct device *device, const float *x, float *gradient);

struct convolver gradient_reference(void); // the reference backend

// From x - step * direction to x + step * direction: what the function gains, against what the gradient promises. The
// error allowed is a share of the sum of |gradient * way|, which does not vanish when the gain does.
void gradient_check_direction(const struct convolver *convolver, scalar_function *function, const float *x,
                              size_t count, const float *direction, double step, double tolerance, const char *label);
// The same for four random directions.
void gradient_check(const struct convolver *convolver, scalar_function *function, const float *x, size_t count,
                    double step, double tolerance, const char *label);
// The comparison by itself, for two points as rounded.
void gradient_expect_gain(const struct convolver *convolver, double gain, const float *gradient, const float *ahead,
                          const float *behind, size_t count, double tolerance, const char *label);

// Fetches a gradient from the device, unless it is not wanted (NULL).
void gradient_take(struct device *device, const float *memory, float *gradient, size_t count);

// Values of either sign, none within 1/4 of zero: no step of a difference crosses a ReLU's kink. The caller frees them.
float *gradient_two_sided(uint32_t seed, uint32_t index, size_t count);

#endif
