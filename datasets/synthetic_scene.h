// synthetic_scene.h: what one image of the embedded set shows, as numbers. synthetic_scene.c draws them at random,
// synthetic_paint.c turns them into pixels.
#ifndef DATASETS_SYNTHETIC_SCENE_H
#define DATASETS_SYNTHETIC_SCENE_H

#include <stdint.h>

#include "base/random.h"

enum { TEXTURE_COUNT = 5, FIGURE_LIMIT = 8 };

// A texture: two colours in a pattern. Pattern coordinates are (x, y) in pixels from `origin`, turned by `axis`.
struct texture {
    int pattern;                // 0 plain, 1 wide stripes, 2 narrow stripes, 3 checks, 4 dots
    double axis[2];             // unit vector
    double origin[2];           // pixels
    double period;              // pixels
    double first[3], second[3]; // R G B in 0 .. 1
};

// A shape filled with a texture.
struct figure {
    int shape;
    double centre[2]; // pixels
    double axis[2];   // unit vector: where the shape's u axis points
    double half[2];   // pixels per unit along u and v
    struct texture texture;
};

struct scene {
    struct texture background;
    struct figure figures[FIGURE_LIMIT]; // painted in order
    int figure_count;
    double light[3]; // factor per channel
    double slope[2]; // how the light changes per pixel, relative, along x and y
    double noise;    // of a pixel, standard deviation in 0 .. 1
};

// Draws the scene of an image with that label, classes = 10 or 100.
void scene_draw(struct random_stream *stream, int classes, int label, struct scene *scene);

// Paints 32 x 32 x 3 bytes; `stream` only gives the noise.
void scene_paint(const struct scene *scene, struct random_stream *stream, uint8_t *pixels);

#endif
