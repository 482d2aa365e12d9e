// golden_distances_test.c: distances between two networks' outputs against golden vectors: KL of their predictions, and
// cosine and normalised square of their features. Gradients are with respect to the second.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"

static struct metrics *put_metrics(struct golden_case *golden)
{
    const struct metrics before = {.loss_sum = 0, .correct = 7}; // these losses leave `correct` alone
    return device_put(golden->device, &before, sizeof before);
}

static void expect_mean(struct golden_case *golden, const struct metrics *memory, int64_t images,
                        const struct golden_array *truth, enum error_measure measure, double tolerance)
{
    struct metrics metrics;
    device_get(golden->device, memory, &metrics, sizeof metrics);
    float mean = (float)(metrics.loss_sum / (double)metrics.images);
    golden_expect_values(golden, &mean, truth->truth, 1, truth->name, measure, tolerance);
    cr_expect(eq(i64, metrics.images, images));
    cr_expect(eq(i64, metrics.correct, 7));
}

static void check_kl(struct golden_case *golden)
{
    const double tolerance = 2e-6; // float32 results of float32 logits
    const struct golden_array *first = golden_read(golden, "logits_first");
    struct kl_loss loss = {
        .runs = 1,
        .images = first->shape[0],
        .classes = first->shape[1],
        .first = golden_put(golden, first),
        .second = golden_put(golden, golden_read(golden, "logits_second")),
        .row_loss = device_make_floats(golden->device, (size_t)first->shape[0]),
        .grad_second = device_make_floats(golden->device, first->count),
        .metrics = put_metrics(golden),
    };
    kl_loss(golden->device, &loss);
    golden_expect(golden, loss.row_loss, golden_read(golden, "loss_per_row"), ERROR_LOSS, tolerance);
    golden_expect(golden, loss.grad_second, golden_read(golden, "glogits_second"), ERROR_MAX, tolerance);
    expect_mean(golden, loss.metrics, first->shape[0], golden_read(golden, "loss"), ERROR_LOSS, tolerance);
}

static void check_distance(struct golden_case *golden, enum feature_distance distance, const char *name)
{
    const double loss_tolerance = 2e-6, gradient_tolerance = 3e-6; // distances are of order one, or 1 - almost one
    const struct golden_array *first = golden_read(golden, "first");
    struct feature_distance_loss loss = {
        .runs = 1,
        .images = first->shape[0],
        .features = first->shape[1],
        .distance = distance,
        .first = golden_put(golden, first),
        .second = golden_put(golden, golden_read(golden, "second")),
        .row_loss = device_make_floats(golden->device, (size_t)first->shape[0]),
        .grad_second = device_make_floats(golden->device, first->count),
        .metrics = put_metrics(golden),
    };
    feature_distance_loss(golden->device, &loss);
    golden_expect(golden, loss.row_loss, golden_read(golden, "%s_per_row", name), ERROR_ABSOLUTE, loss_tolerance);
    golden_expect(golden, loss.grad_second, golden_read(golden, "%s_gsecond", name), ERROR_MAX, gradient_tolerance);
    expect_mean(golden, loss.metrics, first->shape[0], golden_read(golden, "%s", name), ERROR_ABSOLUTE, loss_tolerance);
}

static void check_features(struct golden_case *golden)
{
    check_distance(golden, FEATURE_DISTANCE_COSINE, "cosine");
    check_distance(golden, FEATURE_DISTANCE_NORMALISED_SQUARE, "normsq");
}

Test(golden_distances, kl)
{
    golden_for_each("training/losses/kl", check_kl);
}

Test(golden_distances, feature_distances)
{
    golden_for_folder("training/losses/features", check_features);
}
