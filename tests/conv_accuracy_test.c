// conv_accuracy_test.c: how much accuracy the algorithms of a convolution cost, on data as a network has it: activations
// are ReLU'd normal numbers, filters and gradients normal ones. Prints the figures, so that they can be quoted.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/device_array.h"
#include "tests/support/errors.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 90, IMAGES = 16, DIRECTIONS = 3 };

static const char *const direction_names[DIRECTIONS] = {"forward", "data", "filter"};

// A convolution's operands and the three results, on the host.
struct sample {
    struct conv_shape shape;
    size_t counts[DIRECTIONS]; // of the results: outputs, inputs, filter
    float *input, *gradient, *filter;
    double *truth[DIRECTIONS];
};

// Of one result: root mean square of the error / of the truth; largest error / largest truth.
struct errors {
    double rms, largest;
};

static void compute(const struct convolver *convolver, const struct sample *sample, float *results[DIRECTIONS])
{
    struct device *device = convolver_open(convolver, 0);
    size_t outputs = sample->counts[0], inputs = sample->counts[1], taps = sample->counts[2];
    struct conv_forward forward = {.shape = sample->shape,
                                   .input = device_put_floats(device, sample->input, inputs),
                                   .filter = device_put_per_run(device, sample->filter, 1, taps),
                                   .output = device_make_floats(device, outputs)};
    struct conv_backward_data data = {.shape = sample->shape,
                                      .gradient = device_put_floats(device, sample->gradient, outputs),
                                      .filter = forward.filter,
                                      .output = device_make_floats(device, inputs)};
    struct conv_backward_filter filter = {.shape = sample->shape,
                                          .input = forward.input,
                                          .gradient = data.gradient,
                                          .grad_filter = device_make_per_run(device, 1, taps)};
    conv_forward(device, &forward);
    conv_backward_data(device, &data);
    conv_backward_filter(device, &filter);
    results[0] = device_get_floats(device, forward.output, outputs);
    results[1] = device_get_floats(device, data.output, inputs);
    results[2] = device_get_floats(device, filter.grad_filter.data, taps);
    device_end_test(device);
}

static struct sample sample_create(int side, int channels)
{
    const size_t positions = (size_t)IMAGES * (size_t)side * (size_t)side, width = (size_t)channels;
    const size_t activations = positions * width, taps = 9 * width * width;
    struct sample sample = {.shape = {1, IMAGES, side, side, channels, channels, 3, 1},
                            .counts = {activations, activations, taps}};
    sample.input = random_normals(SEED, 1, activations);
    sample.gradient = random_normals(SEED, 2, activations);
    sample.filter = random_normals(SEED, 3, taps);
    for (size_t i = 0; i < activations; i++)
        if (sample.input[i] < 0) sample.input[i] = 0;
    float *results[DIRECTIONS];
    struct convolver reference = convolver_by_table(kernels_find("reference"));
    compute(&reference, &sample, results);
    for (int d = 0; d < DIRECTIONS; d++) {
        sample.truth[d] = test_allocate(sample.counts[d] * sizeof *sample.truth[d]);
        for (size_t i = 0; i < sample.counts[d]; i++) sample.truth[d][i] = (double)results[d][i];
        free(results[d]);
    }
    return sample;
}

static void sample_destroy(struct sample *sample)
{
    free(sample->input);
    free(sample->gradient);
    free(sample->filter);
    for (int d = 0; d < DIRECTIONS; d++) free(sample->truth[d]);
}

static void measure(const struct convolver *convolver, const struct sample *sample, struct errors errors[DIRECTIONS])
{
    float *results[DIRECTIONS];
    compute(convolver, sample, results);
    for (int d = 0; d < DIRECTIONS; d++) {
        errors[d].rms = error_between(ERROR_L2, results[d], sample->truth[d], sample->counts[d]);
        errors[d].largest = error_between(ERROR_MAX, results[d], sample->truth[d], sample->counts[d]);
        fprintf(stderr, "accuracy %s, %d channels, %s: root mean square error %.2g, largest %.2g\n", convolver->name,
                sample->shape.channels_in, direction_names[d], errors[d].rms, errors[d].largest);
        free(results[d]);
    }
}

// How many times direct's root mean square error an algorithm may have. Direct's filter gradient adds up image
// by image, in short sums where images are small; the others' sums run over tiles of all images.
static double allowed_ratio(enum convolution_choice convolution, int direction)
{
    const bool filter = direction == 2;
    switch (convolution) {
    case CONVOLUTION_WINOGRAD_2X2: return filter ? 4 : 1.5;
    case CONVOLUTION_WINOGRAD_4X4: return filter ? 8 : 4;
    default: return 1;
    }
}

// The absolute limits are a quarter of the tolerances for golden data; with activations in bfloat16, what rounding inputs
// and outputs within 2^-8 of themselves costs.
static void expect_errors(const struct convolver *convolver, const struct sample *sample,
                          const struct errors direct[DIRECTIONS], const struct errors errors[DIRECTIONS])
{
    bool narrow = convolver->kernels->precision == PRECISION_BF16;
    const double rms_limit = narrow ? 4e-3 : 2.5e-6, largest_limit = narrow ? 6e-3 : 5e-6;
    for (int d = 0; d < DIRECTIONS; d++) {
        double limit = allowed_ratio(convolver->convolution, d) * direct[d].rms;
        cr_expect(errors[d].rms <= limit && errors[d].rms <= rms_limit && errors[d].largest <= largest_limit,
                  "%s, %d channels, %s, seed %d: root mean square error %.3g, direct's %.3g, largest %.3g",
                  convolver->name, sample->shape.channels_in, direction_names[d], SEED, errors[d].rms, direct[d].rms,
                  errors[d].largest);
    }
}

// The three groups of WideResNet-40-2 have these sides, with 32, 64 and 128 channels.
Test(conv_accuracy, algorithms_lose_little)
{
    static const int sizes[][2] = {{32, 16}, {16, 64}, {8, 128}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sample sample = sample_create(sizes[i][0], sizes[i][1]);
        for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++) {
            struct errors direct[DIRECTIONS], errors[DIRECTIONS];
            const bool only = strcmp(convolver->kernels->name, "cuda") == 0;       // has no choice
            if (convolver->convolution == CONVOLUTION_BY_TABLE && !only) continue; // one of the others, or too slow
            measure(convolver, &sample, errors);
            if (convolver->convolution == CONVOLUTION_DIRECT || only) memcpy(direct, errors, sizeof direct);
            expect_errors(convolver, &sample, direct, errors);
        }
        sample_destroy(&sample);
    }
}
