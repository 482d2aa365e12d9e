// digest_test.c: SHA-256 against the examples of FIPS 180-2, from memory and from files around the read block's size.
#include "base/digest.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char empty_digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Test(digest, published_examples)
{
    char hex[65];
    digest_sha256("abc", 3, hex);
    cr_expect(eq(str, hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    digest_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    cr_expect(eq(str, hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    digest_sha256(NULL, 0, hex);
    cr_expect(eq(str, hex, (char *)empty_digest));
}

Test(digest, file_equals_memory)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
    char path[] = "/tmp/transinv-digest-XXXXXX", from_file[65], from_memory[65];
    int descriptor = mkstemp(path);
    cr_assert(ge(int, descriptor, 0));
    unsigned char *bytes = malloc(1000000);
    cr_assert(ne(ptr, bytes, NULL));
    memset(bytes, 'a', 1000000);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cr_assert(eq(int, ftruncate(descriptor, 0), 0));
        cr_assert(eq(long, (long)pwrite(descriptor, bytes, sizes[i], 0), (long)sizes[i]));
        struct status status = digest_sha256_file(path, from_file);
        digest_sha256(bytes, sizes[i], from_memory);
        cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_expect(eq(str, from_file, from_memory), "size %zu", sizes[i]);
    }
    // The third published example is a million times the letter a.
    cr_expect(eq(str, from_file, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    free(bytes);
    close(descriptor);
    unlink(path);
}

Test(digest, errors_name_the_file)
{
    char hex[65];
    struct status status = digest_sha256_file("/nonexistent/archive.tar.gz", hex);
    cr_expect(eq(int, status.code, STATUS_MISSING));
    cr_expect(ne(ptr, strstr(status.message, "/nonexistent/archive.tar.gz"), NULL), "%s", status.message);
    status = digest_sha256_file("/tmp", hex); // a folder opens but cannot be read
    cr_expect(eq(int, status.code, STATUS_IO), "%s", status.message);
}
