// random_test.c: the generator against its published answers, streams, and the exact bits of every kind of draw, so
// that no change of a draw goes unnoticed. How draws are distributed: random_distribution_test.c.
#include "base/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

// The three kat_vectors for philox4x32 with 10 rounds that Random123 publishes.
Test(random, philox_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
        {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF},
         {0xFFFFFFFF, 0xFFFFFFFF},
         {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
        {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
         {0xA4093822, 0x299F31D0},
         {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t out[4];
        philox4x32_10(cases[i].counter, cases[i].key, out);
        for (int w = 0; w < 4; w++) cr_expect(eq(u32, out[w], cases[i].out[w]), "case %zu, word %d", i, w);
    }
}

// The header's promise: key (seed, purpose), counter (block, index, epoch, 0), words in order.
Test(random, streams_are_blocks_of_the_generator)
{
    struct random_stream stream = random_stream_create(11, PURPOSE_TEST, 22, 33);
    for (uint32_t block = 0; block < 5; block++) {
        uint32_t counter[4] = {block, 33, 22, 0}, key[2] = {11, PURPOSE_TEST}, out[4];
        philox4x32_10(counter, key, out);
        for (int w = 0; w < 4; w++) cr_expect(eq(u32, random_next_u32(&stream), out[w]), "block %u, word %d", block, w);
    }
}

Test(random, a_stream_outlives_its_block_counter)
{
    struct random_stream stream = random_stream_create(11, PURPOSE_TEST, 22, 33);
    stream.counter[0] = 0xFFFFFFFF;
    for (int w = 0; w < 4; w++) random_next_u32(&stream);
    uint32_t counter[4] = {0, 33, 22, 1}, key[2] = {11, PURPOSE_TEST}, out[4];
    philox4x32_10(counter, key, out);
    cr_expect(eq(u32, random_next_u32(&stream), out[0]));
}

Test(random, every_part_of_the_address_matters)
{
    struct random_stream streams[] = {
        random_stream_create(1, PURPOSE_TEST, 0, 0),        random_stream_create(2, PURPOSE_TEST, 0, 0),
        random_stream_create(1, PURPOSE_WEIGHT_INIT, 0, 0), random_stream_create(1, PURPOSE_TEST, 1, 0),
        random_stream_create(1, PURPOSE_TEST, 0, 1),
    };
    enum { COUNT = sizeof streams / sizeof streams[0] };
    uint32_t first[COUNT];
    for (int i = 0; i < COUNT; i++) first[i] = random_next_u32(&streams[i]);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++) cr_expect(ne(u32, first[i], first[j]), "streams %d and %d", i, j);
}

// Exact draws of seed 2024, epoch 3, index 5, written down once; whoever changes them changes every result of the
// project. The uniforms follow from the words by the formulas of random.h.
Test(random, uniform_bits_are_pinned)
{
    static const uint32_t words[4] = {0x47189801, 0xCFC31B0E, 0xA31DC471, 0x2425CE96};
    struct random_stream a = random_stream_create(2024, PURPOSE_TEST, 3, 5), b = a, c = a;
    for (int i = 0; i < 4; i++) {
        cr_expect(eq(u32, random_next_u32(&a), words[i]), "word %d", i);
        float uniform = random_next_uniform(&b);
        cr_expect(uniform == (float)(words[i] >> 8) / 16777216.0F, "uniform %d: %a", i, uniform);
        double open = random_next_uniform_open(&c);
        cr_expect(open == (words[i] + 0.5) / 4294967296.0, "open uniform %d: %a", i, open);
    }
}

Test(random, normal_bits_are_pinned)
{
    static const double expected[] = {0x1.353568da10255p-1,  0x1.330584598eb7cp-1, -0x1.097430bf8a901p+0,
                                      -0x1.80fbf8ef6e673p-2, 0x1.184cfe260c41bp-1, -0x1.21b907b8138d7p+0,
                                      0x1.4779ea8945e61p-6,  0x1.c114a2605161fp-1};
    struct random_stream stream = random_stream_create(2024, PURPOSE_TEST, 3, 5);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        double normal = random_next_normal(&stream);
        cr_expect(normal == expected[i], "draw %zu: %a, expected %a", i, normal, expected[i]);
    }
}

// A sum over many bits (FNV-1a), so that rare branches are pinned too: the same on gcc and clang at any -O.
Test(random, a_hundred_thousand_normals_are_pinned)
{
    struct random_stream stream = random_stream_create(2024, PURPOSE_TEST, 3, 6);
    uint64_t hash = 0xCBF29CE484222325U;
    for (int i = 0; i < 100000; i++) {
        double normal = random_next_normal(&stream);
        uint64_t bits;
        memcpy(&bits, &normal, sizeof bits);
        hash = (hash ^ bits) * 0x100000001B3U;
    }
    cr_expect(eq(u64, hash, 0xF946CFC414F8A676U));
}

