// corruption_settings.h: what the severities 1 .. 5 of every corruption mean, as in the code that made CIFAR-10-C.
// Every table is indexed by severity - 1.
#ifndef KERNELS_DRAW_CORRUPTION_SETTINGS_H
#define KERNELS_DRAW_CORRUPTION_SETTINGS_H

#include "kernels/draw/corruption_kind.h"

struct elastic_settings {
    double amplitude; // of the smooth displacement, in pixels
    double sigma;     // of its smoothing, in pixels; 0: none
    double jitter;    // control points move by uniform(-jitter, jitter) pixels
};

struct defocus_settings {
    double radius, sigma; // of the disc and of its smoothing, in pixels
};

struct glass_settings {
    double sigma; // in pixels
    int passes;
};

struct motion_settings {
    int radius; // the kernel has 2 * radius + 1 taps
    double sigma;
};

struct snow_settings {
    double mean, deviation; // of the flakes' normal field
    double zoom, threshold;
    struct motion_settings motion;
    double mix; // share of the picture that stays as it is
};

struct frost_settings {
    double picture_share, frost_share;
};

struct fog_settings {
    double amount, decay;
};

extern const double gaussian_noise_deviations[CORRUPTION_SEVERITIES];
extern const int shot_noise_scales[CORRUPTION_SEVERITIES]; // photons of a white pixel
extern const double impulse_noise_shares[CORRUPTION_SEVERITIES];
extern const double brightness_shifts[CORRUPTION_SEVERITIES];
extern const double contrast_factors[CORRUPTION_SEVERITIES];
extern const struct elastic_settings elastic_settings[CORRUPTION_SEVERITIES];
extern const struct defocus_settings defocus_settings[CORRUPTION_SEVERITIES];
extern const struct glass_settings glass_settings[CORRUPTION_SEVERITIES];
extern const struct motion_settings motion_settings[CORRUPTION_SEVERITIES];
extern const int zoom_blur_counts[CORRUPTION_SEVERITIES]; // zoomed pictures that are averaged
extern const struct snow_settings snow_settings[CORRUPTION_SEVERITIES];
extern const struct frost_settings frost_settings[CORRUPTION_SEVERITIES];
extern const struct fog_settings fog_settings[CORRUPTION_SEVERITIES];
extern const int pixelate_sides[CORRUPTION_SEVERITIES];
extern const int jpeg_qualities[CORRUPTION_SEVERITIES];

#endif
