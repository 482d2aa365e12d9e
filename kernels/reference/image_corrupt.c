// image_corrupt.c: the reference's corruptions, one image after the other.
#include "kernels/host_corrupt.h"
#include "kernels/reference/reference.h"

void image_corrupt_reference(struct device *device, const void *settings)
{
    host_image_corrupt(device, settings, &corruption_functions_reference, 1);
}
