// fingerprint.h: digests over several pieces of memory in a row, through OpenSSL's libcrypto.
#ifndef DATASETS_FINGERPRINT_H
#define DATASETS_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/image_set.h"

// MD5 of one piece, for comparing with published sums; never for trust. STATUS_FAILED where libcrypto has no MD5.
struct status fingerprint_md5(const uint8_t *bytes, size_t size, char hex[33]);

// The same of several pieces, as if they were one.
struct fingerprint_piece {
    const uint8_t *bytes;
    size_t size;
};
struct status fingerprint_md5_pieces(const struct fingerprint_piece *pieces, int count, char hex[33]);

// SHA-256 of the training pixels, the training labels (one byte each), the test pixels and the test labels: what a data
// set is when no file stands for it. STATUS_NO_MEMORY.
struct status fingerprint_dataset(const struct dataset *dataset, char hex[65]);

#endif
