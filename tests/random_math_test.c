// random_math_test.c: our own log, exp, sine, cosine and log-factorial against libm in long double. The bounds are those
// that base/random_math.h promises: a handful of roundings of 2^-53 = 1.1e-16 each.
#include "base/random_math.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "base/random.h"

static const long double pi = 3.14159265358979323846264338327950288L;

struct worst {
    long double error;
    double at;
};

// Keeps the largest error; NaN counts as infinite.
static void worst_note(struct worst *worst, long double error, double at)
{
    if (!(fabsl(error) <= worst->error)) *worst = (struct worst){isnan(error) ? INFINITY : fabsl(error), at};
}

Test(random_math, log_is_accurate)
{
    struct random_stream stream = random_stream_create(/* seed */ 1, PURPOSE_TEST, 0, 0);
    struct worst worst = {0, 0};
    for (int i = 0; i < 300000; i++) {
        double u = random_next_uniform_open(&stream);
        double values[] = {u, 1 - u / 1024, 1 + u * 0x1p-30,
                           ldexp(1 + u, (int)random_next_below(&stream, 2000) - 1000)};
        for (int k = 0; k < 4; k++) {
            long double exact = logl((long double)values[k]);
            worst_note(&worst, (random_math_log(values[k]) - exact) / exact, values[k]);
        }
    }
    cr_expect(worst.error <= 1e-15L, "relative error %Lg at %a (seed 1)", worst.error, worst.at);
}

// Where the mantissa's halves meet, around powers of two, and at the smallest and largest open uniforms.
Test(random_math, log_at_its_seams)
{
    static const double values[] = {0x1.6a09e667f3bccp+0,
                                    0x1.6a09e667f3bcdp+0,
                                    0x1.6a09e667f3bccp-1,
                                    0x1.6a09e667f3bcdp-1,
                                    0x1.fffffffffffffp-1,
                                    0x1.0000000000001p+0,
                                    2,
                                    0.5,
                                    0x1p-33,
                                    1 - 0x1p-33,
                                    0x1p-1022,
                                    0x1.fffffffffffffp1023};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        long double exact = logl((long double)values[i]), error = fabsl(random_math_log(values[i]) - exact);
        cr_expect(error <= 1e-15L * fabsl(exact), "%a: error %Lg", values[i], error);
    }
    double one = random_math_log(1.0);
    cr_expect(one == 0.0, "log 1 = %a", one);
}

Test(random_math, exp_is_accurate)
{
    struct random_stream stream = random_stream_create(/* seed */ 2, PURPOSE_TEST, 0, 0);
    struct worst worst = {0, 0};
    for (int i = 0; i < 300000; i++) {
        double u = random_next_uniform_open(&stream), values[] = {-u, -10 * u, -700 * u, -u * 0x1p-40};
        for (int k = 0; k < 4; k++) {
            long double exact = expl((long double)values[k]);
            worst_note(&worst, (random_math_exp(values[k]) - exact) / exact, values[k]);
        }
    }
    cr_expect(worst.error <= 1e-14L, "relative error %Lg at %a (seed 2)", worst.error, worst.at);
    double one = random_math_exp(0.0);
    cr_expect(one == 1.0, "exp 0 = %a", one);
}

Test(random_math, sine_and_cosine_are_accurate)
{
    struct worst sine = {0, 0}, cosine = {0, 0};
    const int count = 400000;
    for (int i = -count; i <= count; i++) {
        double x = 0x1.921fb54442d18p-1 * i / count; // pi / 4
        worst_note(&sine, random_math_sine(x) - sinl((long double)x), x);
        worst_note(&cosine, random_math_cosine(x) - cosl((long double)x), x);
    }
    cr_expect(sine.error <= 2e-16L, "sine: error %Lg at %a", sine.error, sine.at);
    cr_expect(cosine.error <= 2e-16L, "cosine: error %Lg at %a", cosine.error, cosine.at);
}

Test(random_math, cosine_of_turns_is_accurate)
{
    struct random_stream stream = random_stream_create(/* seed */ 3, PURPOSE_TEST, 0, 0);
    struct worst worst = {0, 0};
    for (int i = 0; i < 800000; i++) {
        double turns = i < 4096 ? i / 4096.0 : random_next_uniform_open(&stream);
        worst_note(&worst, random_math_cosine_turns(turns) - cosl(2 * pi * (long double)turns), turns);
    }
    cr_expect(worst.error <= 3e-16L, "error %Lg at %a (seed 3)", worst.error, worst.at);
    static const double exact[][2] = {{0, 1}, {0.25, 0}, {0.5, -1}, {0.75, 0}, {1, 1}};
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        double value = random_math_cosine_turns(exact[i][0]);
        cr_expect(value == exact[i][1], "cos of %g turns = %a", exact[i][0], value);
    }
}

Test(random_math, log_factorial_is_accurate)
{
    struct worst worst = {0, 0};
    long double sum = 0; // log k! by adding logarithms
    for (int64_t k = 0; k <= 200000; k++) {
        sum += k > 0 ? logl((long double)k) : 0;
        long double allowed = 1e-13L + 1e-15L * sum;
        worst_note(&worst, (random_math_log_factorial(k) - sum) / allowed, (double)k);
    }
    cr_expect(worst.error <= 1, "%Lg times the allowed error at %g", worst.error, worst.at);
    // Far out, as the rejection method may ask.
    static const int64_t large[] = {1000000, 100000000, 10000000000};
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        long double exact = lgammal((long double)large[i] + 1);
        long double error = fabsl(random_math_log_factorial(large[i]) - exact);
        cr_expect(error <= 1e-15L * exact, "log %ld!: error %Lg", (long)large[i], error);
    }
}
