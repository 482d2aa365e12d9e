// corruption_backends.h: the corruptions of a backend, by the backend's name.
#ifndef TESTS_SUPPORT_CORRUPTION_BACKENDS_H
#define TESTS_SUPPORT_CORRUPTION_BACKENDS_H

#include "kernels/corruption_functions.h"

// Fails the running test when there are none.
const struct corruption_functions *corruptions_of_backend(const char *backend);

#endif
