// corruption_draw_test.c: the corruptions' draws are distributed as the recipes say, and belong to (seed, epoch, image,
// corruption, severity) alone. Every bound would be broken by a perfect generator once in about a million fresh seeds
// (tests/support/distribution.h); there are about 200 of them here, so by chance one fails in 5,000 changes of the draws.
#include "kernels/draw/corruption_draw.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/draw/corruption_settings.h"
#include "tests/support/distribution.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"

enum { SEED = 41 };

static const uint8_t grey[PICTURE_BYTES]; // black; only shot noise looks

static void draw_image(enum corruption_kind kind, int severity, uint32_t index, union corruption_draw *draw)
{
    corruption_draw(kind, severity, (struct corruption_key){SEED, 3, index}, grey, NULL, draw);
}

static void expect_uniform(double *values, size_t count, const char *what)
{
    double statistic = kolmogorov_statistic(values, count, uniform_distribution);
    cr_expect(statistic <= kolmogorov_bound, "%s, seed %d: Kolmogorov statistic %g", what, SEED, statistic);
}

static void expect_normal(double *values, size_t count, const char *what)
{
    const struct moments moments = moments_of(values, count);
    const double n = (double)count, d = distribution_deviations;
    cr_expect(fabs(moments.mean) <= d * sqrt(1 / n), "%s, seed %d: mean %g", what, SEED, moments.mean);
    cr_expect(fabs(moments.variance - 1) <= d * sqrt(2 / n), "%s, seed %d: variance %g", what, SEED, moments.variance);
    cr_expect(fabs(moments.skewness) <= d * sqrt(6 / n), "%s, seed %d: skewness %g", what, SEED, moments.skewness);
    cr_expect(fabs(moments.kurtosis - 3) <= d * sqrt(24 / n), "%s, seed %d: kurtosis %g", what, SEED, moments.kurtosis);
    double statistic = kolmogorov_statistic(values, count, normal_distribution);
    cr_expect(statistic <= kolmogorov_bound, "%s, seed %d: Kolmogorov statistic %g", what, SEED, statistic);
}

// Of `draws`, `found` did what has this probability.
static void expect_share(double found, double draws, double probability, const char *what)
{
    const double error = found - draws * probability;
    cr_expect(fabs(error) <= distribution_deviations * sqrt(draws * probability * (1 - probability)),
              "%s, seed %d: %g of %g, expected a share of %g", what, SEED, found, draws, probability);
}

