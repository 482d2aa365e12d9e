// digest.c: SHA-256 through OpenSSL's libcrypto. Knows bytes and files; what a digest should be is the caller's.
// Tests: tests/digest_test.c.
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_BYTES = 32 };

static void digest_write_hex(const unsigned char digest[DIGEST_BYTES], char hex[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = '\0';
}

void digest_sha256(const void *bytes, size_t size, char hex[65])
{
    unsigned char digest[DIGEST_BYTES];
    if (EVP_Digest(size == 0 ? "" : bytes, size, digest, NULL, EVP_sha256(), NULL) != 1) {
        fputs("transinv: libcrypto cannot compute SHA-256 (out of memory, or built without it)\n", stderr);
        abort();
    }
    digest_write_hex(digest, hex);
}

// Feeds the rest of `file` to `context`. False when libcrypto refuses; read errors are left in ferror(file).
static bool digest_update_file(EVP_MD_CTX *context, FILE *file)
{
    static const size_t block = 1 << 16;
    bool good = true;
    unsigned char *buffer = malloc(block);
    if (buffer == NULL) return false;
    for (size_t count = 1; good && count > 0;) {
        count = fread(buffer, 1, block, file);
        good = EVP_DigestUpdate(context, buffer, count) == 1;
    }
    free(buffer);
    return good;
}

struct status digest_sha256_file(const char *path, char hex[65])
{
    struct status status = status_ok();
    unsigned char digest[DIGEST_BYTES];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        enum status_code code = errno == ENOENT || errno == ENOTDIR ? STATUS_MISSING : STATUS_IO;
        status = status_error(code, "open %s for its SHA-256: %s", path, strerror(errno));
        goto done;
    }
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 || !digest_update_file(context, file) ||
        EVP_DigestFinal_ex(context, digest, NULL) != 1) {
        status = status_error(STATUS_NO_MEMORY, "SHA-256 of %s: libcrypto failed or memory ran out", path);
        goto done;
    }
    if (ferror(file)) {
        status = status_error(STATUS_IO, "read %s for its SHA-256: %s", path, strerror(errno));
        goto done;
    }
    digest_write_hex(digest, hex);
done:
    if (file != NULL) fclose(file);
    EVP_MD_CTX_free(context);
    return status;
}
