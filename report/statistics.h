// statistics.h: the few statistics that the report prints, in double. Knows numbers only.
#ifndef REPORT_STATISTICS_H
#define REPORT_STATISTICS_H

#include <stddef.h>

// Arithmetic mean; NaN when count is 0.
double statistics_mean(const double *values, size_t count);
// Sample standard deviation, divisor count - 1; NaN when count < 2.
double statistics_deviation(const double *values, size_t count);

// P(T <= t) for Student's t with `degrees` > 0 degrees of freedom, which need not be whole. Nine digits or more up to a
// million degrees; beyond, digits are lost.
double statistics_student_probability(double t, double degrees);
// The t with P(T <= t) = probability. NaN unless 0 < probability < 1 and degrees > 0.
double statistics_student_quantile(double probability, double degrees);

// Half the width of the two-sided interval mean +- t * s / sqrt(count) at `confidence` (0.95); NaN when count < 2.
double statistics_interval_half_width(const double *values, size_t count, double confidence);

#endif
