// digest.h: SHA-256 through OpenSSL's libcrypto.
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

#include "base/status.h"

void digest_sha256(const void *bytes, size_t size, char hex[65]);
struct status digest_sha256_file(const char *path, char hex[65]); // streams; STATUS_MISSING or STATUS_IO

#endif
