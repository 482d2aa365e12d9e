// convolution_table.c: see convolution_table.h.
#include "kernels/cpu/convolution_table.h"

#include "kernels/device.h"

int convolution_winograd_outputs(const struct device *device, enum operation operation, const struct conv_shape *shape,
                                 int lanes)
{
    (void)operation;
    if (shape->kernel != 3 || shape->stride != 1) return 0;
    if (shape->channels_in % lanes != 0 || shape->channels_out % lanes != 0) return 0;
    switch (device->convolution) {
    case CONVOLUTION_DIRECT: return 0;
    case CONVOLUTION_WINOGRAD_2X2: return 2;
    case CONVOLUTION_WINOGRAD_4X4: return 4;
    default: return 4;
    }
}
