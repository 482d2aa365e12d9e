// check.c: see check.h. Tests: tests/bench_case_test.c.
#include "bench/check.h"

#include <math.h>
#include <stdlib.h>

#include "bench/cost.h"

// Multiply-adds of the reference in a second, roughly: plain loops in double on one processor.
static const double reference_flops_per_second = 1e9;

int check_reference_images(const struct bench_case *bench_case, double seconds)
{
    const int images = bench_case_images(bench_case);
    const struct kernels *reference = kernels_find("reference");
    const double flops = operation_cost(reference, bench_case->operation, &bench_case->settings).flops;
    const double most = seconds * reference_flops_per_second / (flops / images);
    int chosen = 1;
    for (int divisor = 1; divisor <= images; divisor++)
        if (images % divisor == 0 && divisor <= most) chosen = divisor;
    return chosen;
}

// A sum of up to 1152 products in float32 is off by 2e-6 of a typical value, by ten times that after a Winograd transform;
// sums over a batch have more terms. Activations in bfloat16 are rounded to 2^-9, and so is everything made of them.
static double tolerance_of(const struct instance *tested)
{
    return device_kernels(tested->device)->activation_bytes < sizeof(float) ? 2e-2 : 1e-4;
}

double check_error(const double *values, size_t count, const double *expected, size_t expected_count, double factor,
                   int parts)
{
    double worst = 0;
    const size_t part = count / (size_t)parts;
    for (int p = 0; p < parts; p++) {
        double difference = 0, largest = 0;
        for (size_t i = (size_t)p * part; i < (size_t)(p + 1) * part; i++) {
            const double right = expected[i % expected_count] * factor;
            if (isnan(values[i]) || isnan(right)) return NAN;
            difference = fmax(difference, fabs(values[i] - right));
            largest = fmax(largest, fabs(right));
        }
        if (difference > 0) worst = fmax(worst, difference / largest); // infinite where only zeros were expected
    }
    return worst;
}

static struct status compare_field(const struct instance *tested, const struct instance *reference, int index,
                                   double *error)
{
    double *values = NULL, *expected = NULL;
    size_t count = 0, expected_count = 0;
    int parts = 1;
    const struct field *field = &tested->fields[index];
    const double factor =
        (double)bench_case_images(&tested->bench_case) / (double)bench_case_images(&reference->bench_case);
    struct status status = instance_read(tested, index, &values, &count, &parts);
    if (status.code == STATUS_OK) status = instance_read(reference, index, &expected, &expected_count, &parts);
    if (status.code == STATUS_OK)
        *error = check_error(values, count, expected, expected_count, field->growth == GROWTH_SUM ? factor : 1, parts);
    free(values);
    free(expected);
    return status;
}

struct status check_compare(const struct instance *tested, const struct instance *reference,
                            struct check_result *result)
{
    struct status status = status_ok();
    *result = (struct check_result){.right = true, .tolerance = tolerance_of(tested), .field = ""};
    for (int i = 0; i < tested->field_count && status.code == STATUS_OK; i++) {
        double error = 0;
        if (tested->fields[i].role == FIELD_INPUT) continue;
        status = compare_field(tested, reference, i, &error);
        if (status.code != STATUS_OK) break;
        const bool right = error <= result->tolerance; // false for NaN
        const bool worse = result->field[0] == '\0' || !(error <= result->error);
        if (worse && !isnan(result->error)) {
            result->error = error;
            result->field = tested->fields[i].name;
        }
        result->right = result->right && right;
    }
    return status;
}
