// geometry.h: the numbers that corruptions take from their settings alone, not from the picture: filter taps, offsets,
// zooms, kernels. In double through libm; the golden tables pin them. Faster implementations use these too.
#ifndef KERNELS_REFERENCE_CORRUPTIONS_GEOMETRY_H
#define KERNELS_REFERENCE_CORRUPTIONS_GEOMETRY_H

#include "kernels/draw/corruption_settings.h"

enum { GAUSSIAN_RADIUS_LIMIT = 19, MOTION_TAPS_LIMIT = 29, DEFOCUS_RADIUS = 2, ZOOM_COUNT_LIMIT = 26 };

// Half of a symmetric filter: weights[j] at distance j, summing to 1 over -radius .. radius.
struct gaussian_taps {
    int radius; // floor(truncation * sigma + 1/2)
    double weights[GAUSSIAN_RADIUS_LIMIT + 1];
};

struct gaussian_taps gaussian_taps_create(double sigma, double truncation);

// A one-sided filter along a line: output = sum of taps * picture at (row + rows[i], column + columns[i]).
struct motion_kernel {
    int count; // 2 * radius + 1
    double taps[MOTION_TAPS_LIMIT];
    int rows[MOTION_TAPS_LIMIT], columns[MOTION_TAPS_LIMIT];
};

struct motion_kernel motion_kernel_create(const struct motion_settings *settings, double angle_degrees);
// The same taps along another line.
struct motion_kernel motion_kernel_turn(struct motion_kernel kernel, double angle_degrees);

// A zoom into the middle: a square of `crop` pixels from `start` on is stretched to `zoomed` pixels, of which 32 from
// `trim` on are kept. Output j lies at (trim + j) * step in the square.
struct zoom_geometry {
    int crop, start, zoomed, trim;
    double step;
};

struct zoom_geometry zoom_geometry_create(double factor);
double zoom_blur_factor(int place); // of the zoomed pictures, from 0: 1, a little over 1.01, ...

// weights[2 + i][2 + j] for i, j in -2 .. 2; zero beyond.
struct defocus_kernel {
    float weights[2 * DEFOCUS_RADIUS + 1][2 * DEFOCUS_RADIUS + 1];
};

struct defocus_kernel defocus_kernel_create(const struct defocus_settings *settings);

// The affine map (x, y, 1) -> (x', y') that takes the three control points to where the jitter moves them.
struct affine {
    double m[6];
};

struct affine elastic_affine_create(const float jitter[6]);
struct affine affine_invert(struct affine map);

#endif
