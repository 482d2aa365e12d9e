// synthetic_scene.c: what a class looks like and what varies between its images. Knows nothing of pixels.
//
// With 100 classes, label / 10 is the shape and label % 10 the surface: one of two families of textures in one of five
// families of hues. With 10 classes the label is the shape, and half of the images have the surface of that number, the
// others any: a network that learned those ten classes has learned what the hundred are made of. Everything else varies:
// place, tilt, stretch, colours within the hues, the texture's direction and period, background, clutter behind,
// occluders in front, light and noise. All of it is as likely mirrored.
//
// Draws stand one after the other in statements and initialisers of their own: as arguments of one call, compilers may
// make them in any order. Tests: tests/synthetic_test.c.
#include "datasets/synthetic_scene.h"

#include <math.h>
#include <stdbool.h>

#include "datasets/synthetic_shape.h"

static double draw_between(struct random_stream *stream, double low, double high)
{
    return low + (high - low) * (double)random_next_uniform(stream);
}

static int draw_below(struct random_stream *stream, int bound)
{
    return (int)random_next_below(stream, (uint32_t)bound);
}

// A direction, all equally likely: a point of the disc, moved to its rim.
static void draw_direction(struct random_stream *stream, double axis[2])
{
    double square;
    do {
        axis[0] = draw_between(stream, -1, 1);
        axis[1] = draw_between(stream, -1, 1);
        square = axis[0] * axis[0] + axis[1] * axis[1];
    } while (!(square > 0.01 && square <= 1));
    double length = sqrt(square);
    axis[0] /= length;
    axis[1] /= length;
}

// A direction near (1, 0), with a slope of at most `steepest` either way.
static void draw_tilt(struct random_stream *stream, double steepest, double axis[2])
{
    double slope = draw_between(stream, -steepest, steepest), length = sqrt(1 + slope * slope);
    axis[0] = 1 / length;
    axis[1] = slope / length;
}

// Hue in 0 .. 6 (red, yellow, green, cyan, blue, magenta), taken round; saturation and value in 0 .. 1.
static void colour_set(double hue, double saturation, double value, double colour[3])
{
    if (hue < 0) hue += 6;
    if (hue >= 6) hue -= 6;
    for (int c = 0; c < 3; c++) {
        double distance = hue - 2 * c; // channel c is fullest at hue 2 c
        if (distance < 0) distance = -distance;
        if (distance > 3) distance = 6 - distance;
        double level = distance <= 1 ? 1 : distance >= 2 ? 0 : 2 - distance;
        colour[c] = value * (1 - saturation * (1 - level));
    }
}

// Two colours of nearly one hue, one light and one dark, in either order.
static void draw_colours(struct random_stream *stream, double hue, double saturation, struct texture *texture)
{
    bool swap = draw_below(stream, 2) == 1;
    double light = draw_between(stream, 0.6, 0.95), dark = light * draw_between(stream, 0.4, 0.7);
    colour_set(hue, saturation, light, swap ? texture->second : texture->first);
    colour_set(hue + draw_between(stream, -0.3, 0.3), saturation, dark, swap ? texture->first : texture->second);
}

static void draw_pattern(struct random_stream *stream, int pattern, struct texture *texture)
{
    static const double shortest[TEXTURE_COUNT] = {6, 6.5, 2.8, 5.5, 4.5}, longest[TEXTURE_COUNT] = {6, 9, 4, 8.5, 6.5};
    texture->pattern = pattern;
    texture->period = draw_between(stream, shortest[pattern], longest[pattern]);
    texture->origin[0] = draw_between(stream, 0, 32);
    texture->origin[1] = draw_between(stream, 0, 32);
    draw_direction(stream, texture->axis);
}

// Any texture in any hue, for what does not belong to the class.
static void draw_any_texture(struct random_stream *stream, double most_saturation, struct texture *texture)
{
    draw_pattern(stream, draw_below(stream, TEXTURE_COUNT), texture);
    double hue = draw_between(stream, 0, 6), saturation = draw_between(stream, 0, most_saturation);
    draw_colours(stream, hue, saturation, texture);
}

