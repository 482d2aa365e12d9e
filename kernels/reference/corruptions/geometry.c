// geometry.c: filter taps, offsets, zooms and kernels from the corruptions' settings. Tests: tests/golden_corruptions_test.c.
#include "kernels/reference/corruptions/geometry.h"

#include <math.h>
#include <stdbool.h>

struct gaussian_taps gaussian_taps_create(double sigma, double truncation)
{
    struct gaussian_taps taps = {.radius = (int)floor(truncation * sigma + 0.5), .weights = {1}};
    double sum = 0;
    if (taps.radius == 0) return taps;
    for (int j = 0; j <= taps.radius; j++) taps.weights[j] = exp(-0.5 / (sigma * sigma) * (double)(j * j));
    for (int j = -taps.radius; j <= taps.radius; j++) sum += taps.weights[j < 0 ? -j : j];
    for (int j = 0; j <= taps.radius; j++) taps.weights[j] /= sum;
    return taps;
}

struct motion_kernel motion_kernel_turn(struct motion_kernel kernel, double angle_degrees)
{
    const double angle = angle_degrees * M_PI / 180;
    const double down = kernel.count * sin(angle), right = kernel.count * cos(angle), length = hypot(down, right);
    for (int i = 0; i < kernel.count; i++) {
        kernel.rows[i] = (int)ceil(i * down / length - 0.5);
        kernel.columns[i] = (int)ceil(i * right / length - 0.5);
    }
    return kernel;
}

struct motion_kernel motion_kernel_create(const struct motion_settings *settings, double angle_degrees)
{
    struct motion_kernel kernel = {.count = 2 * settings->radius + 1};
    double sum = 0;
    for (int i = 0; i < kernel.count; i++) {
        kernel.taps[i] = exp(-(double)(i * i) / (2 * settings->sigma * settings->sigma));
        sum += kernel.taps[i];
    }
    for (int i = 0; i < kernel.count; i++) kernel.taps[i] /= sum;
    return motion_kernel_turn(kernel, angle_degrees);
}

// The step of the factors as the original's range arithmetic has it: its last bits decide the last zoom's side.
double zoom_blur_factor(int place)
{
    const volatile double beyond = 1.0 + 0.01; // rounded here, on every compiler
    return 1 + place * (beyond - 1.0);
}

struct zoom_geometry zoom_geometry_create(double factor)
{
    struct zoom_geometry zoom;
    zoom.crop = (int)ceil(PICTURE_SIDE / factor);
    zoom.start = (PICTURE_SIDE - zoom.crop) / 2;
    zoom.zoomed = (int)nearbyint(zoom.crop * factor);
    zoom.trim = (zoom.zoomed - PICTURE_SIDE) / 2;
    zoom.step = (double)(zoom.crop - 1) / (double)(zoom.zoomed - 1);
    return zoom;
}

enum { DISC = 2 * DEFOCUS_RADIUS + 1 };

static void defocus_fill_disc(double radius, float disc[DISC][DISC])
{
    int points = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = -DEFOCUS_RADIUS; i <= DEFOCUS_RADIUS; i++)
            for (int j = -DEFOCUS_RADIUS; j <= DEFOCUS_RADIUS; j++) {
                bool inside = (double)(i * i + j * j) <= radius * radius;
                if (pass == 0)
                    points += inside;
                else
                    disc[DEFOCUS_RADIUS + i][DEFOCUS_RADIUS + j] = inside ? 1.0F / (float)points : 0.0F;
            }
}

static float defocus_smooth(const float taps[2], float before, float here, float after)
{
    return taps[0] * before + taps[1] * here + taps[0] * after;
}

struct defocus_kernel defocus_kernel_create(const struct defocus_settings *settings)
{
    const double side = exp(-1 / (2 * settings->sigma * settings->sigma)), sum = side + 1 + side;
    const float taps[2] = {(float)(side / sum), (float)(1 / sum)};
    float disc[DISC][DISC], rows[DISC][DISC];
    struct defocus_kernel kernel;
    defocus_fill_disc(settings->radius, disc);
    for (int i = 0; i < DISC; i++)
        for (int j = 0; j < DISC; j++)
            rows[i][j] =
                defocus_smooth(taps, j > 0 ? disc[i][j - 1] : 0, disc[i][j], j + 1 < DISC ? disc[i][j + 1] : 0);
    for (int i = 0; i < DISC; i++)
        for (int j = 0; j < DISC; j++)
            kernel.weights[i][j] =
                defocus_smooth(taps, i > 0 ? rows[i - 1][j] : 0, rows[i][j], i + 1 < DISC ? rows[i + 1][j] : 0);
    return kernel;
}

// The points are (26, 26), (26, 6), (6, 6): two of them differ in y alone, two in x alone.
struct affine elastic_affine_create(const float jitter[6])
{
    static const double points[3][2] = {{26, 26}, {26, 6}, {6, 6}};
    struct affine map;
    for (int axis = 0; axis < 2; axis++) {
        double moved[3];
        for (int p = 0; p < 3; p++) moved[p] = (double)((float)points[p][axis] + jitter[2 * p + axis]);
        double *row = map.m + 3 * axis;
        row[0] = (moved[1] - moved[2]) / 20;
        row[1] = (moved[0] - moved[1]) / 20;
        row[2] = moved[2] - 6 * row[0] - 6 * row[1];
    }
    return map;
}

struct affine affine_invert(struct affine map)
{
    const double *m = map.m, scale = 1 / (m[0] * m[4] - m[1] * m[3]);
    struct affine inverse;
    double *n = inverse.m;
    n[0] = m[4] * scale;
    n[1] = -scale * m[1];
    n[3] = -scale * m[3];
    n[4] = m[0] * scale;
    n[2] = -n[0] * m[2] - n[1] * m[5];
    n[5] = -n[3] * m[2] - n[4] * m[5];
    return inverse;
}
