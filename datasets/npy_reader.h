// npy_reader.h: rows of a NumPy array that lies in a file, or in one member of a tar archive, of which nothing else than
// the headers is read. Rows are what the first dimension counts; what they mean is the caller's business.
#ifndef DATASETS_NPY_READER_H
#define DATASETS_NPY_READER_H

#include "datasets/npy_header.h"
#include "datasets/plain_file.h"

struct npy_reader {
    char name[320]; // for messages: the file, or archive and member
    struct plain_file file;
    uint64_t begin; // of the array in the file
    struct npy_layout layout;
};

// Opens PATH, or the member with that name (a leading "./" does not matter) of the archive PATH. The data must have the
// size that the header says, to the byte. *reader is the caller's to close; after an error it is closed.
// STATUS_MISSING for a file or member that is not there; STATUS_BAD_INPUT, naming file, place, expected and found, for
// anything damaged, for a compressed archive, and for what npy_header.h refuses; STATUS_IO, STATUS_NO_MEMORY.
struct status npy_reader_open_file(const char *path, struct npy_reader *reader);
struct status npy_reader_open_member(const char *path, const char *member, struct npy_reader *reader);
void npy_reader_close(struct npy_reader *reader);

// STATUS_BAD_INPUT unless the array has exactly this shape.
struct status npy_reader_expect_shape(const struct npy_reader *reader, int dimensions, const uint64_t *shape);

// Rows first .. first + count - 1 of an array of uint8, as they lie in the file. STATUS_BAD_INPUT for another type,
// STATUS_USAGE for rows that are not there.
struct status npy_reader_read_bytes(const struct npy_reader *reader, uint64_t first, uint64_t count, uint8_t *bytes);

// The same of any type into int32, of an array with one dimension. STATUS_BAD_INPUT names the first value that does not
// lie in minimum .. maximum.
struct status npy_reader_read_integers(const struct npy_reader *reader, uint64_t first, uint64_t count, int32_t minimum,
                                       int32_t maximum, int32_t *values);

// The bytes before the values, reader->layout.data_offset of them: with the rows, all that a checksum is made of.
struct status npy_reader_read_header(const struct npy_reader *reader, uint8_t *bytes);

#endif
