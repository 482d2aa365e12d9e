// registry.c: which backends this build has and this machine can run. Tests: tests/device_test.c.
#include <string.h>

#include "base/machine.h"
#include "kernels/cpu/cpu.h"
#include "kernels/reference/reference.h"

const struct kernels *const *kernels_available(void)
{
    static const struct kernels *available[8];
    size_t count = 0;
#ifdef HAVE_X86_ISA
    if (machine_has_avx512()) available[count++] = &kernels_cpu_avx512;
    if (machine_has_avx2()) available[count++] = &kernels_cpu_avx2;
#endif
    available[count++] = &kernels_cpu_portable;
    available[count++] = &kernels_reference;
    available[count] = NULL;
    return available;
}

const struct kernels *kernels_find(const char *name)
{
    const struct kernels *const *available = kernels_available();
    if (strcmp(name, "cpu") == 0) return available[0];
    for (; *available != NULL; available++)
        if (strcmp((*available)->name, name) == 0) return *available;
    return NULL;
}
