// fetch_writer.h: writes a file and hashes it, in a thread of its own. Receiving, writing and hashing each take about as
// long when the server is near; this way receiving goes on meanwhile.
#ifndef DATASETS_FETCH_WRITER_H
#define DATASETS_FETCH_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct fetch_writer;

// Hashes the first `size` bytes of the open file, by "SHA256" or "MD5", and then writes and hashes what is pushed. The
// descriptor stays the caller's. *writer is the caller's to destroy. STATUS_NO_MEMORY, STATUS_FAILED for a digest that
// libcrypto does not have.
struct status fetch_writer_create(int descriptor, uint64_t size, const char *digest, struct fetch_writer **writer);

// Takes a copy of the bytes; waits when much is still to be written. STATUS_IO when an earlier write has failed.
struct status fetch_writer_push(struct fetch_writer *writer, const void *bytes, size_t size);

// Forgets all: the file begins anew, and has been emptied when this returns. STATUS_IO.
struct status fetch_writer_restart(struct fetch_writer *writer);

// Waits until all that was pushed is written, and tells how many bytes the file has. STATUS_IO when a write has failed.
struct status fetch_writer_flush(struct fetch_writer *writer, uint64_t *size);

// Waits until all is hashed; `hex` gets the digest, 64 or 32 digits. After that it can only be destroyed. STATUS_IO.
struct status fetch_writer_finish(struct fetch_writer *writer, char hex[65]);

void fetch_writer_destroy(struct fetch_writer *writer); // accepts NULL; what was pushed is written, but not hashed

#endif
