// corruption_settings.c: the severities' numbers (hendrycks/robustness, ImageNet-C/create_c/make_cifar_c.py).
#include "kernels/draw/corruption_settings.h"

const double gaussian_noise_deviations[CORRUPTION_SEVERITIES] = {.04, .06, .08, .09, .10};
const int shot_noise_scales[CORRUPTION_SEVERITIES] = {500, 250, 100, 75, 50};
const double impulse_noise_shares[CORRUPTION_SEVERITIES] = {.01, .02, .03, .05, .07};
const double brightness_shifts[CORRUPTION_SEVERITIES] = {.05, .1, .15, .2, .3};
const double contrast_factors[CORRUPTION_SEVERITIES] = {.75, .5, .4, .3, .15};
const struct elastic_settings elastic_settings[CORRUPTION_SEVERITIES] = {
    {0, 0, 2.56}, {1.6, 6.4, 2.24}, {2.56, 1.92, 1.92}, {3.2, 1.28, 1.6}, {3.2, .96, .96}};
const struct defocus_settings defocus_settings[CORRUPTION_SEVERITIES] = {
    {.3, .4}, {.4, .5}, {.5, .6}, {1, .2}, {1.5, .1}};
const struct glass_settings glass_settings[CORRUPTION_SEVERITIES] = {{.05, 1}, {.25, 1}, {.4, 1}, {.25, 2}, {.4, 2}};
const struct motion_settings motion_settings[CORRUPTION_SEVERITIES] = {{6, 1}, {6, 1.5}, {6, 2}, {8, 2}, {9, 2.5}};
const int zoom_blur_counts[CORRUPTION_SEVERITIES] = {7, 12, 16, 21, 26};
const struct snow_settings snow_settings[CORRUPTION_SEVERITIES] = {{.1, .2, 1, .6, {8, 3}, .95},
                                                                   {.1, .2, 1, .5, {10, 4}, .9},
                                                                   {.15, .3, 1.75, .55, {10, 4}, .9},
                                                                   {.25, .3, 2.25, .6, {12, 6}, .85},
                                                                   {.3, .3, 1.25, .65, {14, 12}, .8}};
const struct frost_settings frost_settings[CORRUPTION_SEVERITIES] = {{1, .2}, {1, .3}, {.9, .4}, {.85, .4}, {.75, .45}};
const struct fog_settings fog_settings[CORRUPTION_SEVERITIES] = {{.2, 3}, {.5, 3}, {.75, 2.5}, {1, 2}, {1.5, 1.75}};
const int pixelate_sides[CORRUPTION_SEVERITIES] = {30, 28, 27, 24, 20};
const int jpeg_qualities[CORRUPTION_SEVERITIES] = {80, 65, 58, 50, 40};
