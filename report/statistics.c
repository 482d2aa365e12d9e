// statistics.c: mean, deviation and Student's t. The distribution is the regularised incomplete beta function by its
// continued fraction (Abramowitz and Stegun 26.7.1 and 26.5.8); the quantile is found by bisection, which needs no
// derivative and ends at adjacent doubles. Tests: tests/statistics_test.c.
#include "report/statistics.h"

#include <float.h>
#include <math.h>

double statistics_mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return count == 0 ? NAN : sum / (double)count;
}

double statistics_deviation(const double *values, size_t count)
{
    if (count < 2) return NAN;
    double mean = statistics_mean(values, count), sum = 0;
    for (size_t i = 0; i < count; i++) sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(count - 1));
}

static double statistics_keep_from_zero(double value)
{
    return fabs(value) < DBL_MIN / DBL_EPSILON ? DBL_MIN / DBL_EPSILON : value;
}

// The continued fraction of the incomplete beta function, evaluated forwards (modified Lentz). It converges fast for
// x < (a + 1) / (a + b + 2), and then in about sqrt(max(a, b)) terms.
static double statistics_beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 / statistics_keep_from_zero(1 - (a + b) * x / (a + 1)), value = d;
    for (int i = 1; i <= 100000; i++) {
        double m = i;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / statistics_keep_from_zero(1 + even * d);
        c = statistics_keep_from_zero(1 + even / c);
        value *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / statistics_keep_from_zero(1 + odd * d);
        c = statistics_keep_from_zero(1 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1) < 2 * DBL_EPSILON) break;
    }
    return value;
}

// log(gamma(a + 1/2) / gamma(a)). For large a the two are so large that their difference has few digits left; the
// asymptotic series then has more than enough: its next term is below 1e-15.
static double statistics_log_gamma_step(double a)
{
    if (a < 200) return lgamma(a + 0.5) - lgamma(a);
    return 0.5 * log(a) - 1 / (8 * a) + 1 / (192 * a * a * a) - 1 / (640 * pow(a, 5));
}

// Regularised incomplete beta function I_x(a, 1/2). `rest` is 1 - x, handed over because 1 - x loses digits near x = 1.
static double statistics_beta(double x, double rest, double a)
{
    static const double log_sqrt_pi = 0.57236494292470008707; // of gamma(1/2)
    if (x <= 0 || rest <= 0) return x <= 0 ? 0 : 1;
    double log_x = x > 0.5 ? log1p(-rest) : log(x);
    double front = exp(statistics_log_gamma_step(a) - log_sqrt_pi + a * log_x + 0.5 * log(rest));
    if (x < (a + 1) / (a + 2.5)) return front * statistics_beta_fraction(x, a, 0.5) / a;
    return 1 - front * statistics_beta_fraction(rest, 0.5, a) / 0.5;
}

double statistics_student_probability(double t, double degrees)
{
    double sum = degrees + t * t;
    double two_tails = isinf(t) ? 0 : statistics_beta(degrees / sum, t * t / sum, degrees / 2);
    return t > 0 ? 1 - two_tails / 2 : two_tails / 2;
}

double statistics_student_quantile(double probability, double degrees)
{
    if (!(probability > 0 && probability < 1 && degrees > 0)) return NAN;
    if (probability < 0.5) return -statistics_student_quantile(1 - probability, degrees);
    double low = 0, high = 1;
    while (statistics_student_probability(high, degrees) < probability && high < DBL_MAX / 2) high *= 2;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return middle;
        if (statistics_student_probability(middle, degrees) < probability)
            low = middle;
        else
            high = middle;
    }
}

double statistics_interval_half_width(const double *values, size_t count, double confidence)
{
    if (count < 2) return NAN;
    double t = statistics_student_quantile(0.5 + confidence / 2, (double)(count - 1));
    return t * statistics_deviation(values, count) / sqrt((double)count);
}
