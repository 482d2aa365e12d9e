// registry.c: which backends this build has and this machine can run, and which of them serves a name and a precision.
// Tests: tests/device_test.c, tests/precision_test.c.
#include <stdio.h>
#include <string.h>

#include "base/machine.h"
#include "kernels/cpu/cpu.h"
#include "kernels/cuda/cuda.h"
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
#ifdef HAVE_CUDA
    if (cuda_check().code == STATUS_OK) available[count++] = &kernels_cuda;
#endif
#ifdef HAVE_AVX512_BF16
    if (machine_has_avx512_bf16()) available[count++] = &kernels_cpu_avx512_bf16;
#endif
    available[count++] = &kernels_reference;
    available[count] = NULL;
    return available;
}

#ifndef HAVE_CUDA
struct status cuda_check(void)
{
    return status_error(STATUS_DEVICE, "CUDA: this program was built without it; nvcc must be there when it is built");
}
#endif

const struct kernels *kernels_find(const char *name)
{
    const struct kernels *const *available = kernels_available();
    if (strcmp(name, "cpu") == 0) return available[0];
    for (; *available != NULL; available++)
        if (strcmp((*available)->name, name) == 0) return *available;
    return NULL;
}

const char *precision_name(enum precision precision)
{
    return precision == PRECISION_BF16 ? "bf16" : "fp32";
}

// What would give this program bf16: the machine first, since no build helps where it is missing.
static const char *missing_for_bf16(void)
{
    if (!machine_has_avx512_bf16()) return "a processor with AVX512_BF16, which this one has not";
    return "a build by a compiler that knows -mavx512bf16, which this one's did not";
}

static void list_backends(const struct kernels *const *available, char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; available[i] != NULL; i++) {
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%s (%s)", i == 0 ? "" : ", ", available[i]->name,
                 precision_name(available[i]->precision));
    }
}

struct status kernels_choose(const struct kernels *const *available, const char *name, enum precision precision,
                             const struct kernels **chosen)
{
    bool any = strcmp(name, "auto") == 0, cpu = strcmp(name, "cpu") == 0, precise = false;
    char names[200];
    const struct kernels *found = NULL;
    for (int i = 0; available[i] != NULL; i++) {
        bool fits = available[i]->precision == precision;
        bool foreign = cpu && strcmp(available[i]->name, "cuda") == 0;
        precise = precise || (fits && !foreign);
        if (found == NULL && !foreign && (any || cpu ? fits : strcmp(available[i]->name, name) == 0))
            found = available[i];
    }
    *chosen = found;
    if (found != NULL && found->precision == precision) return status_ok();
    list_backends(available, names, sizeof names);
    *chosen = NULL;
    if (strcmp(name, "cuda") == 0 && found == NULL) {
        struct status status = cuda_check();
        return status_error(STATUS_DEVICE, "--device cuda: %s; available: %s", status.message, names);
    }
    if (!any && !cpu && found == NULL)
        return status_error(STATUS_USAGE, "--device: expected one of auto, cpu, %s; found \"%s\"", names, name);
    if (!precise)
        return status_error(STATUS_DEVICE, "precision %s needs %s; available: %s", precision_name(precision),
                            missing_for_bf16(), names);
    return status_error(STATUS_USAGE, "--device %s computes in %s, but training.precision is %s; available: %s", name,
                        precision_name(found->precision), precision_name(precision), names);
}
