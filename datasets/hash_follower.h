// hash_follower.h: hashes a file while another thread is still writing it. Hashing costs as much time as receiving from a
// near server, and this way costs it on another processor.
#ifndef DATASETS_HASH_FOLLOWER_H
#define DATASETS_HASH_FOLLOWER_H

#include <stdint.h>

#include "base/status.h"

struct hash_follower;

// Hashes what `descriptor` holds from byte 0 on, by "SHA256" or "MD5", once it is allowed to. *follower is the caller's
// to destroy; the descriptor stays the caller's and must outlive it. STATUS_NO_MEMORY, STATUS_FAILED for a digest that
// libcrypto does not have.
struct status hash_follower_create(int descriptor, const char *digest, struct hash_follower **follower);

// The first `size` bytes are written now; never less than before, but for hash_follower_restart.
void hash_follower_allow(struct hash_follower *follower, uint64_t size);
void hash_follower_restart(struct hash_follower *follower); // forgets all: the file begins anew, with 0 bytes allowed

// Waits until all that was allowed is hashed; `hex` gets the digest, 64 or 32 digits. Ends the follower's work; it can
// only be destroyed then. STATUS_IO when the file could not be read back.
struct status hash_follower_finish(struct hash_follower *follower, char hex[65]);
void hash_follower_destroy(struct hash_follower *follower); // accepts NULL; does not wait for the rest

#endif
