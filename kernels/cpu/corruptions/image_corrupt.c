// image_corrupt.c: corruptions of this instruction set, a share of the images for every thread.
#include "kernels/cpu/corruptions/corruptions.h"
#include "kernels/device.h"
#include "kernels/host_corrupt.h"

void ISA_NAME(image_corrupt)(struct device *device, const void *settings)
{
    host_image_corrupt(device, settings, &ISA_NAME(corruption_functions), device->threads);
}
