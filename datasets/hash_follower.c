// hash_follower.c: a thread that reads what was written behind the writer's back. The writer only moves a number; bytes
// come out of the page cache, so no buffers change hands. Tests: tests/fetch_part_test.c.
#include "datasets/hash_follower.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 18 }; // stays in the second-level cache between pread and hashing

struct hash_follower {
    int descriptor;
    EVP_MD_CTX *context;
    const EVP_MD *digest;
    uint8_t *piece;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    // Under the mutex:
    uint64_t allowed, hashed;
    unsigned generation; // counts restarts
    bool finish, stop, running;
    int error; // errno of a read that failed, or -1 for libcrypto
};

// Reads and hashes up to a piece at `from`. Returns bytes, or 0 on error with *error set.
static size_t follower_hash_piece(struct hash_follower *follower, uint64_t from, size_t size, int *error)
{
    ssize_t count = pread(follower->descriptor, follower->piece, size < PIECE_BYTES ? size : PIECE_BYTES, (off_t)from);
    if (count < 0 && errno == EINTR) return follower_hash_piece(follower, from, size, error);
    *error = count > 0 ? 0 : count < 0 ? errno : EIO;
    if (count > 0 && EVP_DigestUpdate(follower->context, follower->piece, (size_t)count) != 1) *error = -1;
    return *error == 0 ? (size_t)count : 0;
}

// Called with the mutex held; releases it while it works.
static void follower_advance(struct hash_follower *follower)
{
    unsigned generation = follower->generation;
    uint64_t from = follower->hashed, left = follower->allowed - from;
    int error = 0;
    if (from == 0 && EVP_DigestInit_ex(follower->context, follower->digest, NULL) != 1) {
        follower->error = -1;
        return;
    }
    pthread_mutex_unlock(&follower->mutex);
    size_t count = follower_hash_piece(follower, from, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, &error);
    pthread_mutex_lock(&follower->mutex);
    if (generation != follower->generation) return; // of a file that is no more
    follower->hashed += count;
    follower->error = error;
}

static void *follower_run(void *context)
{
    struct hash_follower *follower = context;
    pthread_mutex_lock(&follower->mutex);
    while (!follower->stop && follower->error == 0) {
        if (follower->hashed < follower->allowed)
            follower_advance(follower);
        else if (follower->finish)
            break;
        else
            pthread_cond_wait(&follower->changed, &follower->mutex);
    }
    pthread_mutex_unlock(&follower->mutex);
    return NULL;
}

struct status hash_follower_create(int descriptor, const char *digest, struct hash_follower **follower)
{
    struct hash_follower *made = calloc(1, sizeof *made);
    *follower = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "%s of a file: out of memory", digest);
    made->descriptor = descriptor;
    made->digest = EVP_get_digestbyname(digest);
    made->context = EVP_MD_CTX_new();
    made->piece = malloc(PIECE_BYTES);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    bool good = made->digest != NULL && made->context != NULL && made->piece != NULL &&
                EVP_DigestInit_ex(made->context, made->digest, NULL) == 1;
    if (good) good = made->running = pthread_create(&made->thread, NULL, follower_run, made) == 0;
    if (good) {
        *follower = made;
        return status_ok();
    }
    hash_follower_destroy(made);
    return status_error(STATUS_FAILED, "%s of a file: libcrypto refused, or no thread could be started", digest);
}

void hash_follower_allow(struct hash_follower *follower, uint64_t size)
{
    pthread_mutex_lock(&follower->mutex);
    follower->allowed = size;
    pthread_cond_signal(&follower->changed);
    pthread_mutex_unlock(&follower->mutex);
}

void hash_follower_restart(struct hash_follower *follower)
{
    pthread_mutex_lock(&follower->mutex);
    follower->allowed = follower->hashed = 0;
    follower->generation++;
    pthread_mutex_unlock(&follower->mutex);
}

static void follower_join(struct hash_follower *follower, bool stop)
{
    if (!follower->running) return;
    pthread_mutex_lock(&follower->mutex);
    follower->finish = true;
    follower->stop = stop;
    pthread_cond_signal(&follower->changed);
    pthread_mutex_unlock(&follower->mutex);
    pthread_join(follower->thread, NULL);
    follower->running = false;
}

struct status hash_follower_finish(struct hash_follower *follower, char hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    follower_join(follower, false);
    if (follower->error > 0)
        return status_error(STATUS_IO, "read back what was downloaded: %s", strerror(follower->error));
    if (follower->error != 0 || EVP_DigestFinal_ex(follower->context, digest, &size) != 1 || size > 32)
        return status_error(STATUS_FAILED, "checksum of what was downloaded: libcrypto refused");
    for (unsigned i = 0; i < size; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return status_ok();
}

void hash_follower_destroy(struct hash_follower *follower)
{
    if (follower == NULL) return;
    follower_join(follower, true);
    EVP_MD_CTX_free(follower->context);
    free(follower->piece);
    pthread_cond_destroy(&follower->changed);
    pthread_mutex_destroy(&follower->mutex);
    free(follower);
}
