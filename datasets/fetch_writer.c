// fetch_writer.c: a ring between the thread that receives and one that writes and hashes. The disk is told to begin early,
// so that little is left to wait for at the end. Tests: tests/fetch_writer_test.c.
#include "datasets/fetch_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Pieces that fit in the second-level cache are hashed while they are still there.
enum { RING_BYTES = 1 << 23, PIECE_BYTES = 1 << 18 };
static const uint64_t flush_bytes = (uint64_t)1 << 23;

struct fetch_writer {
    int descriptor;
    EVP_MD_CTX *context;
    const EVP_MD *digest;
    uint8_t *ring;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t pushed_more, done_more;
    bool running;
    // Under the mutex. Places in the file; those of the ring are the same modulo its size.
    uint64_t begin;        // bytes that were in the file before: hashed from there, not from the ring
    uint64_t hashed;       // of those
    uint64_t pushed, done; // done: written and hashed
    bool end;              // nothing more will be pushed
    bool forget;           // hash nothing more
    int error;             // errno of a read or write that failed, or -1 for libcrypto
};

// ---- the thread ------------------------------------------------------------------------------------------------

// Hashes a piece of what was in the file before. Called and left with the mutex held, which it releases meanwhile.
static void hash_before(struct fetch_writer *writer)
{
    uint8_t *piece = writer->ring; // nothing is taken out of the ring before all of this is hashed
    uint64_t at = writer->hashed, left = writer->begin - at;
    size_t size = left < RING_BYTES / 2 ? (size_t)left : RING_BYTES / 2;
    int error = 0;
    pthread_mutex_unlock(&writer->mutex);
    ssize_t count = pread(writer->descriptor, piece, size, (off_t)at);
    if (count <= 0 && !(count < 0 && errno == EINTR)) error = count < 0 ? errno : EIO;
    if (count > 0 && EVP_DigestUpdate(writer->context, piece, (size_t)count) != 1) error = -1;
    pthread_mutex_lock(&writer->mutex);
    if (count > 0) writer->hashed += (uint64_t)count;
    writer->error = error;
}

static int write_all(int descriptor, const uint8_t *bytes, size_t size, uint64_t at, size_t *written)
{
    *written = 0;
    while (*written < size) {
        ssize_t count = pwrite(descriptor, bytes + *written, size - *written, (off_t)(at + *written));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        *written += (size_t)count;
    }
    return 0;
}

// Writes and hashes a piece out of the ring. Called and left with the mutex held.
static void take_piece(struct fetch_writer *writer)
{
    uint64_t at = writer->done, left = writer->pushed - at;
    size_t place = (size_t)(at % RING_BYTES), size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, written = 0;
    bool hash = !writer->forget;
    if (size > RING_BYTES - place) size = RING_BYTES - place;
    pthread_mutex_unlock(&writer->mutex);
    int error = write_all(writer->descriptor, writer->ring + place, size, at, &written);
    if (error == 0 && hash && EVP_DigestUpdate(writer->context, writer->ring + place, size) != 1) error = -1;
    uint64_t full = (at + written) / flush_bytes * flush_bytes;
    if (full > at) sync_file_range(writer->descriptor, (off_t)(full - flush_bytes), flush_bytes, SYNC_FILE_RANGE_WRITE);
    pthread_mutex_lock(&writer->mutex);
    writer->done += written;
    writer->error = error;
    pthread_cond_broadcast(&writer->done_more);
}

