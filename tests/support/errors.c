// errors.c: see errors.h.
#include "tests/support/errors.h"

#include <math.h>

const char *error_measure_name(enum error_measure measure)
{
    static const char *const names[] = {"L2", "MAX", "ABS", "relative", "loss"};
    return names[measure];
}

// The larger one; NaN as soon as either is.
static double larger(double left, double right)
{
    return isnan(left) || left > right ? left : right;
}

// 0 / 0 is no error: nothing was expected and nothing came.
static double quotient(double error, double size)
{
    return error == 0 ? 0 : error / size;
}

double error_between(enum error_measure measure, const float *computed, const double *truth, size_t count)
{
    double sum_error = 0, sum_truth = 0, largest_error = 0, largest_truth = 0, largest_relative = 0, largest_loss = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)computed[i] - truth[i]), size = fabs(truth[i]);
        sum_error += error * error;
        sum_truth += size * size;
        largest_error = larger(largest_error, error);
        largest_truth = larger(largest_truth, size);
        largest_relative = larger(largest_relative, quotient(error, size));
        largest_loss = larger(largest_loss, error / larger(size, 1e-9));
    }
    if (count == 0) return NAN;
    switch (measure) {
    case ERROR_L2: return quotient(sqrt(sum_error), sqrt(sum_truth));
    case ERROR_MAX: return quotient(largest_error, largest_truth);
    case ERROR_ABSOLUTE: return largest_error;
    case ERROR_RELATIVE: return largest_relative;
    case ERROR_LOSS: return largest_loss;
    }
    return NAN;
}

double error_cosine(const float *computed, const double *truth, size_t count)
{
    double product = 0, length_computed = 0, length_truth = 0;
    for (size_t i = 0; i < count; i++) {
        product += (double)computed[i] * truth[i];
        length_computed += (double)computed[i] * (double)computed[i];
        length_truth += truth[i] * truth[i];
    }
    return product / sqrt(length_computed * length_truth);
}
