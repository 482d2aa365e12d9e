// frost_ice.c: ice on a window pane: a cloudy pane, cracked into facets with bright seams, overgrown by needles that
// branch at sixty degrees. Arithmetic is + - * / and sqrt in double, all of them correctly rounded, over Philox draws, so
// every machine draws the same bytes. Tests: tests/frost_test.c.
#include "datasets/frost_ice.h"

#include <math.h>
#include <stddef.h>

#include "base/random.h"

enum { HEIGHT = FROST_ICE_HEIGHT, WIDTH = FROST_ICE_WIDTH, FACETS = 40, NEEDLES = 26, CLOUD_CELLS = 64 };

struct pane {
    double light[HEIGHT][WIDTH]; // about 0 .. 1
};

struct point {
    double y, x;
};

static double limit(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static double smooth_step(double t)
{
    return t * t * (3 - 2 * t);
}

// Value noise: random heights on a grid of `cell` pixels, blended smoothly between.
static void add_cloud(struct random_stream *stream, int cell, double strength, struct pane *pane)
{
    double heights[CLOUD_CELLS][CLOUD_CELLS];
    for (int i = 0; i <= HEIGHT / cell + 1; i++)
        for (int j = 0; j <= WIDTH / cell + 1; j++) heights[i][j] = (double)random_next_uniform(stream);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const int i = y / cell, j = x / cell;
            const double fy = smooth_step((double)(y % cell) / cell), fx = smooth_step((double)(x % cell) / cell);
            const double above = heights[i][j] * (1 - fx) + heights[i][j + 1] * fx;
            const double below = heights[i + 1][j] * (1 - fx) + heights[i + 1][j + 1] * fx;
            pane->light[y][x] += strength * (above * (1 - fy) + below * fy);
        }
}

// A seam runs where the two nearest facet centres are equally near.
static void add_facets(struct random_stream *stream, struct pane *pane)
{
    struct point centres[FACETS];
    double tints[FACETS];
    for (int f = 0; f < FACETS; f++) {
        centres[f].y = HEIGHT * (double)random_next_uniform(stream);
        centres[f].x = WIDTH * (double)random_next_uniform(stream);
        tints[f] = 0.25 * (double)random_next_uniform(stream);
    }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double nearest = 1e9, second = 1e9, tint = 0;
            for (int f = 0; f < FACETS; f++) {
                const double dy = y - centres[f].y, dx = x - centres[f].x, distance = sqrt(dy * dy + dx * dx);
                if (distance < nearest) {
                    second = nearest;
                    nearest = distance;
                    tint = tints[f];
                } else if (distance < second) {
                    second = distance;
                }
            }
            pane->light[y][x] += tint + 0.45 * limit(1 - (second - nearest) / 2.5, 0, 1);
        }
}

// A straight stroke that fades towards its tip, a little softer at its sides.
static void add_stroke(struct point from, struct point direction, int length, double strength, struct pane *pane)
{
    for (int step = 0; step < length; step++) {
        const double y = from.y + step * direction.y, x = from.x + step * direction.x;
        const double light = strength * (1 - (double)step / length);
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                const int row = (int)(y + HEIGHT) - HEIGHT + dy, column = (int)(x + WIDTH) - WIDTH + dx;
                if (row < 0 || row >= HEIGHT || column < 0 || column >= WIDTH) continue;
                pane->light[row][column] += dy == 0 && dx == 0 ? light : 0.15 * light;
            }
    }
}

// Unit vectors at multiples of thirty degrees.
static struct point direction_at(uint32_t twelfths)
{
    static const double sines[12] = {0, 0.5,  0x1.bb67ae8584caap-1,  1,  0x1.bb67ae8584caap-1,  0.5,
                                     0, -0.5, -0x1.bb67ae8584caap-1, -1, -0x1.bb67ae8584caap-1, -0.5};
    return (struct point){sines[twelfths % 12], sines[(twelfths + 3) % 12]};
}

static void add_needles(struct random_stream *stream, struct pane *pane)
{
    for (int needle = 0; needle < NEEDLES; needle++) {
        const struct point root = {HEIGHT * (double)random_next_uniform(stream),
                                   WIDTH * (double)random_next_uniform(stream)};
        const uint32_t twelfths = random_next_below(stream, 12);
        const int length = 16 + (int)random_next_below(stream, 40);
        const struct point along = direction_at(twelfths);
        add_stroke(root, along, length, 0.5, pane);
        for (int at = 3; at < length; at += 4) {
            const struct point knot = {root.y + at * along.y, root.x + at * along.x};
            const int branch = (length - at) / 3 + 1;
            add_stroke(knot, direction_at(twelfths + 2), branch, 0.35, pane);
            add_stroke(knot, direction_at(twelfths + 10), branch, 0.35, pane);
        }
    }
}

// Dark panes are blue, bright ice is nearly white.
static void colour_pane(const struct pane *pane, uint8_t *pixels)
{
    for (size_t i = 0; i < (size_t)HEIGHT * WIDTH; i++) {
        const double light = limit(pane->light[i / WIDTH][i % WIDTH] - 0.15, 0, 1);
        pixels[3 * i] = (uint8_t)(30 + 215 * light);
        pixels[3 * i + 1] = (uint8_t)(48 + 202 * light);
        pixels[3 * i + 2] = (uint8_t)(75 + 180 * light);
    }
}

void frost_ice_draw(uint32_t texture, uint8_t *pixels)
{
    struct random_stream stream = random_stream_create(0, PURPOSE_FROST_TEXTURE, 0, texture);
    struct pane pane = {.light = {{0}}};
    add_cloud(&stream, 32, 0.30, &pane);
    add_cloud(&stream, 12, 0.15, &pane);
    add_cloud(&stream, 3, 0.10, &pane);
    add_facets(&stream, &pane);
    add_needles(&stream, &pane);
    colour_pane(&pane, pixels);
}
