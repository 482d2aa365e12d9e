// corruption.c: the table of the 15 corruptions. Knows their names and order and nothing else.
// Tests: tests/corruption_test.c.
#include "harness/corruption.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct corruption corruptions[CORRUPTION_COUNT] = {
    {"GN", "gaussian_noise", "Gaussian noise"},
    {"SN", "shot_noise", "Shot noise"},
    {"IN", "impulse_noise", "Impulse noise"},
    {"Br", "brightness", "Brightness"},
    {"Co", "contrast", "Contrast"},
    {"ET", "elastic_transform", "Elastic transform"},
    {"DB", "defocus_blur", "Defocus blur"},
    {"GB", "glass_blur", "Glass blur"},
    {"MB", "motion_blur", "Motion blur"},
    {"ZB", "zoom_blur", "Zoom blur"},
    {"Sn", "snow", "Snow"},
    {"Fr", "frost", "Frost"},
    {"Fo", "fog", "Fog"},
    {"Pi", "pixelate", "Pixelate"},
    {"JC", "jpeg_compression", "JPEG compression"},
};

const struct corruption *corruption_at(int place)
{
    assert(place >= 0 && place < CORRUPTION_COUNT);
    return &corruptions[place];
}

int corruption_place(const struct corruption *corruption)
{
    return (int)(corruption - corruptions);
}

const struct corruption *corruption_find(const char *code_or_name)
{
    for (int i = 0; i < CORRUPTION_COUNT; i++)
        if (strcmp(corruptions[i].code, code_or_name) == 0 || strcmp(corruptions[i].name, code_or_name) == 0)
            return &corruptions[i];
    return NULL;
}
