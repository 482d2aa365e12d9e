// draws.c: draws by the thousand: corruption_draw's bits, with Philox and the normal transform on vectors
// (kernels/cpu/vector_random.h).
#include "kernels/cpu/corruptions/corruptions.h"
#include "kernels/cpu/vector_random.h"
#include "kernels/draw/shot_counts.h"

static void draw_gaussian_noise(struct random_stream *stream, struct gaussian_noise_draw *draw)
{
    double normals[RANDOM_NORMALS];
    for (int done = 0; done < PICTURE_BYTES; done += RANDOM_NORMALS) {
        random_next_normals(stream, normals);
        for (int i = 0; i < RANDOM_NORMALS; i++) draw->normal[done + i] = (float)normals[i];
    }
}

static void draw_shot_noise(struct random_stream *stream, int severity, const uint8_t *image,
                            struct shot_noise_draw *draw)
{
    const struct shot_counts *counts = shot_counts();
    const struct shot_mean *means = counts->means[severity - 1];
    uint32_t words[WORDS_AT_ONCE];
    for (int done = 0; done < PICTURE_BYTES; done += WORDS_AT_ONCE) {
        random_fill_words(stream, WORDS_AT_ONCE, words);
        for (int i = 0; i < WORDS_AT_ONCE; i++)
            draw->counts[done + i] = shot_counts_find(counts, &means[image[done + i]], words[i]);
    }
}

static void draw_impulse_noise(struct random_stream *stream, int severity, struct impulse_noise_draw *draw)
{
    const uint32_t salt = (uint32_t)(impulse_noise_shares[severity - 1] / 2 * 0x1p32 + 0.5);
    uint32_t words[WORDS_AT_ONCE];
    for (int done = 0; done < PICTURE_BYTES; done += WORDS_AT_ONCE) {
        random_fill_words(stream, WORDS_AT_ONCE, words);
        for (int i = 0; i < WORDS_AT_ONCE; i++)
            draw->codes[done + i] = (uint8_t)((words[i] < 2 * salt) + (words[i] < 2 * salt && words[i] >= salt));
    }
}

static void draw_snow(struct random_stream *stream, int severity, struct snow_draw *draw)
{
    const struct snow_settings *snow = &snow_settings[severity - 1];
    for (int done = 0; done < PICTURE_PIXELS; done += RANDOM_NORMALS) random_next_normals(stream, draw->normal + done);
    for (int i = 0; i < PICTURE_PIXELS; i++) draw->normal[i] = snow->mean + snow->deviation * draw->normal[i];
    draw->angle_degrees = -90 + 45 * (2 * random_next_uniform_open(stream) - 1);
}

static void draw_fog(struct random_stream *stream, struct fog_draw *draw)
{
    uint32_t words[WORDS_AT_ONCE];
    random_fill_words(stream, WORDS_AT_ONCE, words);
    for (int i = 0; i < FOG_VALUES; i++) draw->uniform[i] = 2 * random_vector_uniform(words[i]) - 1;
}

static void draw_elastic_transform(struct random_stream *stream, int severity, struct elastic_transform_draw *draw)
{
    const double jitter = elastic_settings[severity - 1].jitter;
    uint32_t words[3 * WORDS_AT_ONCE];
    for (int i = 0; i < 3; i++) random_fill_words(stream, WORDS_AT_ONCE, words + i * WORDS_AT_ONCE);
    for (int i = 0; i < 6; i++) draw->jitter[i] = (float)(jitter * (2 * random_vector_uniform(words[i]) - 1));
    for (int axis = 0; axis < 2; axis++)
        for (int i = 0; i < PICTURE_PIXELS; i++)
            draw->uniform[axis][i] = 2 * random_vector_uniform(words[6 + axis * PICTURE_PIXELS + i]) - 1;
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
