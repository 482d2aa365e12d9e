// random_poisson.c: Poisson draws, the same counts on every compiler and backend (see random_math.c for how).
//
// Below a mean of 10: uniforms are multiplied until the product falls below e^-mean (Knuth); the count is one less than
// the number of factors. From 10 on: the transformed rejection method PTRS with its published constants (Hoermann: "The
// transformed rejection method for generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993).
// Both are exact up to the 32 bits of their uniforms. Tests: as for random_normal.c.
#include <math.h>

#include "base/random.h"
#include "base/random_math.h"

static uint32_t random_poisson_small(struct random_stream *stream, double mean)
{
    double threshold = random_math_exp(-mean), product = random_next_uniform_open(stream);
    uint32_t count = 0;
    while (product >= threshold) {
        product *= random_next_uniform_open(stream);
        count++;
    }
    return count;
}

// Rounds towards minus infinity; |x| stays below 1e13 here.
static int64_t random_floor(double x)
{
    int64_t whole = (int64_t)x;
    return (double)whole > x ? whole - 1 : whole;
}

// Names as in the paper: the hat is the transformed uniform's, (a, b) shape it, alpha scales the acceptance test.
static uint32_t random_poisson_large(struct random_stream *stream, double mean)
{
    double b = 0.931 + 2.53 * sqrt(mean);
    double a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double squeeze = 0.9277 - 3.6224 / (b - 2.0);
    double log_mean = random_math_log(mean);
    for (;;) {
        double u = random_next_uniform_open(stream) - 0.5;
        double v = random_next_uniform_open(stream);
        double edge = 0.5 - (u < 0.0 ? -u : u);
        int64_t k = random_floor((2.0 * a / edge + b) * u + mean + 0.43);
        if (edge >= 0.07 && v <= squeeze) return (uint32_t)k;
        if (k < 0 || (edge < 0.013 && v > edge)) continue;
        double left = random_math_log(v * inverse_alpha / (a / (edge * edge) + b));
        if (left <= (double)k * log_mean - mean - random_math_log_factorial(k)) return (uint32_t)k;
    }
}

uint32_t random_next_poisson(struct random_stream *stream, double mean)
{
    if (!(mean > 0.0)) return 0;
    return mean < 10.0 ? random_poisson_small(stream, mean) : random_poisson_large(stream, mean);
}
