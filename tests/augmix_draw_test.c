// augmix_draw_test.c: AugMix's draws follow its law, and belong to (seed, epoch, image, mixture) alone. Every bound would be
// broken by a perfect generator once in about a million fresh seeds (tests/support/distribution.h); there are about 80.
#include "kernels/draw/augmix_draw.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/distribution.h"
#include "tests/support/memory.h"

enum { SEED = 42, IMAGES = 20000 };

static struct augmix_mixture draw_image(uint32_t index, int mixture, int severity, bool all_operations)
{
    return augmix_draw(SEED, 3, index, mixture, severity, all_operations);
}

static void expect_cells(const uint32_t *counts, size_t cells, const char *what)
{
    double draws = 0;
    for (size_t i = 0; i < cells; i++) draws += counts[i];
    const double sum = chi_square_of_counts(counts, cells, draws / (double)cells);
    cr_expect(sum <= chi_square_bound((double)cells - 1), "%s, seed %d: chi-square %g of %zu cells", what, SEED, sum,
              cells);
}

static void expect_uniform(double *values, size_t count, const char *what)
{
    const double statistic = kolmogorov_statistic(values, count, uniform_distribution);
    cr_expect(statistic <= kolmogorov_bound, "%s, seed %d: Kolmogorov statistic %g", what, SEED, statistic);
}

static int depth_of(const struct augmix_mixture *mixture, int chain)
{
    int depth = 0;
    while (depth < AUGMIX_DEPTH && mixture->operations[chain][depth] != AUGMIX_NONE) depth++;
    return depth;
}

// Depths 1 .. 3 and operations equally often, at every place of every chain; nothing behind a chain's end.
static void check_chains(bool all_operations)
{
    const int operations = all_operations ? AUGMIX_OPERATIONS : AUGMIX_STANDARD_OPERATIONS;
    uint32_t depths[AUGMIX_WIDTH][AUGMIX_DEPTH] = {{0}}, places[AUGMIX_DEPTH][AUGMIX_OPERATIONS] = {{0}};
    uint32_t pairs[AUGMIX_OPERATIONS * AUGMIX_OPERATIONS] = {0};
    for (uint32_t image = 0; image < IMAGES; image++) {
        const struct augmix_mixture mixture = draw_image(image, (int)(image % 2), 3, all_operations);
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
            const int depth = depth_of(&mixture, chain);
            cr_assert(ge(int, depth, 1));
            depths[chain][depth - 1]++;
            for (int place = 0; place < AUGMIX_DEPTH; place++) {
                const int operation = mixture.operations[chain][place];
                cr_assert(place < depth ? operation >= 0 && operation < operations : operation == AUGMIX_NONE);
                if (place < depth) places[place][operation]++;
            }
            if (depth > 1) pairs[mixture.operations[chain][0] * operations + mixture.operations[chain][1]]++;
        }
    }
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) expect_cells(depths[chain], AUGMIX_DEPTH, "depths");
    for (int place = 0; place < AUGMIX_DEPTH; place++) expect_cells(places[place], (size_t)operations, "operations");
    expect_cells(pairs, (size_t)operations * (size_t)operations, "an operation and the next"); // with replacement
}

Test(augmix_draw, depths_and_operations)
{
    check_chains(false);
    check_chains(true);
}

// A share of a Dirichlet(1, 1, 1) draw is below x with probability 1 - (1 - x)^2.
static double share_distribution(double x)
{
    return 1 - (1 - x) * (1 - x);
}

Test(augmix_draw, weights_are_dirichlet)
{
    double *shares[AUGMIX_WIDTH], product = 0, squares = 0;
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) shares[chain] = test_allocate(IMAGES * sizeof(double));
    for (uint32_t image = 0; image < IMAGES; image++) {
        const struct augmix_mixture mixture = draw_image(image, 0, 3, false);
        double sum = 0;
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
            shares[chain][image] = (double)mixture.weights[chain];
            sum += shares[chain][image];
        }
        cr_assert(fabs(sum - 1) <= 2e-7, "image %u: weights add up to %.9g", image, sum); // three roundings below 2^-24
        const double term = shares[0][image] * shares[1][image] - 1.0 / 12; // E = a_i a_j / (a_0 (a_0 + 1))
        product += term;
        squares += term * term;
    }
    cr_expect(fabs(product) <= distribution_deviations * sqrt(squares), "seed %d: product off by %g", SEED,
              product / IMAGES);
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
        const struct moments moments = moments_of(shares[chain], IMAGES);
        // Mean 1/3, variance 1/18.
        cr_expect(fabs(moments.mean - 1.0 / 3) <= distribution_deviations * sqrt(1.0 / 18 / IMAGES), "mean %g",
                  moments.mean);
        const double statistic = kolmogorov_statistic(shares[chain], IMAGES, share_distribution);
        cr_expect(statistic <= kolmogorov_bound, "weight %d, seed %d: Kolmogorov statistic %g", chain, SEED, statistic);
        free(shares[chain]);
    }
}

