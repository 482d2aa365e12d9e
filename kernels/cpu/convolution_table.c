// convolution_table.c: see convolution_table.h. The lines were measured with `transinv bench --algorithm ...`;
// kernels/cpu/README.md has the figures. Tests: tests/convolution_table_test.c.
#include "kernels/cpu/convolution_table.h"

#include "kernels/device.h"

// The first line that fits decides.
struct convolution_rule {
    int lanes; // instruction set: 16 AVX-512, 8 AVX2, 4 portable
    enum operation operation;
    int min_side, min_channels; // of the image; of the smaller number of channels
    int outputs;                // m
};

// F(4x4, 3x3) wins wherever an image has a whole tile; one of less is mostly padding.
static const struct convolution_rule rules[] = {
    {16, OPERATION_CONV_FORWARD, 4, 16, 4},         {16, OPERATION_CONV_BACKWARD_DATA, 4, 16, 4},
    {16, OPERATION_CONV_BACKWARD_FILTER, 4, 16, 4}, {8, OPERATION_CONV_FORWARD, 4, 16, 4},
    {8, OPERATION_CONV_BACKWARD_DATA, 4, 16, 4},    {8, OPERATION_CONV_BACKWARD_FILTER, 4, 16, 4},
    {4, OPERATION_CONV_FORWARD, 4, 16, 4},          {4, OPERATION_CONV_BACKWARD_DATA, 4, 16, 4},
    {4, OPERATION_CONV_BACKWARD_FILTER, 4, 16, 4},
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int outputs_by_table(enum operation operation, const struct conv_shape *shape, int lanes)
{
    int side = smaller(shape->height, shape->width), channels = smaller(shape->channels_in, shape->channels_out);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].lanes == lanes && rules[i].operation == operation && side >= rules[i].min_side &&
            channels >= rules[i].min_channels)
            return rules[i].outputs;
    return 0;
}

int convolution_winograd_outputs(const struct device *device, enum operation operation, const struct conv_shape *shape,
                                 int lanes)
{
    if (shape->kernel != 3 || shape->stride != 1) return 0;
    if (shape->channels_in % lanes != 0 || shape->channels_out % lanes != 0) return 0;
    switch (device->convolution) {
    case CONVOLUTION_DIRECT: return 0;
    case CONVOLUTION_WINOGRAD_2X2: return 2;
    case CONVOLUTION_WINOGRAD_4X4: return 4;
    case CONVOLUTION_BY_TABLE: break;
    }
    return outputs_by_table(operation, shape, lanes);
}

// Tiles that reach over the image's edge are multiplied whole.
static struct algorithm winograd_algorithm(const struct conv_shape *shape, int outputs)
{
    int rows = (shape->height + outputs - 1) / outputs, columns = (shape->width + outputs - 1) / outputs;
    double products = (double)(rows * columns) * (outputs + 2) * (outputs + 2);
    return (struct algorithm){outputs == 4 ? "winograd-4x4" : "winograd-2x2",
                              products / (9.0 * shape->height * shape->width)};
}

struct algorithm convolution_algorithm(const struct device *device, enum operation operation, const void *settings,
                                       int lanes)
{
    const struct conv_shape *shape = NULL;
    if (operation == OPERATION_CONV_FORWARD) shape = &((const struct conv_forward *)settings)->shape;
    if (operation == OPERATION_CONV_BACKWARD_DATA) shape = &((const struct conv_backward_data *)settings)->shape;
    if (operation == OPERATION_CONV_BACKWARD_FILTER) shape = &((const struct conv_backward_filter *)settings)->shape;
    int outputs = shape == NULL ? 0 : convolution_winograd_outputs(device, operation, shape, lanes);
    return outputs == 0 ? (struct algorithm){"direct", 1} : winograd_algorithm(shape, outputs);
}
