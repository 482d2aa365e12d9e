// fetch_transfer.h: one attempt to get the rest of a file from one address, redirects included. What is tried next is
// fetch.c's decision.
#ifndef DATASETS_FETCH_TRANSFER_H
#define DATASETS_FETCH_TRANSFER_H

#include "base/log.h"
#include "datasets/fetch.h"
#include "datasets/fetch_part.h"

enum fetch_verdict {
    FETCH_COMPLETE, // all bytes are there, not yet compared with the checksum
    FETCH_AGAIN,    // the same address may do better after a while
    FETCH_SLOW,     // it sends, but below the floor
    FETCH_LEAVE,    // this address is of no use
    FETCH_STOP,     // no address is: the disk, or the person, says no
};

struct fetch_attempt {
    const char *address;
    const struct fetch_settings *settings;
    double floor_bytes_per_second; // 0: only a stall counts as slow
    struct fetch_part *part;
    struct progress *progress; // may be NULL
};

struct fetch_result {
    enum fetch_verdict verdict;
    struct status reason;       // why, unless FETCH_COMPLETE
    double retry_after_seconds; // what the server asks for, or -1
    double bytes_per_second;    // how fast it was
    uint64_t received;          // bytes that came and were kept
    bool unreachable;           // there was not even a connection
};

// Never fails: everything is in *result.
void fetch_transfer(const struct fetch_attempt *attempt, struct fetch_result *result);

#endif
