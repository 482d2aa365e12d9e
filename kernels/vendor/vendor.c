// vendor.c: which vendor library this build has.
#include "kernels/vendor/vendor.h"

#include "kernels/vendor/onednn.h"

const struct vendor *vendor_available(void)
{
#ifdef HAVE_ONEDNN
    return &vendor_onednn;
#else
    return NULL;
#endif
}
