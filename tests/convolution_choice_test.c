// convolution_choice_test.c: what a device says about how it carries out an operation, for every backend with every choice
// of convolution.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/device_array.h"

static const enum operation convolutions[] = {OPERATION_CONV_FORWARD, OPERATION_CONV_BACKWARD_DATA,
                                              OPERATION_CONV_BACKWARD_FILTER};

enum { CONVOLUTIONS = sizeof convolutions / sizeof convolutions[0] };

static struct algorithm algorithm_of(const struct device *device, enum operation operation, struct conv_shape shape)
{
    const struct conv_forward forward = {.shape = shape};
    const struct conv_backward_data data = {.shape = shape};
    const struct conv_backward_filter filter = {.shape = shape};
    const void *settings = operation == OPERATION_CONV_FORWARD         ? (const void *)&forward
                           : operation == OPERATION_CONV_BACKWARD_DATA ? (const void *)&data
                                                                       : (const void *)&filter;
    return device_algorithm(device, operation, settings);
}

static void expect_algorithm(const struct convolver *convolver, struct conv_shape shape, const char *name,
                             double multiply_fraction)
{
    struct device *device = convolver_open(convolver, 1);
    for (size_t i = 0; i < CONVOLUTIONS; i++) {
        struct algorithm algorithm = algorithm_of(device, convolutions[i], shape);
        cr_expect(strcmp(algorithm.name, name) == 0, "%s, %s, kernel %d, stride %d: %s, expected %s", convolver->name,
                  operation_name(convolutions[i]), shape.kernel, shape.stride, algorithm.name, name);
        cr_expect(epsilon_eq(dbl, algorithm.multiply_fraction, multiply_fraction, 1e-9), "%s, %s: %g", convolver->name,
                  operation_name(convolutions[i]), algorithm.multiply_fraction);
    }
    device_end_test(device);
}

static const struct conv_shape tiled = {1, 4, 8, 8, 32, 48, 3, 1}; // what every algorithm serves: whole tiles

// A backend without a function of its own for it has the definition's algorithm alone.
static bool has_choices(const struct convolver *convolver)
{
    return convolver->kernels->algorithm != NULL;
}

Test(convolution_choice, a_device_does_as_it_is_told)
{
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
        if (!has_choices(convolver) || convolver->convolution == CONVOLUTION_DIRECT)
            expect_algorithm(convolver, tiled, "direct", 1);
        else if (convolver->convolution == CONVOLUTION_WINOGRAD_2X2)
            expect_algorithm(convolver, tiled, "winograd-2x2", 16.0 / 36);
        else if (convolver->convolution == CONVOLUTION_WINOGRAD_4X4)
            expect_algorithm(convolver, tiled, "winograd-4x4", 36.0 / 144);
    }
}

// Pointwise and strided convolutions, and channels that fill no vector.
Test(convolution_choice, what_no_fast_algorithm_serves_is_direct)
{
    static const struct conv_shape shapes[] = {
        {1, 4, 8, 8, 32, 48, 1, 1}, {1, 4, 8, 8, 32, 48, 1, 2}, {1, 4, 8, 8, 32, 48, 3, 2}, {1, 4, 8, 8, 3, 16, 3, 1}};
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
            expect_algorithm(convolver, shapes[i], "direct", 1);
}

// Whatever the table says: a name that is known, a fraction that fits it, the same again.
Test(convolution_choice, the_table_names_one_of_the_algorithms)
{
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
        if (convolver->convolution != CONVOLUTION_BY_TABLE) continue;
        struct device *device = convolver_open(convolver, 1);
        for (size_t i = 0; i < CONVOLUTIONS; i++) {
            struct algorithm one = algorithm_of(device, convolutions[i], tiled);
            struct algorithm two = algorithm_of(device, convolutions[i], tiled);
            double fraction = strcmp(one.name, "direct") == 0         ? 1
                              : strcmp(one.name, "winograd-2x2") == 0 ? 16.0 / 36
                              : strcmp(one.name, "winograd-4x4") == 0 ? 36.0 / 144
                                                                      : 0;
            cr_expect(epsilon_eq(dbl, one.multiply_fraction, fraction, 1e-9), "%s, %s: %s does %g of the products",
                      convolver->name, operation_name(convolutions[i]), one.name, one.multiply_fraction);
            cr_expect(eq(str, (char *)one.name, (char *)two.name));
        }
        device_end_test(device);
    }
}

Test(convolution_choice, other_operations_are_direct)
{
    const struct step_advance advance = {.runs = 1};
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
        struct device *device = convolver_open(convolver, 1);
        struct algorithm algorithm = device_algorithm(device, OPERATION_STEP_ADVANCE, &advance);
        cr_expect(eq(str, (char *)algorithm.name, "direct"), "%s", convolver->name);
        cr_expect(eq(dbl, algorithm.multiply_fraction, 1), "%s", convolver->name);
        device_end_test(device);
    }
}
