// backend_loss_test.c: the classifier and the losses of every backend against the reference, over odd sizes and all
// options; bits independent of threads and of company.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/device_array.h"
#include "tests/support/experiment.h"
#include "tests/support/random_data.h"

// Losses and gradients in float32: a few roundings on top of exponentials of logits within +-8.
static const double tolerance = 5e-6;

enum { SEED = 40 };

struct head_spec {
    int images, width, classes; // width: features of the classifier
    bool rows, gradients, metrics;
    int variant; // label smoothing, or which distance
};

// Every result wanted, none but one, and so on: one bit each, as far as `count` sizes go.
static void check_head(experiment_function *function, int variants)
{
    static const int sizes[][3] = {{1, 3, 2}, {5, 20, 7}, {4, 64, 10}, {7, 128, 100}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int variant = 0; variant < variants; variant++)
            for (int options = 1; options < 8; options++) {
                struct head_spec spec = {sizes[i][0],        sizes[i][1],        sizes[i][2], (options & 1) != 0,
                                         (options & 2) != 0, (options & 4) != 0, variant};
                char label[96];
                snprintf(label, sizeof label, "%d images, width %d, %d classes, options %d, variant %d", spec.images,
                         spec.width, spec.classes, options, variant);
                experiment_check(function, &spec, SEED, label);
            }
}

static void linear_forward_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t images = (size_t)spec->images, features = (size_t)spec->width, classes = (size_t)spec->classes;
    struct linear_forward linear = {
        .runs = experiment->runs,
        .images = spec->images,
        .features = spec->width,
        .classes = spec->classes,
        .input = experiment_floats(experiment, images * features, -1, 1),
        .weight = experiment_per_run(experiment, classes * features, -1, 1),
        .bias = experiment_per_run(experiment, classes, -1, 1),
        .logits = experiment_results(experiment, images * classes),
    };
    linear_forward(experiment->device, &linear);
    experiment_record(experiment, "logits", linear.logits, images * classes, tolerance);
}

static void linear_backward_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t images = (size_t)spec->images, features = (size_t)spec->width, classes = (size_t)spec->classes;
    struct linear_backward linear = {
        .runs = experiment->runs,
        .images = spec->images,
        .features = spec->width,
        .classes = spec->classes,
        .grad_logits = experiment_floats(experiment, images * classes, -1, 1),
        .input = experiment_floats(experiment, images * features, -1, 1),
        .weight = experiment_per_run(experiment, classes * features, -1, 1),
    };
    if (spec->rows) linear.grad_input = experiment_results(experiment, images * features);
    if (spec->gradients) linear.grad_weight = experiment_per_run_results(experiment, classes * features);
    if (spec->metrics) linear.grad_bias = experiment_per_run_results(experiment, classes);
    linear_backward(experiment->device, &linear);
    if (spec->rows) experiment_record(experiment, "grad_input", linear.grad_input, images * features, tolerance);
    if (spec->gradients)
        experiment_record_per_run(experiment, "grad_weight", linear.grad_weight, classes * features, tolerance);
    if (spec->metrics) experiment_record_per_run(experiment, "grad_bias", linear.grad_bias, classes, tolerance);
}

// What a loss leaves behind, of the three results that may be absent.
struct loss_results {
    float *row_loss, *gradient;
    struct metrics *metrics;
};

// Metrics begin with something in them, since losses add to them.
static struct loss_results make_results(struct experiment *experiment, size_t gradient_size)
{
    const struct head_spec *spec = experiment->spec;
    struct loss_results results = {.row_loss = NULL};
    const struct metrics before[] = {{100, 7, 9}, {100, 7, 9}, {100, 7, 9}};
    cr_assert(experiment->runs <= 3);
    if (spec->rows) results.row_loss = experiment_results(experiment, (size_t)spec->images);
    if (spec->gradients) results.gradient = experiment_results(experiment, gradient_size);
    if (spec->metrics)
        results.metrics = device_put(experiment->device, before, (size_t)experiment->runs * sizeof before[0]);
    return results;
}

