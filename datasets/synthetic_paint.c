// synthetic_paint.c: scenes into pixels. Double arithmetic with + - * / sqrt and comparisons in a fixed order, and no
// contraction, so the bytes agree on every machine. Tests: tests/synthetic_test.c.
#include <math.h>

#include "datasets/image_set.h"
#include "datasets/synthetic_scene.h"
#include "datasets/synthetic_shape.h"

struct canvas {
    double pixels[IMAGE_SIDE][IMAGE_SIDE][IMAGE_CHANNELS];
};

// Written as one comparison each, so that compilers use the minimum and maximum instructions and not branches, which
// noise would make unpredictable.
static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double clamp(double value, double low, double high)
{
    return smaller(larger(value, low), high);
}

// Largest integer not above `value`, for values that fit an int; unlike floor() never a library call.
static double round_down(double value)
{
    int cut = (int)value;
    return (double)(cut - ((double)cut > value));
}

// A wave of period 1 between -1 (at whole numbers) and 1.
static double triangle_wave(double value)
{
    return 1 - 4 * fabs(value - round_down(value) - 0.5);
}

// Share of the second colour at pattern coordinates in units of the period; `ramp` makes edges a pixel wide.
static double pattern_mix(int pattern, double u, double v, double ramp)
{
    double level = 0;
    switch (pattern) {
    case 0: return 0;
    case 1:
    case 2: level = triangle_wave(u); break;
    case 3: level = triangle_wave(u) * triangle_wave(v) * 2; break;
    default: level = triangle_wave(u) + triangle_wave(v) - 0.9; break;
    }
    return clamp(0.5 + level * ramp, 0, 1);
}

static void texture_sample(const struct texture *texture, double x, double y, double colour[3])
{
    double dx = x - texture->origin[0], dy = y - texture->origin[1], frequency = 1 / texture->period;
    double u = (dx * texture->axis[0] + dy * texture->axis[1]) * frequency;
    double v = (dy * texture->axis[0] - dx * texture->axis[1]) * frequency;
    double mix = pattern_mix(texture->pattern, u, v, 0.25 * texture->period);
    for (int c = 0; c < IMAGE_CHANNELS; c++)
        colour[c] = texture->first[c] + mix * (texture->second[c] - texture->first[c]);
}

static void background_paint(const struct texture *texture, struct canvas *canvas)
{
    for (int y = 0; y < IMAGE_SIDE; y++)
        for (int x = 0; x < IMAGE_SIDE; x++) texture_sample(texture, x, y, canvas->pixels[y][x]);
}

// Share of the pixel that the figure covers, by a ramp one pixel wide along its edge.
static double figure_cover(const struct figure *figure, double x, double y)
{
    double dx = x - figure->centre[0], dy = y - figure->centre[1];
    double u = (dx * figure->axis[0] + dy * figure->axis[1]) / figure->half[0];
    double v = (dy * figure->axis[0] - dx * figure->axis[1]) / figure->half[1];
    double smaller_half = smaller(figure->half[0], figure->half[1]);
    return clamp(0.5 + shape_distance(figure->shape, u, v) * smaller_half, 0, 1);
}

static void figure_paint(const struct figure *figure, struct canvas *canvas)
{
    // No shape reaches further than 1.3 units from its centre, nor its edge ramp two pixels further.
    double reach = 1.3 * larger(figure->half[0], figure->half[1]) + 2;
    int left = (int)clamp(figure->centre[0] - reach, 0, IMAGE_SIDE);
    int right = (int)clamp(figure->centre[0] + reach + 1, 0, IMAGE_SIDE);
    int top = (int)clamp(figure->centre[1] - reach, 0, IMAGE_SIDE);
    int bottom = (int)clamp(figure->centre[1] + reach + 1, 0, IMAGE_SIDE);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            double cover = figure_cover(figure, x, y), colour[IMAGE_CHANNELS];
            if (!(cover > 0)) continue;
            texture_sample(&figure->texture, x, y, colour);
            for (int c = 0; c < IMAGE_CHANNELS; c++)
                canvas->pixels[y][x][c] += cover * (colour[c] - canvas->pixels[y][x][c]);
        }
}

// Sum of the four bytes of a word, centred: close to normal, and a word a value is cheap. Its standard deviation is
// sqrt(4 (256^2 - 1) / 12) = 147.8.
static const double noise_deviation = 147.8;
static int noise_next(struct random_stream *stream)
{
    uint32_t word = random_next_u32(stream);
    uint32_t pairs = (word & 0x00ff00ff) + ((word >> 8) & 0x00ff00ff);
    return (int)((pairs & 0xffff) + (pairs >> 16)) - 510;
}

static void canvas_finish(const struct canvas *canvas, const struct scene *scene, struct random_stream *stream,
                          uint8_t *pixels)
{
    double noise = 255 * scene->noise / noise_deviation;
    for (int y = 0; y < IMAGE_SIDE; y++)
        for (int x = 0; x < IMAGE_SIDE; x++) {
            double light = 255 * (1 + scene->slope[0] * (x - 15.5) + scene->slope[1] * (y - 15.5));
            for (int c = 0; c < IMAGE_CHANNELS; c++) {
                double value = canvas->pixels[y][x][c] * light * scene->light[c] + noise * noise_next(stream);
                *pixels++ = (uint8_t)clamp(value + 0.5, 0, 255);
            }
        }
}

void scene_paint(const struct scene *scene, struct random_stream *stream, uint8_t *pixels)
{
    struct canvas canvas;
    background_paint(&scene->background, &canvas);
    for (int f = 0; f < scene->figure_count; f++) figure_paint(&scene->figures[f], &canvas);
    canvas_finish(&canvas, scene, stream, pixels);
}
