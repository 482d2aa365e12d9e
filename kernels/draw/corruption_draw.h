// corruption_draw.h: the random half of every corruption: numbers drawn from Philox become plain structs, the same for
// all backends. What is done with them is a pure function of struct and picture (reference/corruptions/,
// cpu/corruptions/). Brightness, contrast, defocus blur, zoom blur, pixelate and JPEG compression draw nothing.
#ifndef KERNELS_DRAW_CORRUPTION_DRAW_H
#define KERNELS_DRAW_CORRUPTION_DRAW_H

#include <stdint.h>

#include "base/random.h"
#include "kernels/draw/corruption_law.h"

struct gaussian_noise_draw {
    float normal[PICTURE_BYTES]; // standard normal: two words of Philox each
};

struct shot_noise_draw {
    uint16_t counts[PICTURE_BYTES]; // Poisson with mean scale * byte / 255: one word each (draw/shot_counts.h)
};

enum impulse_noise_code { IMPULSE_KEEP = 0, IMPULSE_SALT = 1, IMPULSE_PEPPER = 2 };

struct impulse_noise_draw {
    uint8_t codes[PICTURE_BYTES]; // enum impulse_noise_code: one word each
};

struct elastic_transform_draw {
    float jitter[6];                   // pixels by which the control points move: x, y of three points
    double uniform[2][PICTURE_PIXELS]; // in (-1, 1): raw fields of the displacement in x and in y
};

enum { GLASS_PASSES = 2, GLASS_STEPS = 30 * 30 };

struct glass_blur_draw {
    int8_t shifts[GLASS_PASSES][GLASS_STEPS][2]; // (dx, dy), each -1 or 0, from the lower right corner up
};

struct motion_blur_draw {
    double angle_degrees; // in (-45, 45)
};

struct snow_draw {
    double normal[PICTURE_PIXELS]; // with the severity's mean and deviation
    double angle_degrees;          // in (-135, -45)
};

struct frost_draw {
    int32_t texture, row, column;
    uint8_t crop[PICTURE_BYTES]; // the texture from there
};

enum { FOG_VALUES = 1023 };

struct fog_draw {
    double uniform[FOG_VALUES]; // in (-1, 1), in the order in which the plasma uses them
};

union corruption_draw {
    struct gaussian_noise_draw gaussian_noise;
    struct shot_noise_draw shot_noise;
    struct impulse_noise_draw impulse_noise;
    struct elastic_transform_draw elastic_transform;
    struct glass_blur_draw glass_blur;
    struct motion_blur_draw motion_blur;
    struct snow_draw snow;
    struct frost_draw frost;
    struct fog_draw fog;
};

// Whose draws: the image with number `index` in its data set, in an epoch of a run with this seed. Neither the place in
// the batch nor the thread nor the company has a say.
struct corruption_key {
    uint32_t seed, epoch, index;
};

// One word of PURPOSE_CORRUPTION_SEVERITY.
int corruption_draw_severity(const struct corruption_law *law, struct corruption_key key);

// The words of one corruption at one severity: purpose PURPOSE_CORRUPTION + kind, from block severity * 2^24 on, so that
// severities and corruptions of one image share no randomness.
struct random_stream corruption_stream(enum corruption_kind kind, int severity, struct corruption_key key);

// Draws what `kind` needs; nothing for kinds without randomness.
//   image     the picture that will be corrupted: counts of shot noise follow its bytes
//   textures  used by frost alone; may be NULL for other kinds
void corruption_draw(enum corruption_kind kind, int severity, struct corruption_key key,
                     const uint8_t image[PICTURE_BYTES], const struct frost_textures *textures,
                     union corruption_draw *draw);

// The parts of it.
void gaussian_noise_draw(struct random_stream *stream, struct gaussian_noise_draw *draw);
void shot_noise_draw(struct random_stream *stream, int severity, const uint8_t image[PICTURE_BYTES],
                     struct shot_noise_draw *draw);
void impulse_noise_draw(struct random_stream *stream, int severity, struct impulse_noise_draw *draw);
void elastic_transform_draw(struct random_stream *stream, int severity, struct elastic_transform_draw *draw);
void glass_blur_draw(struct random_stream *stream, int severity, struct glass_blur_draw *draw);
void motion_blur_draw(struct random_stream *stream, struct motion_blur_draw *draw);
void snow_draw(struct random_stream *stream, int severity, struct snow_draw *draw);
void frost_draw(struct random_stream *stream, const struct frost_textures *textures, struct frost_draw *draw);
void fog_draw(struct random_stream *stream, struct fog_draw *draw);

#endif
