// host_augmix.h: augmix_views of the backends whose device is this processor.
#ifndef KERNELS_HOST_AUGMIX_H
#define KERNELS_HOST_AUGMIX_H

#include "kernels/augmix_functions.h"
#include "kernels/kernels.h"

// Draws, applies and mixes with `functions`, on so many threads. Mistakes of the caller stick to the device; then output
// holds no meaning.
void host_augmix_views(struct device *device, const struct augmix_views *settings,
                       const struct augmix_functions *functions, int threads);

#endif
