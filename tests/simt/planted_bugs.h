// planted_bugs.h: small kernels with one fault each, and the same without it, for tests/simt_selftest_test.c.
#ifndef TESTS_SIMT_PLANTED_BUGS_H
#define TESTS_SIMT_PLANTED_BUGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/simt/simt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct planted_bug {
    const char *name;
    enum simt_fault fault; // what it must be reported as
    const char *place;     // part of the source line's text in the report; NULL where there is none
    void (*run)(bool with_bug);
};

extern const struct planted_bug planted_bugs[];
extern const size_t planted_bug_count;

// Instructions whose results the test knows. Arrays are the runner's memory.
void probe_shuffles(uint32_t *results); // 4 x 32: xor 5, ballot of odd lanes, xor of doubles, ...
void probe_matrix_load(const uint16_t *matrices, uint32_t *plain, uint32_t *transposed); // 4 x 8 x 8; 32 x 4 each
void probe_matrix_multiply(const uint16_t *a, const uint16_t *b, float *d); // 16 x 16, 8 x 16 (columns), 16 x 8
void probe_strides(const float *from, float *to, int global_stride, int shared_stride);

#ifdef __cplusplus
}
#endif

#endif
