// golden.c: reads golden arrays and compares with them. Walking folders is golden_folder.c's.
#include "tests/support/golden.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/support/device_array.h"
#include "tests/support/golden_folder.h"
#include "tests/support/memory.h"

static char *array_path(const struct golden_case *golden, const char *name, const char *suffix)
{
    char *file = NULL;
    cr_assert(asprintf(&file, "%s%s", name, suffix) >= 0);
    char *folder = golden_path(golden->folder), *path = path_join(folder, file);
    free(folder);
    free(file);
    return path;
}

static char *format_name(const char *format, va_list arguments)
{
    char *name = NULL;
    cr_assert(vasprintf(&name, format, arguments) >= 0);
    return name;
}

static bool has_file(const struct golden_case *golden, const char *name, const char *suffix)
{
    char *path = array_path(golden, name, suffix);
    bool found = file_exists(path);
    free(path);
    return found;
}

bool golden_has(const struct golden_case *golden, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *name = format_name(format, arguments);
    va_end(arguments);
    bool found = has_file(golden, name, ".npy") || has_file(golden, name, "_f64.npy");
    free(name);
    return found;
}

static struct npy read_file(const struct golden_case *golden, const char *name, const char *suffix)
{
    char *path = array_path(golden, name, suffix);
    struct npy file;
    struct status status = npy_read(path, &file);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
    return file;
}

static double element(const struct npy *file, size_t i)
{
    switch (file->type) {
    case NPY_FLOAT32: return (double)((const float *)file->values)[i];
    case NPY_FLOAT64: return ((const double *)file->values)[i];
    case NPY_INT32: return (double)((const int32_t *)file->values)[i];
    case NPY_UINT8: return (double)((const uint8_t *)file->values)[i];
    case NPY_INT8: return (double)((const int8_t *)file->values)[i];
    case NPY_UINT16: return (double)((const uint16_t *)file->values)[i];
    }
    return 0;
}

static void take_shape(struct golden_array *array, const struct npy *file)
{
    array->dimensions = file->dimensions;
    array->count = file->count;
    for (int i = 0; i < file->dimensions; i++) array->shape[i] = (int)file->shape[i];
}

static void take_truth(struct golden_array *array, const struct npy *file)
{
    array->truth = test_allocate(file->count * sizeof *array->truth);
    for (size_t i = 0; i < file->count; i++) array->truth[i] = element(file, i);
}

static void take_values(struct golden_array *array, const struct npy *file)
{
    if (file->type != NPY_FLOAT32 && file->type != NPY_FLOAT64) {
        array->integers = test_allocate(file->count * sizeof *array->integers);
        for (size_t i = 0; i < file->count; i++) array->integers[i] = (int32_t)element(file, i);
        return;
    }
    array->values = test_allocate(file->count * sizeof *array->values);
    for (size_t i = 0; i < file->count; i++) array->values[i] = (float)element(file, i);
}

static struct golden_array *load(struct golden_case *golden, const char *name)
{
    bool wide = has_file(golden, name, "_f64.npy"), narrow = has_file(golden, name, ".npy") || !wide;
    struct golden_array *array = test_allocate(sizeof *array);
    *array = (struct golden_array){.name = strdup(name), .next = golden->arrays};
    golden->arrays = array;
    struct npy file = read_file(golden, name, wide ? "_f64.npy" : ".npy");
    take_shape(array, &file);
    take_truth(array, &file);
    if (wide && narrow) {
        npy_destroy(&file);
        file = read_file(golden, name, ".npy");
        cr_assert(file.count == array->count, "%s/%s: the two precisions differ in size", golden->folder, name);
    }
    take_values(array, &file);
    npy_destroy(&file);
    return array;
}

// `label` tells conversions of one file apart.
static struct golden_array *find(const struct golden_case *golden, const char *name, const char *label)
{
    for (struct golden_array *array = golden->arrays; array != NULL; array = array->next) {
        size_t length = strlen(name);
        if (strncmp(array->name, name, length) == 0 && strcmp(array->name + length, label) == 0) return array;
    }
    return NULL;
}