Test(random, poisson_counts_are_pinned)
{
    static const struct {
        double mean;
        uint32_t counts[8];
    } cases[] = {{0, {0, 0, 0, 0, 0, 0, 0, 0}},
                 {0.1, {0, 0, 0, 0, 0, 0, 1, 0}},
                 {3, {3, 5, 4, 1, 7, 2, 8, 4}},
                 {9.9, {11, 15, 15, 6, 17, 6, 6, 10}},
                 {10, {8, 11, 11, 16, 10, 9, 7, 9}},
                 {60, {55, 63, 62, 74, 60, 59, 53, 59}},
                 {1000, {979, 1013, 1007, 1057, 1001, 995, 971, 995}},
                 {1e+06, {999337, 1000395, 1000234, 1001820, 1000039, 999840, 999104, 999848}}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct random_stream stream = random_stream_create(2024, PURPOSE_TEST, 3, 5);
        for (int i = 0; i < 8; i++)
            cr_expect(eq(u32, random_next_poisson(&stream, cases[c].mean), cases[c].counts[i]), "mean %g, draw %d",
                      cases[c].mean, i);
    }
}

Test(random, permutations_and_bounded_integers_are_pinned)
{
    static const int32_t permutation[10] = {6, 4, 1, 8, 9, 3, 0, 5, 7, 2};
    static const uint32_t below[6] = {277, 811, 637, 141, 582, 510};
    int32_t out[10];
    struct random_stream stream = random_stream_create(2024, PURPOSE_TEST, 3, 5), other = stream;
    random_permutation(&stream, out, 10);
    for (int i = 0; i < 10; i++) cr_expect(eq(i32, out[i], permutation[i]), "position %d", i);
    for (int i = 0; i < 6; i++) cr_expect(eq(u32, random_next_below(&other, 1000), below[i]), "draw %d", i);
}

// The extreme words give the extreme uniforms; both ends of the open interval stay open.
Test(random, uniforms_keep_to_their_intervals)
{
    static const uint32_t words[] = {0, 1, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct random_stream stream = {.words = {0, 0, words[i], words[i]}, .used = 2};
        float uniform = random_next_uniform(&stream);
        cr_expect(uniform >= 0 && uniform < 1, "word %x: %a", words[i], uniform);
        double open = random_next_uniform_open(&stream);
        cr_expect(open > 0 && open < 1, "word %x: %a", words[i], open);
    }
}

// The extreme words give finite normals, the largest of them sqrt(66 log 2) = 6.7637.
Test(random, normals_are_finite_at_the_edges)
{
    static const uint32_t words[] = {0, 1, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xC0000000, 0xFFFFFFFF};
    enum { COUNT = sizeof words / sizeof words[0] };
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            struct random_stream stream = {.words = {0, 0, words[i], words[j]}, .used = 2};
            double normal = random_next_normal(&stream);
            cr_expect(normal >= -6.7638 && normal <= 6.7638, "words %x, %x: %g", words[i], words[j], normal);
        }
}

Test(random, below_stays_below)
{
    static const uint32_t bounds[] = {1, 2, 3, 10, 1000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF};
    struct random_stream stream = random_stream_create(/* seed */ 8, PURPOSE_TEST, 0, 0);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        for (int draw = 0; draw < 1000; draw++) {
            uint32_t value = random_next_below(&stream, bounds[i]);
            cr_assert(lt(u32, value, bounds[i]), "bound %u, draw %d (seed 8)", bounds[i], draw);
        }
}

Test(random, permutations_hold_every_number_once)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 10, 1000, 50000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct random_stream stream = random_stream_create(/* seed */ 9, PURPOSE_TEST, 0, (uint32_t)i);
        int32_t *out = malloc((counts[i] + 1) * sizeof *out);
        unsigned char *seen = calloc(counts[i] + 1, 1);
        cr_assert(out != NULL && seen != NULL);
        out[counts[i]] = 12345;
        random_permutation(&stream, out, counts[i]);
        for (uint32_t k = 0; k < counts[i]; k++) {
            cr_assert(out[k] >= 0 && (uint32_t)out[k] < counts[i], "count %u, position %u", counts[i], k);
            cr_assert(eq(int, seen[out[k]]++, 0), "count %u, position %u", counts[i], k);
        }
        cr_expect(eq(i32, out[counts[i]], 12345), "count %u: wrote past the end", counts[i]);
        free(out);
        free(seen);
    }
}
