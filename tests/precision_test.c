// precision_test.c: which backend serves a precision, what is said where none does; that bfloat16 rounds as it should, and
// trains as well as float32.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "datasets/synthetic.h"
#include "kernels/kernels.h"
#include "tests/support/device_array.h"
#include "tests/support/state_dicts.h"
#include "tests/support/training_jobs.h"
#include "tests/support/widened_kernels.h"

// ---- the choice --------------------------------------------------------------------------------------------------

static const struct kernels fast = {.name = "cpu-fast", .precision = PRECISION_FP32};
static const struct kernels narrow = {.name = "cpu-narrow", .precision = PRECISION_BF16};
static const struct kernels plain = {.name = "plain", .precision = PRECISION_FP32};
static const struct kernels *const with_bf16[] = {&fast, &narrow, &plain, NULL};
static const struct kernels *const without_bf16[] = {&fast, &plain, NULL};

static void expect_choice(const char *name, enum precision precision, const struct kernels *expected)
{
    const struct kernels *chosen = NULL;
    struct status status = kernels_choose(with_bf16, name, precision, &chosen);
    cr_expect(status.code == STATUS_OK && chosen == expected, "%s, %s: %s", name, precision_name(precision),
              status.message);
}

Test(precision, automatic_takes_the_first_that_has_it)
{
    expect_choice("auto", PRECISION_FP32, &fast);
    expect_choice("cpu", PRECISION_FP32, &fast);
    expect_choice("auto", PRECISION_BF16, &narrow);
    expect_choice("cpu", PRECISION_BF16, &narrow);
    expect_choice("plain", PRECISION_FP32, &plain);
    expect_choice("cpu-narrow", PRECISION_BF16, &narrow);
}

// A GPU comes first where its precision is asked for, and never passes for this processor.
Test(precision, a_gpu_is_chosen_by_name_and_automatically)
{
    static const struct kernels gpu = {.name = "cuda", .precision = PRECISION_BF16};
    static const struct kernels *const all[] = {&fast, &gpu, &narrow, &plain, NULL};
    static const struct {
        const char *name;
        enum precision precision;
        const struct kernels *expected;
    } cases[] = {{"auto", PRECISION_BF16, &gpu},  {"cuda", PRECISION_BF16, &gpu}, {"cpu", PRECISION_BF16, &narrow},
                 {"auto", PRECISION_FP32, &fast}, {"cuda", PRECISION_FP32, NULL}, {"cpu", PRECISION_FP32, &fast}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct kernels *chosen = &plain;
        struct status status = kernels_choose(all, cases[i].name, cases[i].precision, &chosen);
        cr_expect(chosen == cases[i].expected && (status.code == STATUS_OK) == (chosen != NULL), "%s, %s: %s",
                  cases[i].name, precision_name(cases[i].precision), status.message);
    }
}

static void expect_refusal(const struct kernels *const *available, const char *name, enum precision precision,
                           enum status_code code, const char *words[3])
{
    const struct kernels *chosen = &plain;
    struct status status = kernels_choose(available, name, precision, &chosen);
    cr_expect(eq(int, status.code, code), "%s: %s", name, status.message);
    cr_expect(chosen == NULL, "%s: something was chosen all the same", name);
    for (int i = 0; i < 3; i++)
        cr_expect(strstr(status.message, words[i]) != NULL, "expected \"%s\" in: %s", words[i], status.message);
}

Test(precision, what_is_missing_is_named)
{
    const char *need = machine_has_avx512_bf16() ? "-mavx512bf16" : "AVX512_BF16";
    expect_refusal(without_bf16, "auto", PRECISION_BF16, STATUS_DEVICE,
                   (const char *[3]){"precision bf16 needs", need, "cpu-fast (fp32), plain (fp32)"});
    expect_refusal(without_bf16, "plain", PRECISION_BF16, STATUS_DEVICE,
                   (const char *[3]){"precision bf16 needs", need, "cpu-fast (fp32), plain (fp32)"});
}

Test(precision, a_device_of_another_precision_is_refused)
{
    expect_refusal(with_bf16, "plain", PRECISION_BF16, STATUS_USAGE,
                   (const char *[3]){"plain computes in fp32", "training.precision is bf16", "cpu-narrow (bf16)"});
    expect_refusal(with_bf16, "cpu-narrow", PRECISION_FP32, STATUS_USAGE,
                   (const char *[3]){"cpu-narrow computes in bf16", "training.precision is fp32", "cpu-fast (fp32)"});
    expect_refusal(with_bf16, "abacus", PRECISION_FP32, STATUS_USAGE,
                   (const char *[3]){"expected one of auto, cpu", "cpu-narrow (bf16)", "\"abacus\""});
}

