// corruption_backends.c: see corruption_backends.h.
#include "tests/support/corruption_backends.h"

#include <criterion/criterion.h>
#include <string.h>

const struct corruption_functions *corruptions_of_backend(const char *backend)
{
    static const struct corruption_functions *const all[] = {
        &corruption_functions_reference,   &corruption_functions_portable,
#ifdef HAVE_X86_ISA
        &corruption_functions_avx2,        &corruption_functions_avx512,
#ifdef HAVE_AVX512_BF16
        &corruption_functions_avx512_bf16,
#endif
#endif
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->name, backend) == 0) return all[i];
    cr_assert_fail("backend %s has no corruptions", backend);
    return NULL;
}
