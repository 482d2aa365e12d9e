// draws.c: draws by the thousand: corruption_draw's bits, with Philox and the normal transform on vectors. Words are
// generated block after block, as a stream gives them out; each draw takes its words from that array. The arithmetic of
// normals is that of base/random_normal.c and base/random_math.c, without branches.
#include <math.h>

#include "kernels/cpu/corruptions/corruptions.h"
#include "kernels/draw/shot_counts.h"

enum { WORDS_AT_ONCE = 1024, BLOCKS = 16 }; // blocks of four words that are computed side by side

// Philox 4x32-10 of counters first, first + 1, ...; see base/philox.c.
static void fill_blocks(const struct random_stream *stream, uint32_t first, uint32_t words[4 * BLOCKS])
{
    uint64_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS]; // 32-bit values
    uint32_t key0 = stream->key[0], key1 = stream->key[1];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        c0[i] = first + i;
        c1[i] = stream->counter[1];
        c2[i] = stream->counter[2];
        c3[i] = stream->counter[3];
    }
    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9U, key1 += 0xBB67AE85U)
        for (int i = 0; i < BLOCKS; i++) {
            const uint64_t product0 = (uint64_t)0xD2511F53U * (uint32_t)c0[i];
            const uint64_t product1 = (uint64_t)0xCD9E8D57U * (uint32_t)c2[i];
            c0[i] = (product1 >> 32) ^ c1[i] ^ key0;
            c1[i] = (uint32_t)product1;
            c2[i] = (product0 >> 32) ^ c3[i] ^ key1;
            c3[i] = (uint32_t)product0;
        }
    for (int i = 0; i < BLOCKS; i++) {
        words[4 * i] = (uint32_t)c0[i];
        words[4 * i + 1] = (uint32_t)c1[i];
        words[4 * i + 2] = (uint32_t)c2[i];
        words[4 * i + 3] = (uint32_t)c3[i];
    }
}

// The next WORDS_AT_ONCE words of a stream whose blocks are all unused; draws need less than 2^24 blocks.
static void fill_words(struct random_stream *stream, uint32_t words[WORDS_AT_ONCE])
{
    for (uint32_t i = 0; i < WORDS_AT_ONCE; i += 4 * BLOCKS) fill_blocks(stream, stream->counter[0] + i / 4, words + i);
    stream->counter[0] += WORDS_AT_ONCE / 4;
}

// (word + 1/2) / 2^32: the word becomes the low bits of 2^52, which is taken off again.
static inline double open_uniform(uint32_t word)
{
    union {
        uint64_t bits;
        double value;
    } shifted = {.bits = 0x4330000000000000U | word};
    return (shifted.value - 0x1p52 + 0.5) * 0x1p-32;
}

static inline double logarithm(double x)
{
    union {
        uint64_t bits;
        double value;
    } number = {.value = x}, exponent;
    const uint64_t fraction = number.bits & 0xFFFFFFFFFFFFFU;
    const uint64_t upper = (0x6A09E667F3BCCU - fraction) >> 63; // 1 from sqrt(2) on; AVX2 compares no unsigned words
    exponent.bits = 0x4330000000000000U | ((number.bits >> 52) + upper);
    number.bits = fraction | ((uint64_t)(1023 - upper) << 52);
    const double scale = exponent.value - (0x1p52 + 1023), m = number.value;
    const double f = (m - 1.0) / (m + 1.0), s = f * f;
    double sum = 1.0 / 21.0;
    sum = sum * s + 1.0 / 19.0;
    sum = sum * s + 1.0 / 17.0;
    sum = sum * s + 1.0 / 15.0;
    sum = sum * s + 1.0 / 13.0;
    sum = sum * s + 1.0 / 11.0;
    sum = sum * s + 1.0 / 9.0;
    sum = sum * s + 1.0 / 7.0;
    sum = sum * s + 1.0 / 5.0;
    sum = sum * s + 1.0 / 3.0;
    return scale * 0x1.62e42feep-1 + (scale * 0x1.a39ef35793c76p-33 + (2.0 * f + 2.0 * f * (s * sum)));
}

static inline double sine(double x, double s)
{
    double sum = 1.0 / 355687428096000.0;
    sum = sum * s - 1.0 / 1307674368000.0;
    sum = sum * s + 1.0 / 6227020800.0;
    sum = sum * s - 1.0 / 39916800.0;
    sum = sum * s + 1.0 / 362880.0;
    sum = sum * s - 1.0 / 5040.0;
    sum = sum * s + 1.0 / 120.0;
    sum = sum * s - 1.0 / 6.0;
    return x + x * (s * sum);
}

static inline double cosine(double s)
{
    double sum = 1.0 / 20922789888000.0;
    sum = sum * s - 1.0 / 87178291200.0;
    sum = sum * s + 1.0 / 479001600.0;
    sum = sum * s - 1.0 / 3628800.0;
    sum = sum * s + 1.0 / 40320.0;
    sum = sum * s - 1.0 / 720.0;
    sum = sum * s + 1.0 / 24.0;
    sum = sum * s - 0.5;
    return 1.0 + s * sum;
}