Test(corruption_draw, gaussian_noise)
{
    enum { IMAGES = 100 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    double *values = test_allocate(sizeof(double[IMAGES * PICTURE_BYTES])), product = 0, last[PICTURE_BYTES] = {0};
    for (uint32_t image = 0; image < IMAGES; image++) {
        draw_image(CORRUPTION_GAUSSIAN_NOISE, 1, image, draw);
        for (int i = 0; i < PICTURE_BYTES; i++) {
            values[image * PICTURE_BYTES + (uint32_t)i] = (double)draw->gaussian_noise.normal[i];
            product += last[i] * (double)draw->gaussian_noise.normal[i]; // of the same byte in the image before
            last[i] = (double)draw->gaussian_noise.normal[i];
        }
    }
    double n = (IMAGES - 1) * (double)PICTURE_BYTES;
    cr_expect(fabs(product) <= distribution_deviations * sqrt(n), "seed %d: images correlate by %g", SEED, product / n);
    expect_normal(values, IMAGES * PICTURE_BYTES, "Gaussian noise");
    free(values);
    free(draw);
}

// One mean at a time: an image of one byte value.
static void check_counts(int severity, uint8_t byte)
{
    enum { IMAGES = 60, CELLS = 1024 };
    struct shot_noise_draw *draw = test_allocate(sizeof *draw);
    uint32_t counts[CELLS] = {0};
    uint8_t image[PICTURE_BYTES];
    const double mean = shot_noise_scales[severity - 1] * byte / 255.0, draws = IMAGES * (double)PICTURE_BYTES;
    double sum = 0, squares = 0;
    memset(image, byte, sizeof image);
    for (uint32_t i = 0; i < IMAGES; i++) {
        struct random_stream stream =
            corruption_stream(CORRUPTION_SHOT_NOISE, severity, (struct corruption_key){SEED, byte, i});
        shot_noise_draw(&stream, severity, image, draw);
        for (int k = 0; k < PICTURE_BYTES; k++) {
            cr_assert(lt(u16, draw->counts[k], CELLS));
            counts[draw->counts[k]]++;
            sum += draw->counts[k] - mean;
            squares += (draw->counts[k] - mean) * (draw->counts[k] - mean);
        }
    }
    const double off = sum / draws, variance = squares / draws - off * off;
    const struct chi_square cells = chi_square_of_poisson(mean, counts, CELLS, draws);
    cr_expect(fabs(off) <= distribution_deviations * sqrt(mean / draws), "mean %g: off by %g, seed %d", mean, off,
              SEED);
    cr_expect(fabs(variance - mean) <= distribution_deviations * sqrt((mean + 2 * mean * mean) / draws),
              "mean %g: variance %g, seed %d", mean, variance, SEED);
    cr_expect(ge(dbl, cells.freedom, 1), "mean %g", mean);
    cr_expect(cells.sum <= chi_square_bound(cells.freedom), "mean %g: chi-square %g with %g degrees, seed %d", mean,
              cells.sum, cells.freedom, SEED);
    free(draw);
}

Test(corruption_draw, shot_noise)
{
    static const uint8_t bytes[] = {1, 20, 51, 128, 255};
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        for (size_t i = 0; i < sizeof bytes; i++) check_counts(severity, bytes[i]);
    struct shot_noise_draw draw;
    struct random_stream stream = corruption_stream(CORRUPTION_SHOT_NOISE, 1, (struct corruption_key){SEED, 0, 0});
    shot_noise_draw(&stream, 1, grey, &draw);
    for (int i = 0; i < PICTURE_BYTES; i++) cr_assert(eq(u16, draw.counts[i], 0), "black is never hit");
}

// Shares of salt and pepper; and bytes are hit one by one, not pixel by pixel.
Test(corruption_draw, impulse_noise)
{
    enum { IMAGES = 200 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        const double share = impulse_noise_shares[severity - 1], bytes = IMAGES * (double)PICTURE_BYTES;
        double salt = 0, pepper = 0, pairs = 0;
        for (uint32_t image = 0; image < IMAGES; image++) {
            draw_image(CORRUPTION_IMPULSE_NOISE, severity, image, draw);
            const uint8_t *codes = draw->impulse_noise.codes;
            for (int i = 0; i < PICTURE_BYTES; i++) {
                cr_assert(le(u8, codes[i], IMPULSE_PEPPER));
                salt += codes[i] == IMPULSE_SALT;
                pepper += codes[i] == IMPULSE_PEPPER;
                pairs += i % 3 != 2 && codes[i] != IMPULSE_KEEP && codes[i + 1] != IMPULSE_KEEP;
            }
        }
        expect_share(salt, bytes, share / 2, "salt");
        expect_share(pepper, bytes, share / 2, "pepper");
        expect_share(pairs, bytes * 2 / 3, share * share, "two channels of a pixel");
    }
    free(draw);
}

Test(corruption_draw, elastic_transform)
{
    enum { IMAGES = 40, JITTER_IMAGES = 4000 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    double *values = test_allocate(sizeof(double[2 * IMAGES * PICTURE_PIXELS])), product = 0;
    for (uint32_t image = 0; image < IMAGES; image++) {
        draw_image(CORRUPTION_ELASTIC_TRANSFORM, 2, image, draw);
        for (int axis = 0; axis < 2; axis++)
            for (int i = 0; i < PICTURE_PIXELS; i++) {
                double u = draw->elastic_transform.uniform[axis][i];
                values[(2 * image + (uint32_t)axis) * PICTURE_PIXELS + (uint32_t)i] = (u + 1) / 2;
                product += axis == 0 ? u * draw->elastic_transform.uniform[1][i] : 0;
            }
    }
    // Products of two uniforms of variance 1/3 have variance 1/9.
    const double n = IMAGES * (double)PICTURE_PIXELS;
    cr_expect(fabs(product) <= distribution_deviations * sqrt(n / 9), "seed %d: fields correlate, %g", SEED,
              product / n);
    expect_uniform(values, (size_t)2 * IMAGES * PICTURE_PIXELS, "elastic fields");
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        const double jitter = elastic_settings[severity - 1].jitter;
        for (uint32_t image = 0; image < JITTER_IMAGES; image++) {
            draw_image(CORRUPTION_ELASTIC_TRANSFORM, severity, image, draw);
            for (uint32_t i = 0; i < 6; i++)
                values[6 * image + i] = ((double)draw->elastic_transform.jitter[i] / jitter + 1) / 2;
        }
        expect_uniform(values, (size_t)6 * JITTER_IMAGES, "elastic jitter");
    }
    free(values);
    free(draw);
}

// All four directions equally often, over all steps and at single ones; one pass or two.
Test(corruption_draw, glass_blur)
{
    enum { IMAGES = 2000, STEP = 437 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        uint32_t all[4] = {0}, single[4] = {0};
        const int passes = glass_settings[severity - 1].passes;
        for (uint32_t image = 0; image < IMAGES; image++) {
            draw_image(CORRUPTION_GLASS_BLUR, severity, image, draw);
            for (int pass = 0; pass < GLASS_PASSES; pass++)
                for (int step = 0; step < GLASS_STEPS; step++) {
                    const int8_t *shift = draw->glass_blur.shifts[pass][step];
                    cr_assert(shift[0] >= -1 && shift[0] <= 0 && shift[1] >= -1 && shift[1] <= 0);
                    cr_assert(pass < passes || (shift[0] == 0 && shift[1] == 0), "a pass that does not take place");
                    if (pass < passes) all[-2 * shift[0] - shift[1]]++;
                    if (pass < passes && step == STEP) single[-2 * shift[0] - shift[1]]++;
                }
        }
        double of_all = chi_square_of_counts(all, 4, (double)IMAGES * passes * GLASS_STEPS / 4);
        double of_single = chi_square_of_counts(single, 4, (double)IMAGES * passes / 4);
        cr_expect(of_all <= chi_square_bound(3), "severity %d, seed %d: chi-square %g", severity, SEED, of_all);
        cr_expect(of_single <= chi_square_bound(3), "step %d, severity %d, seed %d: chi-square %g", STEP, severity,
                  SEED, of_single);
    }
    free(draw);
}

Test(corruption_draw, angles_and_flakes)
{
    enum { IMAGES = 20000, FLAKE_IMAGES = 200 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    double *angles = test_allocate(sizeof(double[IMAGES]));
    double *flakes = test_allocate(sizeof(double[FLAKE_IMAGES * PICTURE_PIXELS]));
    for (uint32_t image = 0; image < IMAGES; image++) {
        draw_image(CORRUPTION_MOTION_BLUR, 3, image, draw);
        angles[image] = (draw->motion_blur.angle_degrees + 45) / 90;
    }
    expect_uniform(angles, IMAGES, "angles of motion blur");
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        const struct snow_settings *settings = &snow_settings[severity - 1];
        for (uint32_t image = 0; image < FLAKE_IMAGES; image++) {
            draw_image(CORRUPTION_SNOW, severity, image, draw);
            angles[(uint32_t)(severity - 1) * FLAKE_IMAGES + image] = (draw->snow.angle_degrees + 135) / 90;
            for (uint32_t i = 0; i < PICTURE_PIXELS; i++)
                flakes[image * PICTURE_PIXELS + i] = (draw->snow.normal[i] - settings->mean) / settings->deviation;
        }
        expect_normal(flakes, (size_t)FLAKE_IMAGES * PICTURE_PIXELS, "snow");
    }
    expect_uniform(angles, (size_t)CORRUPTION_SEVERITIES * FLAKE_IMAGES, "angles of snow");
    free(flakes);
    free(angles);
    free(draw);
}

// Textures of random bytes and of different sizes; the last has one position only.
static struct frost_textures make_textures(uint8_t **pixels)
{
    static const int sizes[FROST_TEXTURES][2] = {{40, 50}, {64, 33}, {90, 35}, {52, 72}, {33, 33}};
    struct frost_textures textures = {.pixels = NULL};
    size_t bytes = 0;
    for (int i = 0; i < FROST_TEXTURES; i++) {
        textures.textures[i].height = sizes[i][0];
        textures.textures[i].width = sizes[i][1];
        textures.textures[i].offset = bytes;
        bytes += (size_t)(3 * sizes[i][0] * sizes[i][1]);
    }
    textures.pixels = *pixels = random_bytes(SEED, 9, bytes);
    return textures;
}

static void expect_crop(const struct frost_textures *textures, const struct frost_draw *draw)
{
    const uint8_t *texture = textures->pixels + textures->textures[draw->texture].offset;
    const int width = textures->textures[draw->texture].width;
    for (int i = 0; i < PICTURE_BYTES; i++) {
        const int row = draw->row + i / 96, column = draw->column + i / 3 % 32;
        cr_assert(eq(u8, draw->crop[i], texture[3 * (row * width + column) + i % 3]), "byte %d", i);
    }
}

Test(corruption_draw, frost)
{
    enum { IMAGES = 100000 };
    uint8_t *pixels = NULL;
    const struct frost_textures textures = make_textures(&pixels);
    uint32_t chosen[FROST_TEXTURES] = {0}, rows[FROST_TEXTURES][96] = {{0}}, columns[FROST_TEXTURES][96] = {{0}};
    struct frost_draw draw;
    for (uint32_t image = 0; image < IMAGES; image++) {
        struct random_stream stream = corruption_stream(CORRUPTION_FROST, 1, (struct corruption_key){SEED, 0, image});
        frost_draw(&stream, &textures, &draw);
        cr_assert(draw.texture >= 0 && draw.texture < FROST_TEXTURES);
        cr_assert(draw.row >= 0 && draw.row < textures.textures[draw.texture].height - 32);
        cr_assert(draw.column >= 0 && draw.column < textures.textures[draw.texture].width - 32);
        if (image < 200) expect_crop(&textures, &draw);
        chosen[draw.texture]++;
        rows[draw.texture][draw.row]++;
        columns[draw.texture][draw.column]++;
    }
    double sum = chi_square_of_counts(chosen, FROST_TEXTURES, IMAGES / 5.0);
    cr_expect(sum <= chi_square_bound(FROST_TEXTURES - 1), "textures, seed %d: chi-square %g", SEED, sum);
    for (int i = 0; i < FROST_TEXTURES; i++) {
        const int places[2] = {textures.textures[i].height - 32, textures.textures[i].width - 32};
        for (int axis = 0; axis < 2; axis++) {
            if (places[axis] == 1) continue;
            sum = chi_square_of_counts(axis == 0 ? rows[i] : columns[i], (size_t)places[axis],
                                       (double)chosen[i] / places[axis]);
            cr_expect(sum <= chi_square_bound(places[axis] - 1), "texture %d, axis %d, seed %d: chi-square %g", i, axis,
                      SEED, sum);
        }
    }
    free(pixels);
}

Test(corruption_draw, fog)
{
    enum { IMAGES = 100 };
    union corruption_draw *draw = test_allocate(sizeof *draw);
    double *values = test_allocate(sizeof(double[IMAGES * FOG_VALUES]));
    for (uint32_t image = 0; image < IMAGES; image++) {
        draw_image(CORRUPTION_FOG, 4, image, draw);
        for (uint32_t i = 0; i < FOG_VALUES; i++) values[image * FOG_VALUES + i] = (draw->fog.uniform[i] + 1) / 2;
    }
    expect_uniform(values, (size_t)IMAGES * FOG_VALUES, "fog");
    free(values);
    free(draw);
}

Test(corruption_draw, severities_follow_the_law)
{
    enum { IMAGES = 100000 };
    const struct corruption_law law = {CORRUPTION_FOG, {2, 0, 1, 0.5F, 0, 4.5F}};
    double found[1 + CORRUPTION_SEVERITIES] = {0};
    for (uint32_t image = 0; image < IMAGES; image++)
        found[corruption_draw_severity(&law, (struct corruption_key){SEED, 1, image})]++;
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) {
        const double weight = (double)law.weights[severity];
        if (weight > 0)
            expect_share(found[severity], IMAGES, weight / 8, "severity");
        else
            cr_expect(found[severity] == 0, "severity %d has no weight", severity);
    }
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) {
        const struct corruption_law fixed = corruption_law_fixed(CORRUPTION_SNOW, severity);
        for (uint32_t image = 0; image < 100; image++)
            cr_assert(eq(int, corruption_draw_severity(&fixed, (struct corruption_key){SEED, 1, image}), severity));
    }
}

// The first words of two streams.
static bool same_words(struct random_stream a, struct random_stream b)
{
    bool same = true;
    for (int i = 0; i < 8; i++) same = random_next_u32(&a) == random_next_u32(&b) && same;
    return same;
}

Test(corruption_draw, belongs_to_its_key_alone)
{
    const struct corruption_key key = {SEED, 3, 17};
    const struct random_stream stream = corruption_stream(CORRUPTION_FOG, 2, key);
    cr_expect(same_words(stream, corruption_stream(CORRUPTION_FOG, 2, key)));
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++)
        for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
            const bool own = kind == CORRUPTION_FOG && severity == 2;
            const struct random_stream other = corruption_stream((enum corruption_kind)kind, severity, key);
            cr_expect(same_words(stream, other) == own, "corruption %d, severity %d", kind, severity);
        }
    const struct corruption_key others[] = {{SEED + 1, 3, 17}, {SEED, 4, 17}, {SEED, 3, 18}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect(not(same_words(stream, corruption_stream(CORRUPTION_FOG, 2, others[i]))), "key %zu", i);
}
