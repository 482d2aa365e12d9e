// host_corrupt.h: image_corrupt of the backends whose device is this processor.
#ifndef KERNELS_HOST_CORRUPT_H
#define KERNELS_HOST_CORRUPT_H

#include "kernels/corruption_functions.h"
#include "kernels/kernels.h"

// Draws and applies with `functions`, on so many threads. Mistakes of the caller and a lack of memory stick to the
// device; then output holds no meaning.
void host_image_corrupt(struct device *device, const struct image_corrupt *settings,
                        const struct corruption_functions *functions, int threads);

#endif