// Both series are summed and one is taken, by bits, since a branch would keep the loop from becoming vectors: sine in odd
// quadrants; minus in quadrants 1 and 2.
static inline double cosine_turns(double turns)
{
    union {
        double value;
        uint64_t bits;
    } odd, even, result;
    const double quarters = 4.0 * turns;
    const int quadrant = (int)(quarters + 0.5);
    const double x = (quarters - (double)quadrant) * 0x1.921fb54442d18p+0, s = x * x;
    const uint64_t number = (uint64_t)quadrant, choose_odd = 0 - (number & 1);
    odd.value = sine(x, s);
    even.value = cosine(s);
    result.bits = ((odd.bits & choose_odd) | (even.bits & ~choose_odd)) ^ ((number + 1) & 2) << 62;
    return result.value;
}

static void fill_normals(struct random_stream *stream, int count, double *normals)
{
    uint32_t words[WORDS_AT_ONCE];
    for (int done = 0; done < count; done += WORDS_AT_ONCE / 2) {
        fill_words(stream, words);
        for (int i = 0; i < WORDS_AT_ONCE / 2; i++)
            normals[done + i] =
                sqrt(-2.0 * logarithm(open_uniform(words[2 * i]))) * cosine_turns(open_uniform(words[2 * i + 1]));
    }
}

static void draw_gaussian_noise(struct random_stream *stream, struct gaussian_noise_draw *draw)
{
    double normals[PICTURE_BYTES];
    fill_normals(stream, PICTURE_BYTES, normals);
    for (int i = 0; i < PICTURE_BYTES; i++) draw->normal[i] = (float)normals[i];
}

static void draw_shot_noise(struct random_stream *stream, int severity, const uint8_t *image,
                            struct shot_noise_draw *draw)
{
    const struct shot_counts *counts = shot_counts();
    const struct shot_mean *means = counts->means[severity - 1];
    uint32_t words[WORDS_AT_ONCE];
    for (int done = 0; done < PICTURE_BYTES; done += WORDS_AT_ONCE) {
        fill_words(stream, words);
        for (int i = 0; i < WORDS_AT_ONCE; i++)
            draw->counts[done + i] = shot_counts_find(counts, &means[image[done + i]], words[i]);
    }
}

static void draw_impulse_noise(struct random_stream *stream, int severity, struct impulse_noise_draw *draw)
{
    const uint32_t salt = (uint32_t)(impulse_noise_shares[severity - 1] / 2 * 0x1p32 + 0.5);
    uint32_t words[WORDS_AT_ONCE];
    for (int done = 0; done < PICTURE_BYTES; done += WORDS_AT_ONCE) {
        fill_words(stream, words);
        for (int i = 0; i < WORDS_AT_ONCE; i++)
            draw->codes[done + i] = (uint8_t)((words[i] < 2 * salt) + (words[i] < 2 * salt && words[i] >= salt));
    }
}

static void draw_snow(struct random_stream *stream, int severity, struct snow_draw *draw)
{
    const struct snow_settings *snow = &snow_settings[severity - 1];
    fill_normals(stream, PICTURE_PIXELS, draw->normal);
    for (int i = 0; i < PICTURE_PIXELS; i++) draw->normal[i] = snow->mean + snow->deviation * draw->normal[i];
    draw->angle_degrees = -90 + 45 * (2 * random_next_uniform_open(stream) - 1);
}

static void draw_fog(struct random_stream *stream, struct fog_draw *draw)
{
    uint32_t words[WORDS_AT_ONCE];
    fill_words(stream, words);
    for (int i = 0; i < FOG_VALUES; i++) draw->uniform[i] = 2 * open_uniform(words[i]) - 1;
}

static void draw_elastic_transform(struct random_stream *stream, int severity, struct elastic_transform_draw *draw)
{
    const double jitter = elastic_settings[severity - 1].jitter;
    uint32_t words[3 * WORDS_AT_ONCE];
    for (int i = 0; i < 3; i++) fill_words(stream, words + i * WORDS_AT_ONCE);
    for (int i = 0; i < 6; i++) draw->jitter[i] = (float)(jitter * (2 * open_uniform(words[i]) - 1));
    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < PICTURE_PIXELS; i++)
            draw->uniform[axis][i] = 2 * open_uniform(words[6 + axis * PICTURE_PIXELS + i]) - 1;
}

void ISA_NAME(corruption_draw)(enum corruption_kind kind, int severity, struct corruption_key key, const uint8_t *image,
                               const struct frost_textures *textures, union corruption_draw *draw)
{
    struct random_stream stream = corruption_stream(kind, severity, key);
    switch (kind) {
    case CORRUPTION_GAUSSIAN_NOISE: draw_gaussian_noise(&stream, &draw->gaussian_noise); break;
    case CORRUPTION_SHOT_NOISE: draw_shot_noise(&stream, severity, image, &draw->shot_noise); break;
    case CORRUPTION_IMPULSE_NOISE: draw_impulse_noise(&stream, severity, &draw->impulse_noise); break;
    case CORRUPTION_ELASTIC_TRANSFORM: draw_elastic_transform(&stream, severity, &draw->elastic_transform); break;
    case CORRUPTION_SNOW: draw_snow(&stream, severity, &draw->snow); break;
    case CORRUPTION_FOG: draw_fog(&stream, &draw->fog); break;
    default: corruption_draw(kind, severity, key, image, textures, draw); break;
    }
}
