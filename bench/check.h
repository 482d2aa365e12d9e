// check.h: whether a case computes what the reference computes. Correctness before timing.
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include "bench/instance.h"

struct check_result {
    bool right;
    double error;      // largest difference from the reference / largest value of the reference, of the worst tensor
    double tolerance;  // of that tensor
    const char *field; // the worst tensor's name; "" where there was nothing to compare
};

// Images (a divisor of the case's) on which the reference takes at most about `seconds`.
int check_reference_images(const struct bench_case *bench_case, double seconds);

// Compares every result of `tested` with `reference`, an instance of the same case on images that `tested` has a multiple
// of, both after one run. `tested` was created with the reference's number of images as its period. A NaN is wrong.
struct status check_compare(const struct instance *tested, const struct instance *reference,
                            struct check_result *result);

// The error of `count` values, `parts` equal parts each relative to its own largest expected value: expected value i is
// expected[i % expected_count] * factor. NaN where either has one.
double check_error(const double *values, size_t count, const double *expected, size_t expected_count, double factor,
                   int parts);

#endif
