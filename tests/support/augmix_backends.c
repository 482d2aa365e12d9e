// augmix_backends.c: see augmix_backends.h.
#include "tests/support/augmix_backends.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/widened_kernels.h"

const struct augmix_functions *augmix_of_backend(const char *backend)
{
    static const struct augmix_functions *const all[] = {
        &augmix_functions_reference,   &augmix_functions_portable,
#ifdef HAVE_X86_ISA
        &augmix_functions_avx2,        &augmix_functions_avx512,
#ifdef HAVE_AVX512_BF16
        &augmix_functions_avx512_bf16,
#endif
#endif
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->name, backend) == 0) return all[i];
    cr_assert_fail("backend %s has no AugMix", backend);
    return NULL;
}

void augmix_mix_floats(const struct augmix_functions *functions, const struct augmix_mixture *mixture,
                       const uint8_t image[PICTURE_BYTES], augmix_chains chains, float output[PICTURE_BYTES])
{
    uint16_t narrow[PICTURE_BYTES];
    if (functions->activation_bytes == sizeof(float)) {
        functions->mix(mixture, image, chains, output);
        return;
    }
    functions->mix(mixture, image, chains, narrow);
    for (int i = 0; i < PICTURE_BYTES; i++) output[i] = bfloat16_value(narrow[i]);
}
