// onednn.h: oneDNN (github.com/oneapi-src/oneDNN), versions 2 and 3, as a vendor. In the build where the Makefile finds it.
#ifndef KERNELS_VENDOR_ONEDNN_H
#define KERNELS_VENDOR_ONEDNN_H

#include "kernels/vendor/vendor.h"

extern const struct vendor vendor_onednn;

#endif