// surface = 5 * texture family + hue family. Stripes, wide or narrow, are one family of textures, checks and dots the
// other; the second colour is dark in stripes and pale in the others. The families of hues overlap.
static void draw_surface(struct random_stream *stream, int surface, struct texture *texture)
{
    bool spots = surface >= 5;
    draw_pattern(stream, (spots ? 3 : 1) + draw_below(stream, 2), texture);
    double hue = surface % 5 * 1.2 + draw_between(stream, -0.7, 0.7);
    double saturation = draw_between(stream, 0.6, 0.95), value = draw_between(stream, 0.6, 0.95);
    double second_saturation = spots ? draw_between(stream, 0, 0.3) : draw_between(stream, 0.6, 0.95);
    double second_value = spots ? draw_between(stream, 0.75, 1) : value * draw_between(stream, 0.3, 0.6);
    colour_set(hue, saturation, value, texture->first);
    colour_set(hue, second_saturation, second_value, texture->second);
}

static void draw_pose(struct random_stream *stream, double smallest, double largest, double spread,
                      struct figure *figure)
{
    double size = draw_between(stream, smallest, largest), stretch = draw_between(stream, 0.75, 1.3);
    figure->centre[0] = 15.5 + draw_between(stream, -spread, spread);
    figure->centre[1] = 15.5 + draw_between(stream, -spread, spread);
    figure->half[0] = size * stretch;
    figure->half[1] = size;
    draw_tilt(stream, 0.4, figure->axis);
}

static void draw_background(struct random_stream *stream, struct texture *texture)
{
    draw_any_texture(stream, 0.5, texture);
    texture->period *= draw_between(stream, 1, 3);
    double contrast = draw_between(stream, 0, 0.2);
    for (int c = 0; c < 3; c++)
        texture->second[c] = texture->first[c] + contrast * (texture->second[c] - texture->first[c]);
}

static void draw_extra(struct random_stream *stream, double smallest, double largest, double spread,
                       struct scene *scene)
{
    struct figure *figure = &scene->figures[scene->figure_count++];
    figure->shape = draw_below(stream, SHAPE_COUNT);
    draw_pose(stream, smallest, largest, spread, figure);
    draw_any_texture(stream, 0.9, &figure->texture);
}

static void draw_subject(struct random_stream *stream, int classes, int label, struct scene *scene)
{
    struct figure *figure = &scene->figures[scene->figure_count++];
    int surface = label % 10;
    figure->shape = classes == 100 ? label / 10 : label;
    if (classes == 10 && draw_below(stream, 2) == 0) surface = draw_below(stream, 10);
    draw_pose(stream, 10, 14, 2.5, figure);
    draw_surface(stream, surface, &figure->texture);
}

static void draw_light(struct random_stream *stream, struct scene *scene)
{
    double gain = draw_between(stream, 0.55, 1.25);
    for (int c = 0; c < 3; c++) scene->light[c] = gain * draw_between(stream, 0.85, 1.15);
    double axis[2], slope = draw_between(stream, 0, 0.02);
    draw_direction(stream, axis);
    scene->slope[0] = slope * axis[0];
    scene->slope[1] = slope * axis[1];
    scene->noise = draw_between(stream, 0.005, 0.03);
}

void scene_draw(struct random_stream *stream, int classes, int label, struct scene *scene)
{
    int clutter = draw_below(stream, 4), occluders = draw_below(stream, 3);
    scene->figure_count = 0;
    draw_background(stream, &scene->background);
    for (int i = 0; i < clutter; i++) draw_extra(stream, 2, 5, 15, scene);
    draw_subject(stream, classes, label, scene);
    for (int i = 0; i < occluders; i++) draw_extra(stream, 2, 6, 15, scene);
    if (draw_below(stream, 7) == 0)
        draw_extra(stream, 10, 13, 4, scene); // hides much of the subject: no network gets all of these right
    draw_light(stream, scene);
}
