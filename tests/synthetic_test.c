// synthetic_test.c: the embedded set: the same bits everywhere, fair parts, images that vary, and classes that show.
#include "datasets/synthetic.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "datasets/synthetic_shape.h"
#include "tests/support/archive.h"

static struct image_set generate(uint32_t seed, int classes, int first, int count)
{
    struct image_set set;
    struct status status = synthetic_generate(seed, classes, first, count, &set);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(int, set.count, count));
    return set;
}

static const uint8_t *image_of(const struct image_set *set, int image)
{
    return set->pixels + (size_t)image * IMAGE_BYTES;
}

// A change of these numbers changes every result that was ever made with the embedded set.
Test(synthetic, bits_are_pinned)
{
    static const struct {
        uint32_t seed;
        int classes, first;
        const char *sha256;
    } cases[] = {
        {2024, 10, 0, "e8b5184070089e0e8363b9263552b6f3bc565f406c8c199f519160bf83b42b16"},
        {2024, 100, 0, "80633ea79a7a75964c9b46bb7d9bcc5f1949a4a4db415440f7acfa6720d7cefa"},
        {2024, 100, 10000000, "8f3823f61872240a3db8ea126099e27351e7ffa337aec6672bce634e6a2c9e4b"},
        {0xffffffff, 10, INT_MAX - 300, "8dad18c11352afcb19a2cca19a9a98309ba9bd39922ae4da0633cddb86dbd381"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct image_set set = generate(cases[c].seed, cases[c].classes, cases[c].first, 300);
        char sha256[65];
        digest_sha256(set.pixels, (size_t)set.count * IMAGE_BYTES, sha256);
        cr_expect(eq(str, sha256, (char *)cases[c].sha256), "case %zu", c);
        image_set_destroy(&set);
    }
}

Test(synthetic, labels_are_balanced_and_follow_the_index)
{
    static const int classes[] = {10, 100};
    for (int k = 0; k < 2; k++) {
        struct image_set set = generate(1, classes[k], 12300, 3 * classes[k]);
        int counts[100] = {0};
        cr_expect(eq(int, set.classes, classes[k]));
        for (int i = 0; i < set.count; i++) {
            cr_assert(eq(int, set.labels[i], (12300 + i) % classes[k]));
            counts[set.labels[i]]++;
        }
        for (int c = 0; c < classes[k]; c++) cr_expect(eq(int, counts[c], 3));
        image_set_destroy(&set);
    }
}

Test(synthetic, a_stretch_is_the_same_wherever_it_starts)
{
    struct image_set whole = generate(5, 100, 40, 60), part = generate(5, 100, 77, 23);
    cr_expect(eq(int, memcmp(image_of(&whole, 37), part.pixels, (size_t)23 * IMAGE_BYTES), 0));
    cr_expect(eq(int, memcmp(whole.labels + 37, part.labels, 23 * sizeof *part.labels), 0));
    image_set_destroy(&whole);
    image_set_destroy(&part);
}

static int compare_images(const void *a, const void *b)
{
    return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, IMAGE_BYTES);
}

// Within a stretch, between stretches, seeds and numbers of classes.
Test(synthetic, no_image_comes_twice)
{
    enum { SETS = 4, COUNT = 1000 };
    struct image_set sets[SETS] = {generate(2024, 10, 0, COUNT), generate(2024, 10, 10000000, COUNT),
                                   generate(2025, 10, 0, COUNT), generate(2024, 100, 0, COUNT)};
    static const uint8_t *images[SETS * COUNT];
    for (int i = 0; i < SETS * COUNT; i++) images[i] = image_of(&sets[i / COUNT], i % COUNT);
    qsort(images, SETS * COUNT, sizeof *images, compare_images);
    for (int i = 1; i < SETS * COUNT; i++) cr_assert(compare_images(&images[i - 1], &images[i]) != 0, "image %d", i);
    for (int s = 0; s < SETS; s++) image_set_destroy(&sets[s]);
}

// Mean and standard deviation of each channel over all pixels, near those of photographs; images differ in brightness;
// few pixels are lost in black and white.
Test(synthetic, statistics_are_those_of_ordinary_images)
{
    struct image_set set = generate(2024, 100, 0, 2000);
    size_t pixels = (size_t)set.count * IMAGE_SIDE * IMAGE_SIDE, extremes = 0;
    for (int c = 0; c < IMAGE_CHANNELS; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < pixels; i++) {
            uint8_t byte = set.pixels[IMAGE_CHANNELS * i + c];
            sum += byte / 255.0;
            squares += byte / 255.0 * (byte / 255.0);
            extremes += byte == 0 || byte == 255;
        }
        double mean = sum / pixels, deviation = sqrt(squares / pixels - mean * mean);
        cr_expect(mean > 0.35 && mean < 0.5, "channel %d: mean %g", c, mean);
        cr_expect(deviation > 0.18 && deviation < 0.27, "channel %d: standard deviation %g", c, deviation);
    }
    cr_expect(extremes < pixels * IMAGE_CHANNELS / 20, "%zu of %zu values are 0 or 255", extremes,
              pixels * IMAGE_CHANNELS);
    image_set_destroy(&set);
}

