// experiment_check.c: repeats an experiment on every backend (and with every choice of convolution), with several thread
// counts, in company and alone, and compares the outcomes.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/convolvers.h"
#include "tests/support/device_array.h"
#include "tests/support/errors.h"
#include "tests/support/experiment.h"
#include "tests/support/memory.h"
#include "tests/support/pairwise.h"

enum { RUNS = 3, THREADS_LIMIT = 3 };

// What is being repeated; for messages, too.
struct trial {
    experiment_function *function;
    const void *spec;
    uint32_t seed;
    const char *label;
    const struct convolver *convolver;
    bool rounded;
};

static void check_inputs_untouched(struct experiment *experiment, const struct trial *trial)
{
    for (int i = 0; i < experiment->input_count; i++) {
        const struct experiment_input *input = &experiment->inputs[i];
        unsigned char *now = test_allocate(input->bytes);
        device_get(experiment->device, input->memory, now, input->bytes);
        cr_expect(memcmp(now, input->copy, input->bytes) == 0, "%s, seed %u, %s: input %d was changed", trial->label,
                  trial->seed, trial->convolver->name, i);
        free(now);
        free(input->copy);
    }
}

static struct outcome perform(int threads, int first_run, int runs, const struct trial *trial)
{
    struct experiment experiment = {
        .device = convolver_open(trial->convolver, threads),
        .seed = trial->seed,
        .first_run = first_run,
        .runs = runs,
        .rounded = trial->rounded,
        .spec = trial->spec,
        .outcome = {.runs = runs},
    };
    trial->function(&experiment);
    check_inputs_untouched(&experiment, trial);
    device_end_test(experiment.device);
    return experiment.outcome;
}

static void forget(struct outcome *outcome)
{
    for (int i = 0; i < outcome->count; i++) free(outcome->arrays[i].bytes);
}

// `part` holds the bits of whole's runs from first_run on.
static void expect_same_bits(const struct outcome *part, const struct outcome *whole, int first_run, const char *what,
                             const struct trial *trial)
{
    cr_assert(part->count == whole->count);
    for (int i = 0; i < part->count; i++) {
        const struct outcome_array *array = &part->arrays[i];
        const unsigned char *expected = whole->arrays[i].bytes + (size_t)first_run * array->run_bytes;
        cr_expect(memcmp(array->bytes, expected, (size_t)part->runs * array->run_bytes) == 0,
                  "%s, seed %u, %s: %s changes the bits of %s", trial->label, trial->seed, trial->convolver->name, what,
                  array->name);
    }
}

static void expect_close_array(const struct outcome_array *computed, const struct outcome_array *reference, int runs,
                               const struct trial *trial)
{
    size_t bytes = (size_t)runs * computed->run_bytes, count = bytes / sizeof(float);
    if (!computed->is_float) {
        cr_expect(memcmp(computed->bytes, reference->bytes, bytes) == 0, "%s, seed %u, %s: %s is not the reference's",
                  trial->label, trial->seed, trial->convolver->name, computed->name);
        return;
    }
    const float *expected = (const float *)(const void *)reference->bytes;
    double *truth = test_allocate(count * sizeof *truth);
    for (size_t i = 0; i < count; i++) truth[i] = (double)expected[i];
    double error = error_between(ERROR_MAX, (const float *)(const void *)computed->bytes, truth, count);
    cr_expect(error <= computed->tolerance, "%s, seed %u, %s: %s is off by %.3g, tolerance %.3g", trial->label,
              trial->seed, trial->convolver->name, computed->name, error, computed->tolerance);
    free(truth);
}

static void expect_close(const struct outcome *computed, const struct outcome *reference, const struct trial *trial)
{
    cr_assert(computed->count > 0 && computed->count == reference->count, "%s: nothing to compare", trial->label);
    for (int i = 0; i < computed->count; i++)
        expect_close_array(&computed->arrays[i], &reference->arrays[i], computed->runs, trial);
}

static void check_convolver(const struct convolver *convolver, const struct outcome *reference, struct trial trial)
{
    trial.convolver = convolver;
    struct outcome whole = perform(1, 0, RUNS, &trial);
    expect_close(&whole, reference, &trial);
    for (int threads = 2; threads <= THREADS_LIMIT; threads++) {
        struct outcome again = perform(threads, 0, RUNS, &trial);
        expect_same_bits(&again, &whole, 0, "another number of threads", &trial);
        forget(&again);
    }
    for (int run = 0; run < RUNS; run++) {
        struct outcome alone = perform(THREADS_LIMIT - run, run, 1, &trial);
        expect_same_bits(&alone, &whole, run, "being alone", &trial);
        forget(&alone);
    }
    forget(&whole);
}

// The reference's outcomes on inputs as drawn and on rounded ones, each computed when it is first wanted.
struct oracle {
    struct convolver convolver;
    struct outcome outcomes[2];
    bool known[2];
};

static struct oracle oracle_create(void)
{
    const struct kernels *kernels = kernels_find("reference");
    cr_assert(kernels != NULL);
    return (struct oracle){.convolver = convolver_by_table(kernels)};
}

static void oracle_destroy(struct oracle *oracle)
{
    for (int i = 0; i < 2; i++)
        if (oracle->known[i]) forget(&oracle->outcomes[i]);
}

static void check_against(struct oracle *oracle, const struct convolver *convolver, struct trial trial)
{
    if (strcmp(convolver->kernels->name, "cuda-simt") == 0 && !pairwise_wanted(trial.label)) return;
    trial.rounded = convolver->kernels->precision == PRECISION_BF16;
    if (!oracle->known[trial.rounded]) {
        trial.convolver = &oracle->convolver;
        oracle->outcomes[trial.rounded] = perform(1, 0, RUNS, &trial);
        oracle->known[trial.rounded] = true;
    }
    check_convolver(convolver, &oracle->outcomes[trial.rounded], trial);
}

void experiment_check_on(const struct kernels *const *backends, experiment_function *function, const void *spec,
                         uint32_t seed, const char *label)
{
    struct oracle oracle = oracle_create();
    const struct trial trial = {.function = function, .spec = spec, .seed = seed, .label = label};
    for (const struct kernels *const *kernels = backends; *kernels != NULL; kernels++) {
        struct convolver convolver = convolver_by_table(*kernels);
        check_against(&oracle, &convolver, trial);
    }
    oracle_destroy(&oracle);
}

void experiment_check(experiment_function *function, const void *spec, uint32_t seed, const char *label)
{
    experiment_check_on(backends_under_test(), function, spec, seed, label);
}

void experiment_check_convolution(experiment_function *function, const void *spec, uint32_t seed, const char *label)
{
    struct oracle oracle = oracle_create();
    const struct trial trial = {.function = function, .spec = spec, .seed = seed, .label = label};
    for (const struct convolver *convolver = convolvers_under_test(); convolver->kernels != NULL; convolver++)
        check_against(&oracle, convolver, trial);
    oracle_destroy(&oracle);
}
