// golden.h: the golden vectors (tests/golden/README.md) as tests use them: a folder of arrays, read by name, converted to
// our layouts, compared with what a device computed. Folder: TRANSINV_GOLDEN, default tests/golden. Anything
// missing or malformed fails the running test; so does a family without a single case.
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "tests/support/errors.h"
#include "tests/support/npy.h"

// NAME.npy and its twin in float64, NAME_f64.npy; at least one of them exists. Owned by its golden_case.
struct golden_array {
    char *name;
    int dimensions;
    int shape[NPY_DIMENSIONS_LIMIT];
    size_t count;
    float *values;     // what a device is given; from NAME.npy, else rounded from the twin
    double *truth;     // what results are compared with; from the twin, else widened
    int32_t *integers; // of integer arrays instead of the two above
    struct golden_array *next;
};

// How much was compared, for the line that golden_for_each prints.
struct golden_tally {
    size_t cases, comparisons;
    double worst; // largest error / tolerance
};

// One folder on one device.
struct golden_case {
    const char *folder;    // relative to the golden folder: "training/layers/linear/n3_i64_o10"
    struct device *device; // may be NULL where nothing is computed
    const char *backend;   // what computes on it, for messages; NULL where nothing does
    struct golden_tally *tally;
    struct golden_array *arrays;
};

typedef void golden_check(struct golden_case *golden);

// Runs `check` on `family` itself, or on each of its sub-folders in order of name, for every backend under test; prints
// how many cases were compared; fails when there is none.
void golden_for_folder(const char *family, golden_check *check);
void golden_for_each(const char *family, golden_check *check);
// The same for the backends that have operations on images (host_backends_under_test).
void golden_for_folder_on_hosts(const char *family, golden_check *check);
// The same for every backend with every choice of convolution.
void golden_for_folder_convolution(const char *family, golden_check *check);
void golden_for_each_convolution(const char *family, golden_check *check);

bool golden_has(const struct golden_case *golden, const char *format, ...) __attribute__((format(printf, 2, 3)));
const struct golden_array *golden_read(struct golden_case *golden, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The same with another order of dimensions: N C H W becomes N H W C; O I H W becomes H W I O.
const struct golden_array *golden_read_images(struct golden_case *golden, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct golden_array *golden_read_filter(struct golden_case *golden, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The lines of a text file of the folder, cut at their ends; NULL-terminated. Release with golden_free_lines.
char **golden_read_lines(const struct golden_case *golden, const char *name);
void golden_free_lines(char **lines);

// On the case's device.
float *golden_put(const struct golden_case *golden, const struct golden_array *array);
struct per_run golden_put_per_run(const struct golden_case *golden, const struct golden_array *array);

// Fails the test, with folder, name, backend, error and tolerance in the message, unless error <= tolerance.
void golden_expect(struct golden_case *golden, const void *memory, const struct golden_array *truth,
                   enum error_measure measure, double tolerance);
void golden_expect_values(struct golden_case *golden, const float *computed, const double *truth, size_t count,
                          const char *name, enum error_measure measure, double tolerance);

#endif