// Beta(1, 1), and of the two mixtures independently.
Test(augmix_draw, mix_is_uniform)
{
    double *values = test_allocate(sizeof(double[2 * IMAGES])), product = 0;
    for (uint32_t image = 0; image < IMAGES; image++) {
        for (int mixture = 0; mixture < 2; mixture++) {
            values[2 * image + (uint32_t)mixture] = (double)draw_image(image, mixture, 3, false).mix;
            cr_assert(values[2 * image + (uint32_t)mixture] >= 0 && values[2 * image + (uint32_t)mixture] < 1);
        }
        product += (values[2 * image] - 0.5) * (values[2 * image + 1] - 0.5);
    }
    cr_expect(fabs(product) <= distribution_deviations * sqrt(IMAGES / 144.0), "seed %d: mixtures correlate, %g", SEED,
              product / IMAGES);
    expect_uniform(values, (size_t)2 * IMAGES, "mix");
    free(values);
}

// ---- levels ----------------------------------------------------------------------------------------------------

// From an argument back to the level, where the law is one to one; the share of [0.1, severity) below it.
static double level_share(enum augmix_operation operation, double parameter, int severity)
{
    const bool shear = operation == AUGMIX_SHEAR_X || operation == AUGMIX_SHEAR_Y;
    const double level = shear ? fabs(parameter) * 10 / 0.3 : (parameter - 0.1) * 10 / 1.8;
    return (level - 0.1) / (severity - 0.1);
}

static bool is_signed(int operation)
{
    return operation == AUGMIX_ROTATE || (operation >= AUGMIX_SHEAR_X && operation <= AUGMIX_TRANSLATE_Y);
}

struct sample {
    double levels[9 * IMAGES]; // of operations whose argument tells the level
    size_t level_count;
    uint32_t signs[AUGMIX_OPERATIONS][2]; // of arguments that are not 0
    double smallest[AUGMIX_OPERATIONS], largest[AUGMIX_OPERATIONS];
};

static void take_argument(struct sample *sample, int operation, double parameter, int severity)
{
    if (is_signed(operation) && parameter != 0) sample->signs[operation][parameter < 0]++;
    if (operation == AUGMIX_SHEAR_X || operation == AUGMIX_SHEAR_Y || operation >= AUGMIX_COLOR)
        sample->levels[sample->level_count++] = level_share((enum augmix_operation)operation, parameter, severity);
    if (parameter < sample->smallest[operation]) sample->smallest[operation] = parameter;
    if (parameter > sample->largest[operation]) sample->largest[operation] = parameter;
}

static struct sample *take_sample(int severity)
{
    struct sample *sample = test_allocate(sizeof *sample);
    memset(sample, 0, sizeof *sample);
    for (int operation = 0; operation < AUGMIX_OPERATIONS; operation++) {
        sample->smallest[operation] = HUGE_VAL;
        sample->largest[operation] = -HUGE_VAL;
    }
    for (uint32_t image = 0; image < IMAGES; image++) {
        const struct augmix_mixture mixture = draw_image(image, 1, severity, true);
        for (int chain = 0; chain < AUGMIX_WIDTH; chain++)
            for (int place = 0; place < depth_of(&mixture, chain); place++)
                take_argument(sample, mixture.operations[chain][place], mixture.parameters[chain][place], severity);
    }
    return sample;
}

Test(augmix_draw, levels_are_uniform_and_signs_fair)
{
    static const int severities[] = {1, 3, 10};
    for (size_t i = 0; i < 3; i++) {
        struct sample *sample = take_sample(severities[i]);
        cr_expect(gt(sz, sample->level_count, IMAGES));
        expect_uniform(sample->levels, sample->level_count, "levels");
        for (int operation = 0; operation < AUGMIX_OPERATIONS; operation++) {
            const double draws = sample->signs[operation][0] + sample->signs[operation][1];
            if (draws > 0) expect_cells(sample->signs[operation], 2, "signs");
            cr_expect(is_signed(operation) == (draws > 0), "operation %d", operation);
        }
        free(sample);
    }
}

