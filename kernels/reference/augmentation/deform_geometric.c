// deform_geometric.c: an affine read with bilinear interpolation and zeros outside.
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/reference/augmentation/deform.h"

// Where one output pixel is read: between columns `column` and column + 1, and rows.
struct place {
    double x, y; // normalised coordinates of the output pixel
    int row, column;
    double down, right; // shares of the next row and column
};

static double limit(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

// Positions beyond a pixel outside read zeros, however far; limiting them keeps them whole numbers of C. NaN reads zeros.
static struct place place_of(struct unit_shape shape, const float *theta, int row, int column)
{
    struct place place = {.x = (2.0 * column + 1) / shape.width - 1, .y = (2.0 * row + 1) / shape.height - 1};
    const double x = (double)theta[0] * place.x + (double)theta[1] * place.y + (double)theta[2];
    const double y = (double)theta[3] * place.x + (double)theta[4] * place.y + (double)theta[5];
    double u = ((x + 1) * shape.width - 1) / 2, v = ((y + 1) * shape.height - 1) / 2;
    u = isnan(u) ? -2 : limit(u, -2, shape.width + 1.0);
    v = isnan(v) ? -2 : limit(v, -2, shape.height + 1.0);
    place.column = (int)floor(u);
    place.row = (int)floor(v);
    place.right = u - place.column;
    place.down = v - place.row;
    return place;
}

static bool is_inside(struct unit_shape shape, int row, int column)
{
    return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
}

static double value_at(struct unit_shape shape, const float *input, int row, int column, int channel)
{
    return is_inside(shape, row, column) ? (double)input[unit_place(shape, row, column, channel)] : 0;
}

struct corners {
    double values[2][2]; // row, column
};

static struct corners corners_at(struct unit_shape shape, const float *input, const struct place *place, int channel)
{
    struct corners corners;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            corners.values[i][j] = value_at(shape, input, place->row + i, place->column + j, channel);
    return corners;
}

static double between(double share, double first, double second)
{
    return (1 - share) * first + share * second;
}

void geometric_forward_reference(struct unit_shape shape, const float *parameters, const float *input, double *output)
{
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++) {
            const struct place place = place_of(shape, parameters, row, column);
            for (int channel = 0; channel < shape.channels; channel++) {
                const struct corners c = corners_at(shape, input, &place, channel);
                *output++ = between(place.down, between(place.right, c.values[0][0], c.values[0][1]),
                                    between(place.right, c.values[1][0], c.values[1][1]));
            }
        }
}

static void spread_pixel(struct unit_shape shape, const struct place *place, int channel, double gradient,
                         double *grad_input)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const int row = place->row + i, column = place->column + j;
            const double weight = (i == 0 ? 1 - place->down : place->down) * (j == 0 ? 1 - place->right : place->right);
            if (is_inside(shape, row, column)) grad_input[unit_place(shape, row, column, channel)] += gradient * weight;
        }
}

void geometric_backward_reference(struct unit_shape shape, const float *parameters, const float *input,
                                  const double *gradient, double *grad_input, double *grad_parameters)
{
    memset(grad_parameters, 0, PRIMITIVE_PARAMETERS_LIMIT * sizeof *grad_parameters);
    if (grad_input != NULL) memset(grad_input, 0, unit_values(shape) * sizeof *grad_input);
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++) {
            const struct place place = place_of(shape, parameters, row, column);
            double slope_u = 0, slope_v = 0; // of the loss, in pixels
            for (int channel = 0; channel < shape.channels; channel++, gradient++) {
                const struct corners c = corners_at(shape, input, &place, channel);
                slope_u +=
                    *gradient * between(place.down, c.values[0][1] - c.values[0][0], c.values[1][1] - c.values[1][0]);
                slope_v +=
                    *gradient * between(place.right, c.values[1][0] - c.values[0][0], c.values[1][1] - c.values[0][1]);
                if (grad_input != NULL) spread_pixel(shape, &place, channel, *gradient, grad_input);
            }
            const double coordinates[3] = {place.x, place.y, 1};
            for (int i = 0; i < 3; i++) {
                grad_parameters[i] += slope_u * shape.width / 2 * coordinates[i];
                grad_parameters[3 + i] += slope_v * shape.height / 2 * coordinates[i];
            }
        }
}
