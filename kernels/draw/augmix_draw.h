// augmix_draw.h: the random half of AugMix: numbers drawn from Philox become a plain struct, the same for all backends.
// What an operation does with its argument is a pure function of picture and argument (kernels/augmix_functions.h).
#ifndef KERNELS_DRAW_AUGMIX_DRAW_H
#define KERNELS_DRAW_AUGMIX_DRAW_H

#include <stdbool.h>
#include <stdint.h>

// In the order of the standard set; the last four overlap with corruptions of the test sets.
enum augmix_operation {
    AUGMIX_NONE = -1,
    AUGMIX_AUTOCONTRAST,
    AUGMIX_EQUALIZE,
    AUGMIX_POSTERIZE,
    AUGMIX_ROTATE,
    AUGMIX_SOLARIZE,
    AUGMIX_SHEAR_X,
    AUGMIX_SHEAR_Y,
    AUGMIX_TRANSLATE_X,
    AUGMIX_TRANSLATE_Y,
    AUGMIX_COLOR,
    AUGMIX_CONTRAST,
    AUGMIX_BRIGHTNESS,
    AUGMIX_SHARPNESS,
    AUGMIX_OPERATIONS,
    AUGMIX_STANDARD_OPERATIONS = AUGMIX_COLOR,
};

enum { AUGMIX_WIDTH = 3, AUGMIX_DEPTH = 3, AUGMIX_SEVERITIES = 10, AUGMIX_MIXTURES = 2 };

// One mixture: (1 - mix) * N(image) + mix * sum_c weights[c] * N(chain c).
struct augmix_mixture {
    int operations[AUGMIX_WIDTH][AUGMIX_DEPTH]; // enum augmix_operation, in the order of application; then AUGMIX_NONE
    double parameters[AUGMIX_WIDTH]
                     [AUGMIX_DEPTH]; // their arguments: bits, degrees, threshold, factor, pixels; 0 at none
    float weights[AUGMIX_WIDTH];     // Dirichlet(1, 1, 1): exponential draws over their sum
    float mix;                       // Beta(1, 1): uniform in [0, 1)
};

// The argument of an operation at `level` in [0.1, severity), `negative` for signed operations alone: AugMix's law.
double augmix_parameter(enum augmix_operation operation, double level, bool negative);

// Mixture number `mixture` (0 .. AUGMIX_MIXTURES - 1) of image `index` of the data set, in an epoch of a run with this
// seed: from block mixture * 2^24 of PURPOSE_AUGMIX. Order of words: three of the weights, one of mix; then per chain its
// depth, and per application operation, level, and sign where there is one.
struct augmix_mixture augmix_draw(uint32_t seed, uint32_t epoch, uint32_t index, int mixture, int severity,
                                  bool all_operations);

#endif
