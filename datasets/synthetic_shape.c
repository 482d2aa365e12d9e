// synthetic_shape.c: shapes as signed distances, from comparisons and IEEE arithmetic only, so that every machine draws
// the same bits. Tests: tests/synthetic_test.c.
#include "datasets/synthetic_shape.h"

#include <math.h>

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double box_distance(double u, double v, double half_width, double half_height)
{
    return smaller(half_width - fabs(u), half_height - fabs(v));
}

static double disc(double u, double v)
{
    return 0.9 - sqrt(u * u + v * v);
}

static double ring(double u, double v)
{
    return 0.24 - fabs(0.76 - sqrt(u * u + v * v));
}

static double square(double u, double v)
{
    return box_distance(u, v, 0.8, 0.8);
}

static double triangle(double u, double v)
{
    return smaller(v + 0.6, 0.5 - 0.5 * v - 0.8660254037844386 * fabs(u));
}

static double cross(double u, double v)
{
    return larger(box_distance(u, v, 0.28, 0.95), box_distance(u, v, 0.95, 0.28));
}

// Five half planes; a pentagram is where at most one of them is left. The normals are at multiples of 72 degrees.
static double star(double u, double v)
{
    static const double normals[5][2] = {{0, -1},
                                         {0.9510565162951535, -0.3090169943749474},
                                         {0.5877852522924731, 0.8090169943749475},
                                         {-0.5877852522924731, 0.8090169943749475},
                                         {-0.9510565162951535, -0.3090169943749474}};
    double least = 9, second = 9;
    for (int i = 0; i < 5; i++) {
        double distance = 0.38 - (normals[i][0] * u + normals[i][1] * v);
        second = distance < least ? least : smaller(second, distance);
        least = smaller(least, distance);
    }
    return second;
}

static double crescent(double u, double v)
{
    double outside_bite = sqrt(u * u + (v - 0.5) * (v - 0.5)) - 0.7;
    return smaller(0.95 - sqrt(u * u + v * v), outside_bite);
}

static double bars(double u, double v)
{
    return box_distance(fabs(u) - 0.55, v, 0.28, 0.9);
}

static double hourglass(double u, double v)
{
    return smaller(0.85 - fabs(v), 0.75 * (fabs(v) + 0.1 - fabs(u)));
}

static double chevron(double u, double v)
{
    return smaller(0.9 - fabs(u), 0.7 * (0.36 - fabs(v + 0.45 - fabs(u))));
}

double shape_distance(int shape, double u, double v)
{
    static double (*const shapes[SHAPE_COUNT])(double, double) = {disc, ring,     square, triangle,  cross,
                                                                  star, crescent, bars,   hourglass, chevron};
    return shapes[shape](u, v);
}