static void record_metrics(struct experiment *experiment, const struct metrics *memory)
{
    struct metrics metrics[3];
    float sums[3];
    int64_t counts[3][2];
    device_get(experiment->device, memory, metrics, (size_t)experiment->runs * sizeof metrics[0]);
    for (int run = 0; run < experiment->runs; run++) {
        sums[run] = (float)metrics[run].loss_sum;
        counts[run][0] = metrics[run].correct;
        counts[run][1] = metrics[run].images;
    }
    experiment_record(experiment, "loss_sum", device_put_floats(experiment->device, sums, (size_t)experiment->runs), 1,
                      tolerance);
    experiment_record_bytes(experiment, "correct and images",
                            device_put(experiment->device, counts, (size_t)experiment->runs * sizeof counts[0]),
                            sizeof counts[0]);
}

static void record_results(struct experiment *experiment, const struct loss_results *results, size_t gradient_size)
{
    const struct head_spec *spec = experiment->spec;
    if (spec->rows) experiment_record(experiment, "row_loss", results->row_loss, (size_t)spec->images, tolerance);
    if (spec->gradients) experiment_record(experiment, "gradient", results->gradient, gradient_size, tolerance);
    if (spec->metrics) record_metrics(experiment, results->metrics);
}

static void cross_entropy_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t size = (size_t)spec->images * (size_t)spec->classes;
    struct loss_results results = make_results(experiment, size);
    struct softmax_cross_entropy loss = {
        .runs = experiment->runs,
        .images = spec->images,
        .classes = spec->classes,
        .label_smoothing = spec->variant == 0 ? 0 : 0.1F,
        .logits = experiment_floats(experiment, size, -8, 8),
        .labels = experiment_integers(experiment, (size_t)spec->images, (uint32_t)spec->classes),
        .row_loss = results.row_loss,
        .grad_logits = results.gradient,
        .metrics = results.metrics,
    };
    softmax_cross_entropy(experiment->device, &loss);
    record_results(experiment, &results, size);
}

static void non_saturating_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t size = (size_t)spec->images * (size_t)spec->classes;
    struct loss_results results = make_results(experiment, size);
    struct non_saturating_loss loss = {
        .runs = experiment->runs,
        .images = spec->images,
        .classes = spec->classes,
        .label_smoothing = spec->variant == 0 ? 0 : 0.1F,
        .logits = experiment_floats(experiment, size, -4, 4),
        .labels = experiment_integers(experiment, (size_t)spec->images, (uint32_t)spec->classes),
        .row_loss = results.row_loss,
        .grad_logits = results.gradient,
        .metrics = results.metrics,
    };
    non_saturating_loss(experiment->device, &loss);
    record_results(experiment, &results, size);
}

static void augmix_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t size = 3 * (size_t)spec->images * (size_t)spec->classes;
    struct loss_results results = make_results(experiment, size);
    struct augmix_loss loss = {
        .runs = experiment->runs,
        .images = spec->images,
        .classes = spec->classes,
        .logits = experiment_floats(experiment, size, -8, 8),
        .labels = experiment_integers(experiment, (size_t)spec->images, (uint32_t)spec->classes),
        .row_loss = results.row_loss,
        .grad_logits = results.gradient,
        .metrics = results.metrics,
    };
    if (spec->variant == 1)
        loss.components = device_make(experiment->device, (size_t)experiment->runs * 4 * sizeof(double));
    augmix_loss(experiment->device, &loss);
    record_results(experiment, &results, size);
    if (loss.components == NULL) return;
    double components[12];
    float rounded[12];
    device_get(experiment->device, loss.components, components, (size_t)experiment->runs * 4 * sizeof(double));
    for (int i = 0; i < 4 * experiment->runs; i++) rounded[i] = (float)components[i];
    float *copy = device_put_floats(experiment->device, rounded, 4 * (size_t)experiment->runs);
    experiment_record(experiment, "components", copy, 4, tolerance);
}