static void *run(void *context)
{
    struct fetch_writer *writer = context;
    pthread_mutex_lock(&writer->mutex);
    while (writer->error == 0) {
        if (writer->hashed < writer->begin && !writer->forget)
            hash_before(writer);
        else if (writer->done < writer->pushed)
            take_piece(writer);
        else if (writer->end)
            break;
        else
            pthread_cond_wait(&writer->pushed_more, &writer->mutex);
    }
    pthread_cond_broadcast(&writer->done_more);
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

// ---- the caller's side -----------------------------------------------------------------------------------------

static bool start(struct fetch_writer *writer)
{
    writer->end = writer->forget = false;
    writer->running = EVP_DigestInit_ex(writer->context, writer->digest, NULL) == 1 &&
                      pthread_create(&writer->thread, NULL, run, writer) == 0;
    return writer->running;
}

static void stop(struct fetch_writer *writer, bool forget)
{
    if (!writer->running) return;
    pthread_mutex_lock(&writer->mutex);
    writer->end = true;
    writer->forget = forget;
    pthread_cond_signal(&writer->pushed_more);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    writer->running = false;
}

static struct status explain(const struct fetch_writer *writer)
{
    if (writer->error == 0) return status_ok();
    return status_error(STATUS_IO, "%s", writer->error > 0 ? strerror(writer->error) : "libcrypto refused");
}

struct status fetch_writer_create(int descriptor, uint64_t size, const char *digest, struct fetch_writer **writer)
{
    struct fetch_writer *made = calloc(1, sizeof *made);
    *writer = NULL;
    if (made == NULL) return status_error(STATUS_NO_MEMORY, "write a file: out of memory");
    made->descriptor = descriptor;
    made->begin = made->pushed = made->done = size;
    made->digest = EVP_get_digestbyname(digest);
    made->context = EVP_MD_CTX_new();
    made->ring = malloc(RING_BYTES);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->pushed_more, NULL);
    pthread_cond_init(&made->done_more, NULL);
    if (made->digest != NULL && made->context != NULL && made->ring != NULL && start(made)) {
        *writer = made;
        return status_ok();
    }
    fetch_writer_destroy(made);
    return status_error(STATUS_FAILED, "write a file with its %s: libcrypto refused, or memory ran out", digest);
}

struct status fetch_writer_push(struct fetch_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    pthread_mutex_lock(&writer->mutex);
    while (size > 0 && writer->error == 0) {
        // While the beginning is hashed, the ring serves that.
        bool busy = writer->hashed < writer->begin || writer->pushed - writer->done == RING_BYTES;
        if (busy) {
            const struct timespec soon = {.tv_nsec = 1000000};
            pthread_mutex_unlock(&writer->mutex);
            nanosleep(&soon, NULL);
            pthread_mutex_lock(&writer->mutex);
            continue;
        }
        size_t place = (size_t)(writer->pushed % RING_BYTES),
               room = RING_BYTES - (size_t)(writer->pushed - writer->done);
        size_t now = size < room ? size : room;
        if (now > RING_BYTES - place) now = RING_BYTES - place;
        memcpy(writer->ring + place, from, now);
        uint64_t waiting = writer->pushed - writer->done;
        writer->pushed += now;
        from += now;
        size -= now;
        // Waking the other thread for every 16 kB costs as much as hashing them.
        if (waiting < PIECE_BYTES && waiting + now >= PIECE_BYTES) pthread_cond_signal(&writer->pushed_more);
    }
    struct status status = explain(writer);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

struct status fetch_writer_flush(struct fetch_writer *writer, uint64_t *size)
{
    pthread_mutex_lock(&writer->mutex);
    pthread_cond_signal(&writer->pushed_more);
    while (writer->done < writer->pushed && writer->error == 0) pthread_cond_wait(&writer->done_more, &writer->mutex);
    *size = writer->done;
    struct status status = explain(writer);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

struct status fetch_writer_restart(struct fetch_writer *writer)
{
    stop(writer, true);
    if (ftruncate(writer->descriptor, 0) != 0) return status_error(STATUS_IO, "empty a file: %s", strerror(errno));
    writer->begin = writer->hashed = writer->pushed = writer->done = 0;
    writer->error = 0;
    if (start(writer)) return status_ok();
    return status_error(STATUS_FAILED, "write a file with its checksum: libcrypto refused, or no thread could start");
}

struct status fetch_writer_finish(struct fetch_writer *writer, char hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    stop(writer, false);
    struct status status = explain(writer);
    if (status.code != STATUS_OK) return status;
    if (EVP_DigestFinal_ex(writer->context, digest, &size) != 1 || size > 32)
        return status_error(STATUS_FAILED, "checksum of what was downloaded: libcrypto refused");
    for (unsigned i = 0; i < size; i++) snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    return status;
}

void fetch_writer_destroy(struct fetch_writer *writer)
{
    if (writer == NULL) return;
    stop(writer, true);
    EVP_MD_CTX_free(writer->context);
    free(writer->ring);
    pthread_cond_destroy(&writer->pushed_more);
    pthread_cond_destroy(&writer->done_more);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}
