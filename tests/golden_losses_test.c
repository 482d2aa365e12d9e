// golden_losses_test.c: losses of labelled logits against golden vectors: cross entropy and the non-saturating loss, both
// with and without label smoothing, and AugMix's.
//   cross entropy   -sum t log p              p = softmax(logits), t = (1 - s) onehot + s / classes
//   non-saturating  -sum t log(1 - p + 1e-12)
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"

static struct metrics get_metrics(struct golden_case *golden, const struct metrics *memory)
{
    struct metrics metrics;
    device_get(golden->device, memory, &metrics, sizeof metrics);
    return metrics;
}

static struct metrics *put_empty_metrics(struct golden_case *golden)
{
    const struct metrics empty = {.loss_sum = 0};
    return device_put(golden->device, &empty, sizeof empty);
}

static int32_t *put_labels(struct golden_case *golden)
{
    const struct golden_array *labels = golden_read(golden, "labels");
    cr_assert(labels->integers != NULL, "%s/labels: expected integers", golden->folder);
    return device_put(golden->device, labels->integers, labels->count * sizeof *labels->integers);
}

// Rows whose first largest logit is the label's.
static int64_t count_hits(const struct golden_array *logits, const int32_t *labels)
{
    int64_t hits = 0;
    for (int row = 0; row < logits->shape[0]; row++) {
        const float *values = logits->values + (size_t)row * (size_t)logits->shape[1];
        int best = 0;
        for (int class = 1; class < logits->shape[1]; class ++)
            if (values[class] > values[best]) best = class;
        hits += best == labels[row];
    }
    return hits;
}

// What the loss added for all rows of the folder; `loss` is the array of their mean.
static void expect_metrics(struct golden_case *golden, const struct metrics *memory, const struct golden_array *logits,
                           const struct golden_array *loss, double tolerance)
{
    struct metrics metrics = get_metrics(golden, memory);
    float mean = (float)(metrics.loss_sum / (double)metrics.images);
    golden_expect_values(golden, &mean, loss->truth, 1, loss->name, ERROR_LOSS, tolerance);
    cr_expect(eq(i64, metrics.images, logits->shape[0]));
    cr_expect(eq(i64, metrics.correct, count_hits(logits, golden_read(golden, "labels")->integers)));
}

struct smoothing {
    const char *suffix;
    float value;
};

static const struct smoothing smoothings[] = {{"eps0", 0}, {"eps01", 0.1F}};

static void check_cross_entropy(struct golden_case *golden)
{
    const double tolerance = 2e-6; // float32 results of float32 logits
    const struct golden_array *logits = golden_read(golden, "logits");
    for (size_t i = 0; i < sizeof smoothings / sizeof smoothings[0]; i++) {
        const char *suffix = smoothings[i].suffix;
        struct softmax_cross_entropy loss = {
            .runs = 1,
            .images = logits->shape[0],
            .classes = logits->shape[1],
            .label_smoothing = smoothings[i].value,
            .logits = golden_put(golden, logits),
            .labels = put_labels(golden),
            .row_loss = device_make_floats(golden->device, (size_t)logits->shape[0]),
            .grad_logits = device_make_floats(golden->device, logits->count),
            .metrics = put_empty_metrics(golden),
        };
        softmax_cross_entropy(golden->device, &loss);
        golden_expect(golden, loss.row_loss, golden_read(golden, "loss_per_row_%s", suffix), ERROR_LOSS, tolerance);
        golden_expect(golden, loss.grad_logits, golden_read(golden, "glogits_%s", suffix), ERROR_MAX, tolerance);
        expect_metrics(golden, loss.metrics, logits, golden_read(golden, "loss_%s", suffix), tolerance);
    }
}