static void distance_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t size = (size_t)spec->images * (size_t)spec->width;
    struct loss_results results = make_results(experiment, size);
    struct feature_distance_loss loss = {
        .runs = experiment->runs,
        .images = spec->images,
        .features = spec->width,
        .distance = spec->variant == 0 ? FEATURE_DISTANCE_COSINE : FEATURE_DISTANCE_NORMALISED_SQUARE,
        .first = experiment_floats(experiment, size, -1, 1),
        .second = experiment_floats(experiment, size, -1, 1),
        .row_loss = results.row_loss,
        .grad_second = results.gradient,
        .metrics = results.metrics,
    };
    feature_distance_loss(experiment->device, &loss);
    record_results(experiment, &results, size);
}

static void kl_experiment(struct experiment *experiment)
{
    const struct head_spec *spec = experiment->spec;
    size_t size = (size_t)spec->images * (size_t)spec->classes;
    struct loss_results results = make_results(experiment, size);
    struct kl_loss loss = {
        .runs = experiment->runs,
        .images = spec->images,
        .classes = spec->classes,
        .first = experiment_floats(experiment, size, -8, 8),
        .second = experiment_floats(experiment, size, -8, 8),
        .row_loss = results.row_loss,
        .grad_second = results.gradient,
        .metrics = results.metrics,
    };
    kl_loss(experiment->device, &loss);
    record_results(experiment, &results, size);
}

// Around the classifier's blocks: widths and classes that fill no vector, one and two vectors and a rest; images and
// features that fill several chunks of terms.
static void check_classifier(experiment_function *function)
{
    static const int sizes[][3] = {{1, 640, 100}, {3, 17, 33},   {9, 100, 50}, {12, 16, 16},
                                   {31, 70, 19},  {130, 129, 2}, {300, 64, 10}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct head_spec spec = {sizes[i][0], sizes[i][1], sizes[i][2], true, true, true, 0};
        char label[96];
        snprintf(label, sizeof label, "%d images, %d features, %d classes", spec.images, spec.width, spec.classes);
        experiment_check(function, &spec, SEED, label);
    }
}

Test(backend_loss, linear_forward)
{
    check_head(linear_forward_experiment, 1);
    check_classifier(linear_forward_experiment);
}

Test(backend_loss, linear_backward)
{
    check_head(linear_backward_experiment, 1);
    check_classifier(linear_backward_experiment);
}

Test(backend_loss, softmax_cross_entropy)
{
    check_head(cross_entropy_experiment, 2);
}

Test(backend_loss, non_saturating)
{
    check_head(non_saturating_experiment, 2);
}

Test(backend_loss, augmix)
{
    check_head(augmix_experiment, 2);
}

Test(backend_loss, feature_distance)
{
    check_head(distance_experiment, 2);
}

Test(backend_loss, kl)
{
    check_head(kl_experiment, 1);
}

// ---- all the bits of the sums of losses --------------------------------------------------------------------------

// Cross entropy of two runs' logits, whose metrics come back.
static void sum_losses(const struct kernels *kernels, int threads, struct metrics metrics[2])
{
    enum { IMAGES = 130, CLASSES = 100, LOGITS = 2 * IMAGES * CLASSES };
    struct device *device = device_for_test(kernels, threads);
    float *logits = random_floats(SEED, 50, LOGITS, -8, 8);
    int32_t *labels = random_integers(SEED, 51, (size_t)2 * IMAGES, CLASSES);
    const struct metrics none[2] = {{.loss_sum = 0}, {.loss_sum = 0}};
    struct softmax_cross_entropy loss = {
        .runs = 2,
        .images = IMAGES,
        .classes = CLASSES,
        .label_smoothing = 0.1F,
        .logits = device_put_floats(device, logits, LOGITS),
        .labels = device_put(device, labels, (size_t)2 * IMAGES * sizeof *labels),
        .metrics = device_put(device, none, sizeof none),
    };
    softmax_cross_entropy(device, &loss);
    device_get(device, loss.metrics, metrics, sizeof none);
    free(logits);
    free(labels);
    device_end_test(device);
}

