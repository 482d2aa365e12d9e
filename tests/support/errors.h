// errors.h: how far computed numbers are from the truth. Every measure is NaN, or infinite, as soon as one computed
// number is, so that "error <= tolerance" fails.
#ifndef TESTS_SUPPORT_ERRORS_H
#define TESTS_SUPPORT_ERRORS_H

#include <stddef.h>

enum error_measure {
    ERROR_L2,       // |a - t| / |t|, Euclidean
    ERROR_MAX,      // largest |a - t| / largest |t|
    ERROR_ABSOLUTE, // largest |a - t|
    ERROR_RELATIVE, // largest |a - t| / |t|, element by element; where t is 0, a must be too
    ERROR_LOSS,     // the same with 1e-9 in place of smaller |t|: even in double, log p of p near 1 is off by 1e-16
};

const char *error_measure_name(enum error_measure measure);

// A truth that is 0 throughout is met by zeros alone. No numbers at all: NaN.
double error_between(enum error_measure measure, const float *computed, const double *truth, size_t count);
// The cosine of the angle between the two; NaN when either is 0.
double error_cosine(const float *computed, const double *truth, size_t count);

#endif