static void check_non_saturating(struct golden_case *golden)
{
    // Where p is close to 1 the loss hangs on 1 - p, which float32 knows to a few parts in 1e5 at best.
    const double loss_tolerance = 3e-5, gradient_tolerance = 2e-5;
    const struct golden_array *logits = golden_read(golden, "logits");
    for (size_t i = 0; i < sizeof smoothings / sizeof smoothings[0]; i++) {
        const char *suffix = smoothings[i].suffix;
        struct non_saturating_loss loss = {
            .runs = 1,
            .images = logits->shape[0],
            .classes = logits->shape[1],
            .label_smoothing = smoothings[i].value,
            .logits = golden_put(golden, logits),
            .labels = put_labels(golden),
            .row_loss = device_make_floats(golden->device, (size_t)logits->shape[0]),
            .grad_logits = device_make_floats(golden->device, logits->count),
            .metrics = put_empty_metrics(golden),
        };
        non_saturating_loss(golden->device, &loss);
        golden_expect(golden, loss.row_loss, golden_read(golden, "loss_per_row_%s", suffix), ERROR_LOSS,
                      loss_tolerance);
        golden_expect(golden, loss.grad_logits, golden_read(golden, "glogits_%s", suffix), ERROR_MAX,
                      gradient_tolerance);
        expect_metrics(golden, loss.metrics, logits, golden_read(golden, "loss_%s", suffix), loss_tolerance);
    }
}

static const char *const view_names[] = {"clean", "aug1", "aug2"};
enum { VIEWS = sizeof view_names / sizeof view_names[0] };

// The three views' logits in one array, as the loss takes them.
static float *put_views(struct golden_case *golden, size_t view_size)
{
    float *memory = device_make_floats(golden->device, VIEWS * view_size);
    for (int view = 0; view < VIEWS; view++) {
        const struct golden_array *logits = golden_read(golden, "logits_%s", view_names[view]);
        cr_assert(eq(sz, logits->count, view_size));
        device_upload(golden->device, memory + (size_t)view * view_size, logits->values, view_size * sizeof(float));
    }
    return memory;
}

static void expect_relative(struct golden_case *golden, double computed, const struct golden_array *truth, size_t at)
{
    float value = (float)computed;
    golden_expect_values(golden, &value, truth->truth + at, 1, truth->name, ERROR_LOSS, 3e-6);
}

// Cross entropy and three divergences, one by one.
static void expect_components(struct golden_case *golden, const double *memory)
{
    double components[1 + VIEWS];
    device_get(golden->device, memory, components, sizeof components);
    expect_relative(golden, components[0], golden_read(golden, "loss_ce"), 0);
    for (int view = 0; view < VIEWS; view++)
        expect_relative(golden, components[1 + view], golden_read(golden, "kl_views"), (size_t)view);
    expect_relative(golden, 12 * (components[1] + components[2] + components[3]) / 3, golden_read(golden, "loss_jsd"),
                    0);
}

static void check_augmix(struct golden_case *golden)
{
    const struct golden_array *clean = golden_read(golden, "logits_clean");
    struct augmix_loss loss = {
        .runs = 1,
        .images = clean->shape[0],
        .classes = clean->shape[1],
        .logits = put_views(golden, clean->count),
        .labels = put_labels(golden),
        .row_loss = device_make_floats(golden->device, (size_t)clean->shape[0]),
        .components = device_make(golden->device, (1 + VIEWS) * sizeof(double)),
        .grad_logits = device_make_floats(golden->device, VIEWS * clean->count),
        .metrics = put_empty_metrics(golden),
    };
    augmix_loss(golden->device, &loss);
    for (int view = 0; view < VIEWS; view++)
        golden_expect(golden, loss.grad_logits + (size_t)view * clean->count,
                      golden_read(golden, "glogits_%s", view_names[view]), ERROR_MAX, 2e-5);
    expect_components(golden, loss.components);
    expect_metrics(golden, loss.metrics, clean, golden_read(golden, "loss"), 3e-6);
}

Test(golden_losses, cross_entropy)
{
    golden_for_each("training/layers/softmax_ce", check_cross_entropy);
}

Test(golden_losses, non_saturating)
{
    golden_for_each("training/losses/non_saturating", check_non_saturating);
}

Test(golden_losses, augmix)
{
    golden_for_each("training/losses/augmix_jsd", check_augmix);
}
