// corruption_draw.c: streams of words become the corruptions' draws. Tests: tests/corruption_draw_test.c.
#include "kernels/draw/corruption_draw.h"

#include <string.h>

#include "kernels/draw/corruption_settings.h"
#include "kernels/draw/shot_counts.h"

struct corruption_law corruption_law_fixed(enum corruption_kind kind, int severity)
{
    struct corruption_law law = {.kind = (int32_t)kind};
    law.weights[severity] = 1;
    return law;
}

// Severities without weight are never drawn, whatever the last bits of the sums: the comparison is strict, and the last
// severity with weight takes what is left.
int corruption_draw_severity(const struct corruption_law *law, struct corruption_key key)
{
    struct random_stream stream = random_stream_create(key.seed, PURPOSE_CORRUPTION_SEVERITY, key.epoch, key.index);
    double total = 0, sum = 0;
    int last = 0;
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) total += (double)law->weights[severity];
    double place = random_next_uniform_open(&stream) * total;
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) {
        if (!(law->weights[severity] > 0)) continue;
        sum += (double)law->weights[severity];
        last = severity;
        if (place < sum) break;
    }
    return last;
}

struct random_stream corruption_stream(enum corruption_kind kind, int severity, struct corruption_key key)
{
    enum purpose purpose = (enum purpose)(PURPOSE_CORRUPTION + (int)kind);
    struct random_stream stream = random_stream_create(key.seed, purpose, key.epoch, key.index);
    stream.counter[0] = (uint32_t)severity << 24;
    return stream;
}

static double next_symmetric(struct random_stream *stream)
{
    return 2 * random_next_uniform_open(stream) - 1;
}

void gaussian_noise_draw(struct random_stream *stream, struct gaussian_noise_draw *draw)
{
    for (int i = 0; i < PICTURE_BYTES; i++) draw->normal[i] = (float)random_next_normal(stream);
}

void shot_noise_draw(struct random_stream *stream, int severity, const uint8_t image[PICTURE_BYTES],
                     struct shot_noise_draw *draw)
{
    const struct shot_counts *counts = shot_counts();
    const struct shot_mean *means = counts->means[severity - 1];
    for (int i = 0; i < PICTURE_BYTES; i++)
        draw->counts[i] = shot_counts_find(counts, &means[image[i]], random_next_u32(stream));
}

// The lower half of the words that hit salt, the upper half pepper.
void impulse_noise_draw(struct random_stream *stream, int severity, struct impulse_noise_draw *draw)
{
    const uint32_t salt = (uint32_t)(impulse_noise_shares[severity - 1] / 2 * 0x1p32 + 0.5);
    for (int i = 0; i < PICTURE_BYTES; i++) {
        uint32_t word = random_next_u32(stream);
        draw->codes[i] = (uint8_t)(word < salt ? IMPULSE_SALT : word < 2 * salt ? IMPULSE_PEPPER : IMPULSE_KEEP);
    }
}

void elastic_transform_draw(struct random_stream *stream, int severity, struct elastic_transform_draw *draw)
{
    const double jitter = elastic_settings[severity - 1].jitter;
    for (int i = 0; i < 6; i++) draw->jitter[i] = (float)(jitter * next_symmetric(stream));
    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < PICTURE_PIXELS; i++) draw->uniform[axis][i] = next_symmetric(stream);
}

// Sixteen steps a word: two bits each, dx first.
void glass_blur_draw(struct random_stream *stream, int severity, struct glass_blur_draw *draw)
{
    memset(draw->shifts, 0, sizeof draw->shifts);
    for (int pass = 0; pass < glass_settings[severity - 1].passes; pass++) {
        uint32_t word = 0;
        for (int step = 0; step < GLASS_STEPS; step++, word >>= 2) {
            if (step % 16 == 0) word = random_next_u32(stream);
            draw->shifts[pass][step][0] = (int8_t) - (int)(word & 1);
            draw->shifts[pass][step][1] = (int8_t) - (int)(word >> 1 & 1);
        }
    }
}

void motion_blur_draw(struct random_stream *stream, struct motion_blur_draw *draw)
{
    draw->angle_degrees = 45 * next_symmetric(stream);
}

void snow_draw(struct random_stream *stream, int severity, struct snow_draw *draw)
{
    const struct snow_settings *snow = &snow_settings[severity - 1];
    for (int i = 0; i < PICTURE_PIXELS; i++)
        draw->normal[i] = snow->mean + snow->deviation * random_next_normal(stream);
    draw->angle_degrees = -90 + 45 * next_symmetric(stream);
}

// The last possible position is never drawn, as in the code that made CIFAR-10-C.
void frost_draw(struct random_stream *stream, const struct frost_textures *textures, struct frost_draw *draw)
{
    draw->texture = (int32_t)random_next_below(stream, FROST_TEXTURES);
    const int height = textures->textures[draw->texture].height, width = textures->textures[draw->texture].width;
    draw->row = (int32_t)random_next_below(stream, (uint32_t)(height - PICTURE_SIDE));
    draw->column = (int32_t)random_next_below(stream, (uint32_t)(width - PICTURE_SIDE));
    const uint8_t *texture = textures->pixels + textures->textures[draw->texture].offset;
    const size_t row_bytes = (size_t)PICTURE_SIDE * PICTURE_CHANNELS;
    for (size_t row = 0; row < PICTURE_SIDE; row++) {
        const size_t pixel = ((size_t)draw->row + row) * (size_t)width + (size_t)draw->column;
        memcpy(draw->crop + row * row_bytes, texture + PICTURE_CHANNELS * pixel, row_bytes);
    }
}

void fog_draw(struct random_stream *stream, struct fog_draw *draw)
{
    for (int i = 0; i < FOG_VALUES; i++) draw->uniform[i] = next_symmetric(stream);
}

void corruption_draw(enum corruption_kind kind, int severity, struct corruption_key key,
                     const uint8_t image[PICTURE_BYTES], const struct frost_textures *textures,
                     union corruption_draw *draw)
{
    struct random_stream stream = corruption_stream(kind, severity, key);
    switch (kind) {
    case CORRUPTION_GAUSSIAN_NOISE: gaussian_noise_draw(&stream, &draw->gaussian_noise); break;
    case CORRUPTION_SHOT_NOISE: shot_noise_draw(&stream, severity, image, &draw->shot_noise); break;
    case CORRUPTION_IMPULSE_NOISE: impulse_noise_draw(&stream, severity, &draw->impulse_noise); break;
    case CORRUPTION_ELASTIC_TRANSFORM: elastic_transform_draw(&stream, severity, &draw->elastic_transform); break;
    case CORRUPTION_GLASS_BLUR: glass_blur_draw(&stream, severity, &draw->glass_blur); break;
    case CORRUPTION_MOTION_BLUR: motion_blur_draw(&stream, &draw->motion_blur); break;
    case CORRUPTION_SNOW: snow_draw(&stream, severity, &draw->snow); break;
    case CORRUPTION_FROST: frost_draw(&stream, textures, &draw->frost); break;
    case CORRUPTION_FOG: fog_draw(&stream, &draw->fog); break;
    case CORRUPTION_BRIGHTNESS:
    case CORRUPTION_CONTRAST:
    case CORRUPTION_DEFOCUS_BLUR:
    case CORRUPTION_ZOOM_BLUR:
    case CORRUPTION_PIXELATE:
    case CORRUPTION_JPEG_COMPRESSION:
    case CORRUPTION_COUNT: break;
    }
}
