// npy_test.c: the .npy reader of the tests takes what the format allows and refuses what it does not understand.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/npy.h"

struct file_parts {
    const char *magic;
    int version;
    const char *header;
    size_t data_bytes;
};

// Writes such a file, of bytes 0, 1, 2, ..., reads it back and removes it.
static struct status read_parts(const struct file_parts *parts, struct npy *array)
{
    char path[] = "/tmp/transinv-npy-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert(ne(int, descriptor, -1));
    FILE *file = fdopen(descriptor, "wb");
    unsigned length = (unsigned)strlen(parts->header);
    fwrite(parts->magic, 1, 6, file);
    fputc(parts->version, file);
    fputc(0, file);
    for (int i = 0; i < (parts->version == 1 ? 2 : 4); i++) fputc((int)(length >> 8 * i & 255), file);
    fputs(parts->header, file);
    for (size_t i = 0; i < parts->data_bytes; i++) fputc((int)(i & 255), file);
    cr_assert(eq(int, fclose(file), 0));
    struct status status = npy_read(path, array);
    unlink(path);
    return status;
}

static const char magic[] = "\x93NUMPY";

Test(npy, reads_every_type_and_both_versions)
{
    static const struct {
        struct file_parts parts;
        enum npy_type type;
        int dimensions;
        size_t count;
    } cases[] = {
        {{magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n", 24}, NPY_FLOAT32, 2, 6},
        {{magic, 2, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", 24}, NPY_FLOAT64, 1, 3},
        {{magic, 1, "{'descr': '<i4', 'fortran_order': False, 'shape': (), }\n", 4}, NPY_INT32, 0, 1},
        {{magic, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,2,3,4)}\n", 24}, NPY_UINT8, 4, 24},
        {{magic, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}\n", 0}, NPY_UINT8, 1, 0},
        {{magic, 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (3,)}\n", 3}, NPY_INT8, 1, 3},
        {{magic, 1, "{'descr': '<u2', 'fortran_order': False, 'shape': (3,)}\n", 6}, NPY_UINT16, 1, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy array;
        struct status status = read_parts(&cases[i].parts, &array);
        cr_assert(status.code == STATUS_OK, "case %zu: %s", i, status.message);
        cr_expect(array.type == cases[i].type && array.dimensions == cases[i].dimensions, "case %zu", i);
        cr_expect(eq(sz, array.count, cases[i].count), "case %zu", i);
        for (size_t byte = 0; byte < cases[i].parts.data_bytes; byte++)
            cr_assert(eq(u8, ((const uint8_t *)array.values)[byte], (uint8_t)byte), "case %zu", i);
        npy_destroy(&array);
    }
}

Test(npy, refuses_what_it_does_not_understand)
{
    static const struct file_parts cases[] = {
        {"\x93NUMPX", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8},
        {magic, 3, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8},
        {magic, 1, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", 8},
        {magic, 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }\n", 4},
        {magic, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", 8},
        {magic, 1, "{'descr': '<f4', 'shape': (2,), }\n", 8},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False}\n", 8},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,", 8},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }\n", 8},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }\n", 24},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 4), }\n", 8},
        {magic, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }\n", 1},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 7},
        {magic, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy array;
        struct status status = read_parts(&cases[i], &array);
        cr_expect(status.code == STATUS_BAD_INPUT && status.message[0] != '\0', "case %zu: %s", i, status.message);
        cr_expect(array.values == NULL, "case %zu", i);
    }
    struct npy array;
    cr_expect(npy_read("/nonexistent/file.npy", &array).code == STATUS_MISSING);
}