// The extremes at severity 3, as AugMix's law has them: int() and float() of a level in [0.1, 3).
Test(augmix_draw, arguments_stay_within_their_law)
{
    static const struct {
        double smallest, largest, slack; // slack: how far from the bound the extreme may lie in a sample this large
    } bounds[AUGMIX_OPERATIONS] = {[AUGMIX_AUTOCONTRAST] = {0, 0, 0},       [AUGMIX_EQUALIZE] = {0, 0, 0},
                                   [AUGMIX_POSTERIZE] = {3, 4, 0},          [AUGMIX_ROTATE] = {-8, 8, 0},
                                   [AUGMIX_SOLARIZE] = {180, 254, 0},       [AUGMIX_SHEAR_X] = {-0.09, 0.09, 1e-3},
                                   [AUGMIX_SHEAR_Y] = {-0.09, 0.09, 1e-3},  [AUGMIX_TRANSLATE_X] = {-3, 3, 0},
                                   [AUGMIX_TRANSLATE_Y] = {-3, 3, 0},       [AUGMIX_COLOR] = {0.118, 0.64, 5e-3},
                                   [AUGMIX_CONTRAST] = {0.118, 0.64, 5e-3}, [AUGMIX_BRIGHTNESS] = {0.118, 0.64, 5e-3},
                                   [AUGMIX_SHARPNESS] = {0.118, 0.64, 5e-3}};
    struct sample *sample = take_sample(3);
    for (int operation = 0; operation < AUGMIX_OPERATIONS; operation++) {
        const double smallest = sample->smallest[operation], largest = sample->largest[operation];
        cr_expect(smallest >= bounds[operation].smallest - 1e-12 &&
                      smallest <= bounds[operation].smallest + bounds[operation].slack,
                  "operation %d, seed %d: from %g", operation, SEED, smallest);
        cr_expect(largest <= bounds[operation].largest + 1e-12 &&
                      largest >= bounds[operation].largest - bounds[operation].slack,
                  "operation %d, seed %d: to %g", operation, SEED, largest);
    }
    free(sample);
}

Test(augmix_draw, arguments_of_given_levels)
{
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_POSTERIZE, 2.5, false), 3));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_POSTERIZE, 2.49, false), 4));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_ROTATE, 1.99, true), -5));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_SOLARIZE, 1, false), 231));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_TRANSLATE_X, 2.9, false), 3));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_TRANSLATE_Y, 9.99, true), -10));
    cr_expect(epsilon_eq(dbl, augmix_parameter(AUGMIX_SHEAR_X, 2, true), -0.06, 1e-15));
    cr_expect(epsilon_eq(dbl, augmix_parameter(AUGMIX_SHARPNESS, 2, false), 0.46, 1e-15));
    cr_expect(eq(dbl, augmix_parameter(AUGMIX_EQUALIZE, 2, false), 0));
}

// ---- whose draws they are --------------------------------------------------------------------------------------

static bool same_mixture(const struct augmix_mixture *a, const struct augmix_mixture *b)
{
    bool same = a->mix == b->mix;
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
        same = same && a->weights[chain] == b->weights[chain];
        for (int place = 0; place < AUGMIX_DEPTH; place++)
            same = same && a->operations[chain][place] == b->operations[chain][place] &&
                   a->parameters[chain][place] == b->parameters[chain][place];
    }
    return same;
}

Test(augmix_draw, belongs_to_its_key_alone)
{
    const struct augmix_mixture own = augmix_draw(SEED, 3, 17, 0, 3, false),
                                again = augmix_draw(SEED, 3, 17, 0, 3, false);
    const struct augmix_mixture others[] = {
        augmix_draw(SEED + 1, 3, 17, 0, 3, false), augmix_draw(SEED, 4, 17, 0, 3, false),
        augmix_draw(SEED, 3, 18, 0, 3, false), augmix_draw(SEED, 3, 17, 1, 3, false)};
    cr_expect(same_mixture(&own, &again));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect(not(same_mixture(&own, &others[i])), "key %zu", i);
}