// Not a wrong word of the user's: this build or machine lacks it.
Test(precision, a_missing_gpu_is_a_device_error_with_the_reason)
{
    if (kernels_find("cuda") != NULL) cr_skip_test("there is a GPU");
    expect_refusal(with_bf16, "cuda", PRECISION_BF16, STATUS_DEVICE,
                   (const char *[3]){"--device cuda", "CUDA: ", "cpu-narrow (bf16)"});
    cr_expect(eq(int, status_exit_code(STATUS_DEVICE), 4));
}

Test(precision, every_backend_says_what_it_stores)
{
    for (const struct kernels *const *kernels = kernels_available(); *kernels != NULL; kernels++) {
        size_t bytes = (*kernels)->precision == PRECISION_BF16 ? 2 : 4;
        const char *name = precision_name((*kernels)->precision);
        cr_expect(eq(sz, (*kernels)->activation_bytes, bytes), "%s", (*kernels)->name);
        cr_expect(strncmp((*kernels)->arithmetic, name, strlen(name)) == 0, "%s: %s", (*kernels)->name,
                  (*kernels)->arithmetic);
    }
    cr_expect(kernels_available()[0]->precision == PRECISION_FP32, "the first is what no preset asked to be otherwise");
}

// ---- rounding ----------------------------------------------------------------------------------------------------

