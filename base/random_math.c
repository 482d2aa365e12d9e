// random_math.c: logarithm, exponential, sine, cosine and log-factorial without libm, for the random draws.
//
// Same bits everywhere: every operation below is one of IEEE 754's correctly rounded ones on doubles (+ - * /), written
// in the order in which it is to be done. The Makefile compiles this file, like every strict room, with
// -ffp-contract=off, so that no a * b + c becomes a fused one, and without fast-math. Coefficients are those of the
// Taylor series, which is long enough here that its remainder is below one rounding. Tests: tests/random_math_test.c.
#include "base/random_math.h"

#include <string.h>

// log x = e log 2 + log m with x = m 2^e and m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(f), f = (m - 1) / (m + 1).
// |f| < 0.1716, so the first term left out, 2 f^23 / 23, is below 1e-18 of 2 f.
double random_math_log(double x)
{
    // log 2 = high + low; `high` has its 21 last bits zero, so that exponent * high is exact.
    static const double log2_high = 0x1.62e42feep-1, log2_low = 0x1.a39ef35793c76p-33;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFU;
    if (fraction >= 0x6A09E667F3BCDU) { // m >= sqrt(2)
        exponent++;
        fraction |= (uint64_t)1022 << 52;
    } else {
        fraction |= (uint64_t)1023 << 52;
    }
    double m;
    memcpy(&m, &fraction, sizeof m);
    double f = (m - 1.0) / (m + 1.0), s = f * f, sum = 1.0 / 21.0;
    for (int k = 19; k >= 3; k -= 2) sum = sum * s + 1.0 / (double)k;
    double scale = (double)exponent;
    return scale * log2_high + (scale * log2_low + (2.0 * f + 2.0 * f * (s * sum)));
}

// e^x = 2^n e^r with n the integer nearest to x / log 2 and |r| <= 0.35; r^17 / 17! is below 1e-22.
double random_math_exp(double x)
{
    static const double log2_high = 0x1.62e42feep-1, log2_low = 0x1.a39ef35793c76p-33;
    int64_t n = -(int64_t)(0.5 - x * 0x1.71547652b82fep+0); // x <= 0, so truncation rounds to the nearest
    double r = (x - (double)n * log2_high) - (double)n * log2_low, sum = 1.0;
    for (int k = 16; k >= 1; k--) sum = sum * (r / (double)k) + 1.0;
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

double random_math_sine(double x)
{
    double s = x * x, sum = 1.0 / 355687428096000.0; // 17!
    sum = sum * s - 1.0 / 1307674368000.0;           // 15!
    sum = sum * s + 1.0 / 6227020800.0;
    sum = sum * s - 1.0 / 39916800.0;
    sum = sum * s + 1.0 / 362880.0;
    sum = sum * s - 1.0 / 5040.0;
    sum = sum * s + 1.0 / 120.0;
    sum = sum * s - 1.0 / 6.0;
    return x + x * (s * sum);
}

double random_math_cosine(double x)
{
    double s = x * x, sum = 1.0 / 20922789888000.0; // 16!
    sum = sum * s - 1.0 / 87178291200.0;            // 14!
    sum = sum * s + 1.0 / 479001600.0;
    sum = sum * s - 1.0 / 3628800.0;
    sum = sum * s + 1.0 / 40320.0;
    sum = sum * s - 1.0 / 720.0;
    sum = sum * s + 1.0 / 24.0;
    sum = sum * s - 0.5;
    return 1.0 + s * sum;
}

// The quarter turn is taken off before multiplying with pi / 2: both steps of that are exact, whatever the angle.
double random_math_cosine_turns(double turns)
{
    double quarters = 4.0 * turns;
    int quadrant = (int)(quarters + 0.5);
    double x = (quarters - (double)quadrant) * 0x1.921fb54442d18p+0; // pi / 2
    switch (quadrant & 3) {
    case 0: return random_math_cosine(x);
    case 1: return -random_math_sine(x);
    case 2: return -random_math_cosine(x);
    default: return random_math_sine(x);
    }
}

// Stirling's series; at k = 10 the first term left out, 691 / 360360 / k^11, is 2e-14. Below that, k! is exact.
double random_math_log_factorial(int64_t k)
{
    double x = (double)k;
    if (k < 10) {
        double factorial = 1.0;
        for (int64_t i = 2; i <= k; i++) factorial *= (double)i;
        return random_math_log(factorial);
    }
    double inverse = 1.0 / x, s = inverse * inverse, sum = 1.0 / 1188.0;
    sum = sum * s - 1.0 / 1680.0;
    sum = sum * s + 1.0 / 1260.0;
    sum = sum * s - 1.0 / 360.0;
    sum = sum * s + 1.0 / 12.0;
    double half_log_two_pi = 0x1.d67f1c864beb5p-1;
    return ((x + 0.5) * random_math_log(x) - x) + (half_log_two_pi + sum * inverse);
}
