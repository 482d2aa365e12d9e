// random_math.h: the few real functions that random draws need, in a fixed order of IEEE double operations, so that
// their bits agree on every compiler and backend. Internal to base/ (and its tests); use random.h.
#ifndef BASE_RANDOM_MATH_H
#define BASE_RANDOM_MATH_H

#include <stdint.h>

// Natural logarithm of a positive, normal, finite x; relative error below 1e-15.
double random_math_log(double x);
// e^x for x in [-700, 0]; relative error below 1e-14.
double random_math_exp(double x);
// Sine and cosine of |x| <= pi/4 radians; absolute error below 5e-16.
double random_math_sine(double x);
double random_math_cosine(double x);
// cos(2 pi turns) for turns in [0, 1] with at most 50 fraction bits; absolute error below 5e-16.
double random_math_cosine_turns(double turns);
// log(k!) for k >= 0; error below 1e-13 + 1e-15 times the result.
double random_math_log_factorial(int64_t k);

#endif