// Known answers of the tests' own conversion: 1 + 2^-8 lies in the middle, and the even neighbour is 1.
Test(precision, rounding_is_to_nearest_even)
{
    static const struct {
        float value;
        uint16_t bits;
    } cases[] = {
        {0, 0},
        {-0.0F, 0x8000},
        {1, 0x3f80},
        {0x1.01p0F, 0x3f80},
        {0x1.010002p0F, 0x3f81},
        {0x1.03p0F, 0x3f82},
        {0x1.02fffep0F, 0x3f81},
        {-0x1.03p0F, 0xbf82},
        {INFINITY, 0x7f80},
        {-INFINITY, 0xff80},
        {0x1.fffffep127F, 0x7f80},
        {0x1p-126F, 0x0080},
        {0x1p-127F, 0},
        {-0x1p-149F, 0x8000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect(eq(u16, bfloat16_of(cases[i].value), cases[i].bits), "%a", (double)cases[i].value);
    cr_expect(isnan(bfloat16_value(bfloat16_of(NAN))));
    cr_expect(eq(flt, bfloat16_value(0x3f81), 0x1.02p0F));
}

// 20 channels: one vector, and four by themselves.
enum { ROUNDED_CHANNELS = 20, ROUNDED_POSITIONS = 7 * 1024, ROUNDED = ROUNDED_CHANNELS * ROUNDED_POSITIONS };

// Bit patterns from the whole range, ties among them, half of them of everyday size.
static float rounded_sample(size_t i)
{
    uint32_t bits = (uint32_t)(i * 2654435761U);
    if (i % 2 == 0) bits = (bits & 0x807fffff) | (uint32_t)(120 + i % 14) << 23;
    if (i % 5 == 0) bits = (bits & 0xffff0000) | 0x8000;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// CUDA's instruction keeps of numbers below 2^-126 what bfloat16 can hold, where the processor's makes 0 of them.
static float rounded_by(const struct kernels *kernels, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value) || strncmp(kernels->name, "cuda", 4) != 0) return bfloat16_value(bfloat16_of(value));
    return bfloat16_value((uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16));
}

// A join whose factors are 0, 0 and the offset writes the offset: every channel of a position its own.
static void expect_backend_rounds(const struct kernels *kernels)
{
    struct device *device = NULL;
    cr_assert(eq(int, device_open(kernels, (struct device_settings){.threads = 1}, &device).code, STATUS_OK));
    float factors[3 * ROUNDED_CHANNELS] = {0};
    uint16_t zeros[ROUNDED_CHANNELS] = {0}, stored[ROUNDED_CHANNELS];
    struct residual_join join = {.runs = 1,
                                 .positions = 1,
                                 .channels = ROUNDED_CHANNELS,
                                 .gradient = device_put(device, zeros, sizeof zeros),
                                 .coefficients = device_put_per_run(device, factors, 1, 3 * ROUNDED_CHANNELS),
                                 .output = device_make(device, sizeof stored)};
    join.raw = join.gradient;
    size_t bad = 0, last = 0;
    for (size_t i = 0; i < ROUNDED; i += ROUNDED_CHANNELS) {
        for (size_t c = 0; c < ROUNDED_CHANNELS; c++) factors[2 * ROUNDED_CHANNELS + c] = rounded_sample(i + c);
        device_upload(device, join.coefficients.data, factors, sizeof factors);
        residual_join(device, &join);
        device_get(device, join.output, stored, sizeof stored);
        for (size_t c = 0; c < ROUNDED_CHANNELS; c++) {
            float expected = rounded_by(kernels, rounded_sample(i + c)), found = bfloat16_value(stored[c]);
            // A sum of 0 and -0 is 0.
            bool same = isnan(expected) ? isnan(found) != 0 : expected == found;
            if (!same) last = i + c;
            bad += !same;
        }
    }
    cr_expect(eq(sz, bad, 0), "%s: of %d values, the last is %a", kernels->name, (int)ROUNDED,
              (double)rounded_sample(last));
    device_end_test(device);
}

Test(precision, backends_round_as_defined)
{
    int checked = 0;
    for (const struct kernels *const *kernels = backends_under_test(); *kernels != NULL; kernels++) {
        if ((*kernels)->precision != PRECISION_BF16) continue;
        expect_backend_rounds(*kernels);
        checked++;
    }
    if (checked == 0) cr_skip_test("no backend of bfloat16 on this machine");
}

// ---- training ----------------------------------------------------------------------------------------------------

// NULL after having skipped the test.
static const struct kernels *bf16_kernels(void)
{
    const struct kernels *kernels = NULL;
    struct status status = kernels_choose(kernels_available(), "cpu", PRECISION_BF16, &kernels);
    if (status.code != STATUS_OK) cr_skip_test("%s", status.message);
    return kernels;
}

// On the backend itself, without the tests' widening.
static struct training_outcome train(const struct kernels *kernels, const struct small_job *small, int threads,
                                     struct state_dict *model)
{
    struct device *device = NULL;
    struct training_outcome outcome;
    cr_assert(eq(int, device_open(kernels, (struct device_settings){.threads = threads}, &device).code, STATUS_OK));
    struct status status = training_run(device, &small->job, &outcome, model);
    cr_assert(status.code == STATUS_OK, "%s: %s", kernels->name, status.message);
    device_end_test(device);
    return outcome;
}

Test(precision, bf16_trains_to_the_same_bits_with_any_number_of_threads)
{
    const struct kernels *kernels = bf16_kernels();
    struct small_job small;
    struct state_dict models[4] = {{0}};
    small_job_create(&small);
    for (int threads = 1; threads <= 3; threads++) train(kernels, &small, threads, &models[threads - 1]);
    small_job_run(&small, kernels->name, 1, &models[3]); // through float32 arrays, which hold the same numbers
    for (int i = 1; i < 4; i++)
        cr_expect(state_dicts_equal(&models[0], &models[i], NULL), "%s: run %d differs", kernels->name, i);
    for (int i = 0; i < 4; i++) state_dict_destroy(&models[i]);
    small_job_destroy(&small);
}

// What three seeds reach together.
struct achievement {
    double accuracy, train_loss;
};

enum { SEEDS = 3, TRAIN_IMAGES = 600, TEST_IMAGES = 500 };

static struct achievement train_seeds(const struct kernels *kernels)
{
    struct small_job small;
    struct achievement mean = {0, 0};
    small_job_create(&small);
    image_set_destroy(&small.train);
    image_set_destroy(&small.test);
    cr_assert(eq(int, synthetic_generate(1, 10, 0, TRAIN_IMAGES, &small.train).code, STATUS_OK));
    cr_assert(eq(int, synthetic_generate(1, 10, TRAIN_IMAGES, TEST_IMAGES, &small.test).code, STATUS_OK));
    small.settings.epochs = 10;
    small.settings.evaluate_every = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        struct state_dict model;
        small.settings.seed = (uint32_t)seed;
        struct training_outcome outcome = train(kernels, &small, 2, &model);
        mean.accuracy += outcome.test.accuracy / SEEDS;
        mean.train_loss += outcome.last.train_loss / SEEDS;
        state_dict_destroy(&model);
    }
    small_job_destroy(&small);
    return mean;
}

// Both reach about 34 % of 500 images after ten epochs of 600. Two trainings of one network differ by 2 points, three by
// 1.2, so that 5 points are three standard deviations of a difference; the loss repeats itself to 0.03.
Test(precision, bf16_learns_as_much_as_fp32)
{
    struct achievement bf16 = train_seeds(bf16_kernels()), fp32 = train_seeds(kernels_find("cpu"));
    cr_expect(fp32.accuracy > 0.25, "float32 reaches %g", fp32.accuracy);
    cr_expect(fabs(bf16.accuracy - fp32.accuracy) <= 0.05, "accuracy %g, float32 %g", bf16.accuracy, fp32.accuracy);
    cr_expect(fabs(bf16.train_loss - fp32.train_loss) <= 0.06, "loss %g, float32 %g", bf16.train_loss, fp32.train_loss);
}
