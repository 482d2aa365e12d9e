// gradient_check.c: see gradient_check.h.
#include "tests/support/gradient_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support/device_array.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/vectors.h"

enum { DIRECTIONS_SEED = 71, DIRECTIONS = 4 };

struct convolver gradient_reference(void)
{
    const struct kernels *kernels = kernels_find("reference");
    cr_assert(kernels != NULL);
    return convolver_by_table(kernels);
}

void gradient_expect_gain(const struct convolver *convolver, double gain, const float *gradient, const float *ahead,
                          const float *behind, size_t count, double tolerance, const char *label)
{
    double expected = vector_dot(gradient, ahead, count) - vector_dot(gradient, behind, count), scale = 0;
    for (size_t i = 0; i < count; i++) scale += fabs((double)gradient[i] * ((double)ahead[i] - (double)behind[i]));
    cr_expect(fabs(gain - expected) <= tolerance * scale && scale > 0,
              "%s, %s: gained %.9g, by the gradient %.9g, error %.3g of %.3g", convolver->name, label, gain, expected,
              fabs(gain - expected), scale);
}

void gradient_check_direction(const struct convolver *convolver, scalar_function *function, const float *x,
                              size_t count, const float *direction, double step, double tolerance, const char *label)
{
    struct device *device = convolver_open(convolver, 1);
    float *gradient = test_allocate(count * sizeof *gradient);
    function(device, x, gradient);
    float *ahead = vector_step(x, step, direction, count), *behind = vector_step(x, -step, direction, count);
    double gain = function(device, ahead, NULL) - function(device, behind, NULL);
    gradient_expect_gain(convolver, gain, gradient, ahead, behind, count, tolerance, label);
    free(gradient);
    free(ahead);
    free(behind);
    device_end_test(device);
}

void gradient_check(const struct convolver *convolver, scalar_function *function, const float *x, size_t count,
                    double step, double tolerance, const char *label)
{
    for (uint32_t i = 0; i < DIRECTIONS; i++) {
        float *direction = random_floats(DIRECTIONS_SEED, i, count, -1, 1);
        gradient_check_direction(convolver, function, x, count, direction, step, tolerance, label);
        free(direction);
    }
}

void gradient_take(struct device *device, const float *memory, float *gradient, size_t count)
{
    if (gradient != NULL) device_get(device, memory, gradient, count * sizeof *gradient);
}

float *gradient_two_sided(uint32_t seed, uint32_t index, size_t count)
{
    float *values = random_floats(seed, index, count, -1, 1);
    for (size_t i = 0; i < count; i++) values[i] += values[i] < 0 ? -0.25F : 0.25F;
    return values;
}