static bool same_metrics(const struct metrics a[2], const struct metrics b[2])
{
    for (int run = 0; run < 2; run++)
        if (!(a[run].loss_sum == b[run].loss_sum) || a[run].correct != b[run].correct || a[run].images != b[run].images)
            return false;
    return true;
}

// The experiments above see sums of losses rounded to float32.
Test(backend_loss, sums_of_losses_do_not_hang_on_the_number_of_threads)
{
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        struct metrics one[2], more[2];
        sum_losses(*kernels, 1, one);
        for (int threads = 2; threads <= 4; threads++) {
            sum_losses(*kernels, threads, more);
            cr_expect(same_metrics(one, more), "%s, seed %d: %d threads, loss sums %.17g and %.17g", (*kernels)->name,
                      SEED, threads, one[0].loss_sum, more[0].loss_sum);
        }
    }
}

// The CPU backends' header promises more than a tolerance.
Test(backend_loss, cross_entropy_of_the_cpu_has_the_bits_of_the_reference)
{
    struct metrics reference[2], cpu[2];
    sum_losses(kernels_find("reference"), 1, reference);
    sum_losses(kernels_find("cpu"), 2, cpu);
    cr_expect(same_metrics(reference, cpu), "seed %d: loss sums %.17g and %.17g", SEED, cpu[0].loss_sum,
              reference[0].loss_sum);
}

// Gradients, components and metrics of AugMix's loss, some logits so far apart that probabilities underflow.
static void take_augmix(const struct kernels *kernels, int threads, unsigned char *results, size_t bytes)
{
    enum { IMAGES = 37, CLASSES = 20, LOGITS = 3 * IMAGES * CLASSES };
    struct device *device = device_for_test(kernels, threads);
    float *logits = random_floats(SEED, 52, LOGITS, -8, 8);
    int32_t *labels = random_integers(SEED, 53, IMAGES, CLASSES);
    const struct metrics none = {.loss_sum = 0};
    for (int i = 0; i < LOGITS; i += 7) logits[i] *= 100;
    const struct augmix_loss loss = {.runs = 1,
                                     .images = IMAGES,
                                     .classes = CLASSES,
                                     .logits = device_put_floats(device, logits, LOGITS),
                                     .labels = device_put(device, labels, IMAGES * sizeof *labels),
                                     .components = device_make(device, 4 * sizeof(double)),
                                     .grad_logits = device_make_floats(device, LOGITS),
                                     .metrics = device_put(device, &none, sizeof none)};
    cr_assert(eq(sz, bytes, LOGITS * sizeof(float) + 4 * sizeof(double) + sizeof none));
    augmix_loss(device, &loss);
    device_get(device, loss.grad_logits, results, LOGITS * sizeof(float));
    device_get(device, loss.components, results + LOGITS * sizeof(float), 4 * sizeof(double));
    device_get(device, loss.metrics, results + bytes - sizeof none, sizeof none);
    free(logits);
    free(labels);
    device_end_test(device);
}

Test(backend_loss, augmix_of_the_cpu_has_the_bits_of_the_reference)
{
    enum { BYTES = 3 * 37 * 20 * sizeof(float) + 4 * sizeof(double) + sizeof(struct metrics) };
    static unsigned char reference[BYTES], cpu[BYTES];
    take_augmix(kernels_find("reference"), 1, reference, BYTES);
    for (int threads = 1; threads <= 3; threads++) {
        take_augmix(kernels_find("cpu"), threads, cpu, BYTES);
        cr_expect(memcmp(reference, cpu, BYTES) == 0, "seed %d, %d threads", SEED, threads);
    }
}