// What a simple eye sees: how much each of 8 x 8 places differs from the border's mean colour, and the mean colour of the
// middle relative to its brightness.
enum { FEATURES = 64 + 3 };

static void features_compute(const uint8_t *pixels, double features[FEATURES])
{
    double border[3] = {0}, middle[3] = {0};
    memset(features, 0, FEATURES * sizeof *features);
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            for (int c = 0; c < 3; c++) {
                double value = pixels[(32 * y + x) * 3 + c] / 255.0;
                if (x < 2 || x >= 30 || y < 2 || y >= 30) border[c] += value / 240;
                if (x >= 10 && x < 22 && y >= 10 && y < 22) middle[c] += value / 144;
            }
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            for (int c = 0; c < 3; c++)
                features[y / 4 * 8 + x / 4] += fabs(pixels[(32 * y + x) * 3 + c] / 255.0 - border[c]) / 48;
    for (int c = 0; c < 3; c++) features[64 + c] = 4 * middle[c] / (middle[0] + middle[1] + middle[2] + 0.01);
}

static double centroid_accuracy(int classes, int train_count, int test_count)
{
    static double centroids[100][FEATURES];
    struct image_set train = generate(2024, classes, 0, train_count),
                     test = generate(2024, classes, 10000000, test_count);
    double features[FEATURES];
    int right = 0;
    memset(centroids, 0, sizeof centroids);
    for (int i = 0; i < train_count; i++) {
        features_compute(image_of(&train, i), features);
        for (int f = 0; f < FEATURES; f++) centroids[train.labels[i]][f] += features[f] * classes / train_count;
    }
    for (int i = 0; i < test_count; i++) {
        double nearest = HUGE_VAL;
        int guess = -1;
        features_compute(image_of(&test, i), features);
        for (int k = 0; k < classes; k++) {
            double distance = 0;
            for (int f = 0; f < FEATURES; f++)
                distance += (features[f] - centroids[k][f]) * (features[f] - centroids[k][f]);
            if (distance < nearest) {
                nearest = distance;
                guess = k;
            }
        }
        right += guess == test.labels[i];
    }
    image_set_destroy(&train);
    image_set_destroy(&test);
    return (double)right / test_count;
}

// The test images are fixed, so these are fixed numbers; the bounds say what they mean. A guess is right one time in
// `classes`.
Test(synthetic, classes_show_but_not_to_a_simple_eye)
{
    double ten = centroid_accuracy(10, 4000, 2000), hundred = centroid_accuracy(100, 8000, 2000);
    cr_expect(ten > 0.2 && ten < 0.6, "10 classes: %g", ten);
    cr_expect(hundred > 0.04 && hundred < 0.3, "100 classes: %g", hundred);
}

// A flipped image keeps its class, because a flipped shape is the shape again.
Test(synthetic, shapes_are_mirror_symmetric_and_bounded)
{
    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        int inside = 0;
        for (int i = -200; i <= 200; i++)
            for (int j = -200; j <= 200; j++) {
                double u = i / 100.0, v = j / 100.0, here = shape_distance(shape, u, v);
                double mirrored = shape_distance(shape, -u, v);
                cr_assert(fabs(here - mirrored) <= 1e-12, "shape %d at %g, %g: %g and %g", shape, u, v, here, mirrored);
                cr_assert(here <= 0 || u * u + v * v <= 1.3 * 1.3, "shape %d reaches %g, %g", shape, u, v);
                inside += here > 0;
            }
        cr_expect(inside > 3000, "shape %d fills %d of 160801 points", shape, inside);
    }
}

Test(synthetic, wrong_requests_are_refused)
{
    static const int cases[][3] = {{0, 0, 1},   {20, 0, 1},        {10, -1, 1},      {10, 0, 0},
                                   {10, 0, -5}, {100, INT_MAX, 1}, {100, 5, INT_MAX}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct image_set set;
        struct status status = synthetic_generate(1, cases[c][0], cases[c][1], cases[c][2], &set);
        expect_error(status, STATUS_USAGE, "embedded set", "wrong request");
        cr_expect(eq(ptr, set.pixels, NULL));
    }
}
