// gradient_check.h: gradients of the reference against central differences of what it computes forwards.
#ifndef TESTS_SUPPORT_GRADIENT_CHECK_H
#define TESTS_SUPPORT_GRADIENT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

// A scalar function of an array on the host. gradient NULL: the value alone.
typedef double scalar_function(struct device *device, const float *x, float *gradient);

struct device *gradient_device(void); // a reference device; end it with device_end_test

// From x - step * direction to x + step * direction: what the function gains, against what the gradient promises. The
// error allowed is a share of the sum of |gradient * way|, which does not vanish when the gain does.
void gradient_check_direction(scalar_function *function, const float *x, size_t count, const float *direction,
                              double step, double tolerance, const char *label);
// The same for four random directions.
void gradient_check(scalar_function *function, const float *x, size_t count, double step, double tolerance,
                    const char *label);
// The comparison by itself, for two points as rounded.
void gradient_expect_gain(double gain, const float *gradient, const float *ahead, const float *behind, size_t count,
                          double tolerance, const char *label);

// Fetches a gradient from the device, unless it is not wanted (NULL).
void gradient_take(struct device *device, const float *memory, float *gradient, size_t count);

// Values of either sign, none within 1/4 of zero: no step of a difference crosses a ReLU's kink. The caller frees them.
float *gradient_two_sided(uint32_t seed, uint32_t index, size_t count);

#endif
