// fingerprint.c: MD5 of members and SHA-256 of decoded images. Files as a whole are base/digest.h's.
// Tests: tests/dataset_test.c.
#include "datasets/fingerprint.h"

#include <openssl/evp.h>

static void hex_write(const unsigned char *digest, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * size] = '\0';
}

struct status fingerprint_md5_pieces(const struct fingerprint_piece *pieces, int count, char hex[33])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;
    for (int i = 0; good == 1 && i < count; i++) good = EVP_DigestUpdate(context, pieces[i].bytes, pieces[i].size);
    if (good == 1) good = EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    if (good != 1) return status_error(STATUS_FAILED, "MD5: libcrypto refused (is it limited to FIPS algorithms?)");
    hex_write(digest, 16, hex);
    return status_ok();
}

struct status fingerprint_md5(const uint8_t *bytes, size_t size, char hex[33])
{
    return fingerprint_md5_pieces(&(struct fingerprint_piece){bytes, size}, 1, hex);
}

// Labels are below 256, and as bytes they do not depend on the machine's byte order.
static int digest_update_labels(EVP_MD_CTX *context, const struct image_set *set)
{
    int good = 1;
    for (int i = 0; good == 1 && i < set->count; i++) {
        unsigned char label = (unsigned char)set->labels[i];
        good = EVP_DigestUpdate(context, &label, 1);
    }
    return good;
}

static int digest_update_set(EVP_MD_CTX *context, const struct image_set *set)
{
    return EVP_DigestUpdate(context, set->pixels, (size_t)set->count * IMAGE_BYTES) == 1 &&
           digest_update_labels(context, set) == 1;
}

struct status fingerprint_dataset(const struct dataset *dataset, char hex[65])
{
    struct status status = status_ok();
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
        digest_update_set(context, &dataset->train) && digest_update_set(context, &dataset->test) &&
        EVP_DigestFinal_ex(context, digest, NULL) == 1)
        hex_write(digest, 32, hex);
    else
        status = status_error(STATUS_NO_MEMORY, "SHA-256 of %d images: libcrypto failed or memory ran out",
                              dataset->train.count + dataset->test.count);
    EVP_MD_CTX_free(context);
    return status;
}
