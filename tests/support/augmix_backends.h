// augmix_backends.h: the AugMix operations of a backend, by the backend's name.
#ifndef TESTS_SUPPORT_AUGMIX_BACKENDS_H
#define TESTS_SUPPORT_AUGMIX_BACKENDS_H

#include "kernels/augmix_functions.h"

// Fails the running test when there are none.
const struct augmix_functions *augmix_of_backend(const char *backend);

// Mixes, and widens what is mixed to float32.
void augmix_mix_floats(const struct augmix_functions *functions, const struct augmix_mixture *mixture,
                       const uint8_t image[PICTURE_BYTES], augmix_chains chains, float output[PICTURE_BYTES]);

#endif
