// fetch_response.h: the headers of an answer, and what they mean for the bytes that follow. Takes memory, knows no socket.
#ifndef DATASETS_FETCH_RESPONSE_H
#define DATASETS_FETCH_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "datasets/fetch_part.h"

struct fetch_response {
    long http_status; // 0 before the first line
    bool ended;       // the empty line behind the headers has come
    char length[24], range[80], type[80];
    char etag[FETCH_VALIDATOR_SIZE], modified[FETCH_VALIDATOR_SIZE];
};

// Takes a header line as it came, line end included. A status line begins a new answer: what an earlier one said (a
// redirect, "100 Continue") is forgotten.
void fetch_response_add_line(struct fetch_response *response, const char *line, size_t size);

enum fetch_action {
    FETCH_APPEND,  // the bytes belong at the offset that was asked for
    FETCH_RESTART, // they are the whole file: no Range here, or another version of the file
    FETCH_IGNORE,  // they are no part of the file: an error page, a redirect
};

// What to do with the body of an answer to a request for a file of `size` bytes from `offset` on. STATUS_BAD_INPUT when
// status 200 or 206 comes with a length, place or type that cannot be right; `server` is its name in messages.
struct status fetch_response_judge(const struct fetch_response *response, const char *server, uint64_t size,
                                   uint64_t offset, enum fetch_action *action);

#endif