// Reorders the dimensions: dimension i of the result is dimension order[i] of what was there.
static void permute(struct golden_array *array, const int order[4])
{
    int from[4];
    size_t strides[4];
    for (int i = 3; i >= 0; i--) {
        from[i] = array->shape[i];
        strides[i] = i == 3 ? 1 : strides[i + 1] * (size_t)from[i + 1];
    }
    float *values = test_allocate(array->count * sizeof *values);
    double *truth = test_allocate(array->count * sizeof *truth);
    for (int i = 0; i < 4; i++) array->shape[i] = from[order[i]];
    for (size_t i = 0; i < array->count; i++) {
        size_t rest = i, source = 0;
        for (int dimension = 3; dimension >= 0; dimension--) {
            source += rest % (size_t)array->shape[dimension] * strides[order[dimension]];
            rest /= (size_t)array->shape[dimension];
        }
        values[i] = array->values[source];
        truth[i] = array->truth[source];
    }
    free(array->values);
    free(array->truth);
    array->values = values;
    array->truth = truth;
}

static const struct golden_array *read_as(struct golden_case *golden, char *name, const char *label, const int *order)
{
    struct golden_array *array = find(golden, name, label);
    if (array == NULL) {
        array = load(golden, name);
        if (order != NULL) {
            cr_assert(array->dimensions == 4 && array->values != NULL,
                      "%s/%s: expected 4 dimensions of floats, found %d", golden->folder, name, array->dimensions);
            permute(array, order);
        }
        free(array->name);
        cr_assert(asprintf(&array->name, "%s%s", name, label) >= 0);
    }
    free(name);
    return array;
}

const struct golden_array *golden_read(struct golden_case *golden, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *name = format_name(format, arguments);
    va_end(arguments);
    return read_as(golden, name, "", NULL);
}

const struct golden_array *golden_read_images(struct golden_case *golden, const char *format, ...)
{
    static const int to_nhwc[4] = {0, 2, 3, 1};
    va_list arguments;
    va_start(arguments, format);
    char *name = format_name(format, arguments);
    va_end(arguments);
    return read_as(golden, name, " as N H W C", to_nhwc);
}

const struct golden_array *golden_read_filter(struct golden_case *golden, const char *format, ...)
{
    static const int to_hwio[4] = {2, 3, 1, 0};
    va_list arguments;
    va_start(arguments, format);
    char *name = format_name(format, arguments);
    va_end(arguments);
    return read_as(golden, name, " as H W I O", to_hwio);
}

float *golden_put(const struct golden_case *golden, const struct golden_array *array)
{
    cr_assert(array->values != NULL, "%s/%s: expected floats", golden->folder, array->name);
    return device_put_floats(golden->device, array->values, array->count);
}

struct per_run golden_put_per_run(const struct golden_case *golden, const struct golden_array *array)
{
    return (struct per_run){golden_put(golden, array), array->count};
}

void golden_expect_values(struct golden_case *golden, const float *computed, const double *truth, size_t count,
                          const char *name, enum error_measure measure, double tolerance)
{
    double error = error_between(measure, computed, truth, count);
    golden->tally->comparisons++;
    if (!(error / tolerance <= golden->tally->worst)) golden->tally->worst = error / tolerance;
    cr_expect(error <= tolerance, "%s/%s, backend %s: %s error %.3g, tolerance %.3g", golden->folder, name,
              golden->backend == NULL ? "none" : golden->backend, error_measure_name(measure), error, tolerance);
}

void golden_expect(struct golden_case *golden, const void *memory, const struct golden_array *truth,
                   enum error_measure measure, double tolerance)
{
    float *computed = device_get_floats(golden->device, memory, truth->count);
    golden_expect_values(golden, computed, truth->truth, truth->count, truth->name, measure, tolerance);
    free(computed);
}
