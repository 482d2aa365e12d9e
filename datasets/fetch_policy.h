// fetch_policy.h: the rules of downloading, without a socket: which addresses may be opened, what an answer means, how
// long to wait. Pure functions.
#ifndef DATASETS_FETCH_POLICY_H
#define DATASETS_FETCH_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { FETCH_HOST_SIZE = 128, FETCH_ADDRESS_SIZE = 2048 };

enum fetch_scheme { FETCH_HTTPS, FETCH_HTTP, FETCH_FILE };

// How an address may be opened, and what to call its server: "www.cs.toronto.edu", "127.0.0.1:8080", "this machine".
struct fetch_address {
    enum fetch_scheme scheme;
    bool loopback; // localhost, 127.0.0.0/8 or ::1
    char host[FETCH_HOST_SIZE];
};

// STATUS_USAGE for what is no address, for another scheme, and for plain http to another machine unless `allow_http`:
// the checksum protects what arrives, but not who learns of it.
struct status fetch_address_parse(const char *text, bool allow_http, struct fetch_address *address);

// The same for the target of a redirect: never a file, and from https never back to http of another machine.
struct status fetch_redirect_check(const struct fetch_address *from, const char *to, bool allow_http,
                                   struct fetch_address *address);

// "file:///srv/data/" and NAME, or a folder's path and NAME, or an http(s) address and NAME, joined by one slash; the
// path is percent-encoded when the mirror is a folder. STATUS_USAGE when it does not fit.
struct status fetch_mirror_address(const char *mirror, const char *name, char address[FETCH_ADDRESS_SIZE]);

// 408, 425, 429, 500, 502, 503, 504: the same request may succeed later.
bool fetch_status_is_temporary(long http_status);

// Seconds before attempt number `attempt` (1: the first repetition): base x 2^(attempt - 1), at most 60, or what the
// server asked for when that is longer. `retry_after_seconds` < 0: it asked for nothing.
double fetch_delay_seconds(int attempt, double base_seconds, double retry_after_seconds);

// "bytes 100-199/1000" or "bytes 100-199/*" (*total = 0).
bool fetch_content_range_parse(const char *text, uint64_t *first, uint64_t *last, uint64_t *total);

// An error page saved under an archive's name is the commonest damage: "<html", "<!doctype", "<?xml" after blanks.
bool fetch_is_web_page(const uint8_t *bytes, size_t size);

#endif
