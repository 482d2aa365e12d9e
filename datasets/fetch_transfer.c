// fetch_transfer.c: libcurl, one request at a time. Redirects are followed here and not by libcurl, because where they
// may lead is our rule. Tests: tests/fetch_fault_test.c.
#include "datasets/fetch_transfer.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/build_info.h"
#include "base/interrupt.h"
#include "base/machine.h"
#include "datasets/fetch_policy.h"
#include "datasets/fetch_response.h"

enum { REDIRECT_LIMIT = 5, RECEIVE_BYTES = 1 << 19, PAGE_LIMIT = 1 << 20 };

// One request and what has come of it so far.
struct request {
    const struct fetch_attempt *attempt;
    struct fetch_result *result;
    struct fetch_address from;
    CURL *curl;
    struct fetch_response response;
    enum fetch_action action;
    uint64_t asked_from; // offset of the request
    bool conditional;    // it had an If-Range
    uint64_t skip;       // bytes at the beginning of the body that are there already
    uint64_t body;       // bytes of bodies, kept or not
    bool stopped;        // by one of the callbacks; result says why
    double begin_seconds, window_begin_seconds;
    uint64_t window_body;
};

static void stop(struct request *request, enum fetch_verdict verdict, struct status reason)
{
    request->stopped = true;
    request->result->verdict = verdict;
    request->result->reason = reason;
}

// ---- what libcurl calls ----------------------------------------------------------------------------------------

// Status 200 to a request with If-Range: it is another version now, or the server knows no Range; then it says the same
// version as before.
static bool version_has_changed(const struct request *request)
{
    const struct fetch_origin *before = &request->attempt->part->origin;
    const struct fetch_response *now = &request->response;
    if (!request->conditional) return false;
    return before->etag[0] != '\0' ? strcmp(before->etag, now->etag) != 0
                                   : strcmp(before->modified, now->modified) != 0;
}

// The headers are complete: decides what the body is, before any of it is stored.
static void judge(struct request *request)
{
    struct fetch_part *part = request->attempt->part;
    const struct fetch_response *response = &request->response;
    struct status status =
        fetch_response_judge(response, request->from.host, part->entry->size, request->asked_from, &request->action);
    if (status.code != STATUS_OK) {
        stop(request, FETCH_LEAVE, status);
        return;
    }
    if (request->action == FETCH_IGNORE) return;
    if (request->action == FETCH_RESTART && !version_has_changed(request)) {
        log_message(LOG_DETAIL, "%s sends %s from its beginning; what is there is kept", request->from.host,
                    part->entry->file);
        request->skip = request->asked_from;
        return;
    }
    if (request->action == FETCH_RESTART) {
        log_message(LOG_WARNING, "%s has changed on %s since; beginning anew", part->entry->file, request->from.host);
        status = fetch_part_restart(part);
        request->result->received = 0;
        if (status.code != STATUS_OK) stop(request, FETCH_STOP, status);
    }
    struct fetch_origin origin;
    snprintf(origin.address, sizeof origin.address, "%s", request->attempt->address);
    memcpy(origin.etag, response->etag, sizeof origin.etag);
    memcpy(origin.modified, response->modified, sizeof origin.modified);
    fetch_part_note_origin(part, &origin);
}

static size_t on_header(char *line, size_t one, size_t size, void *context)
{
    struct request *request = context;
    if (one != 1 || request->from.scheme == FETCH_FILE) return one * size; // file:// invents some
    fetch_response_add_line(&request->response, line, size);
    if (request->response.ended && request->response.http_status >= 200) judge(request);
    return request->stopped ? 0 : size;
}

static void take_body(struct request *request, const char *bytes, size_t size)
{
    struct fetch_part *part = request->attempt->part;
    size_t known = size < request->skip ? size : (size_t)request->skip;
    request->skip -= known;
    bytes += known;
    size -= known;
    if (part->size == 0 && fetch_is_web_page((const uint8_t *)bytes, size)) {
        stop(request, FETCH_LEAVE,
             status_error(STATUS_BAD_INPUT, "%s sends a web page in place of the file", request->from.host));
        return;
    }
    if (size > part->entry->size - part->size) {
        stop(request, FETCH_LEAVE,
             status_error(STATUS_BAD_INPUT, "%s sends more than the %" PRIu64 " bytes that the file has",
                          request->from.host, part->entry->size));
        return;
    }
    struct status status = fetch_part_append(part, bytes, size);
    if (status.code != STATUS_OK) stop(request, FETCH_STOP, status);
    request->result->received += size;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *context)
{
    struct request *request = context;
    if (one != 1 || request->stopped) return 0;
    request->body += size;
    if (request->action == FETCH_IGNORE) return request->body > PAGE_LIMIT ? 0 : size;
    take_body(request, bytes, size);
    return request->stopped ? 0 : size;
}

// After every window: whether enough came in it.
static void check_speed(struct request *request)
{
    const struct fetch_attempt *attempt = request->attempt;
    double now = clock_seconds(), seconds = now - request->window_begin_seconds;
    if (seconds < attempt->settings->window_seconds) return;
    uint64_t came = request->body - request->window_body;
    if (came == 0)
        stop(request, FETCH_AGAIN,
             status_error(STATUS_MISSING, "%s has sent nothing for %.0f s", request->from.host, seconds));
    else if ((double)came < attempt->floor_bytes_per_second * seconds)
        stop(request, FETCH_SLOW,
             status_error(STATUS_MISSING, "%s sends only %.0f kB/s", request->from.host, (double)came / seconds / 1e3));
    request->window_begin_seconds = now;
    request->window_body = request->body;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct request *request = context;
    (void)a, (void)b, (void)c, (void)d; // libcurl's counts know nothing of what was there before
    progress_update(request->attempt->progress, (double)request->attempt->part->size / 1e6);
    if (interrupt_requested()) stop(request, FETCH_STOP, interrupt_status());
    const struct fetch_part *part = request->attempt->part;
    if (!request->stopped && part->size < part->entry->size) check_speed(request);
    return request->stopped;
}

// ---- a request -------------------------------------------------------------------------------------------------

// libcurl reads the proxies' variables itself, but these two are those of the curl program and of OpenSSL.
static void set_certificates(CURL *curl)
{
    const char *bundle = getenv("CURL_CA_BUNDLE"), *folder = getenv("SSL_CERT_DIR");
    if (bundle == NULL || bundle[0] == '\0') bundle = getenv("SSL_CERT_FILE");
    if (bundle != NULL && bundle[0] != '\0') curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
    if (folder != NULL && folder[0] != '\0') curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
}

// Range from what is there; If-Range where the same server said which version that was, so that a file that has changed
// since comes whole. Another server's bytes are the same file or fail the checksum.
static struct curl_slist *set_range(struct request *request)
{
    const struct fetch_part *part = request->attempt->part;
    const char *version = part->origin.etag[0] != '\0' && strncmp(part->origin.etag, "W/", 2) != 0
                              ? part->origin.etag
                              : part->origin.modified;
    char range[40], line[FETCH_VALIDATOR_SIZE + 16];
    struct curl_slist *headers = curl_slist_append(NULL, "Accept-Encoding: identity");
    request->conditional = false;
    if (request->asked_from == 0) return headers;
    snprintf(range, sizeof range, "%" PRIu64 "-", request->asked_from);
    curl_easy_setopt(request->curl, CURLOPT_RANGE, range);
    if (version[0] == '\0' || strcmp(part->origin.address, request->attempt->address) != 0) return headers;
    snprintf(line, sizeof line, "If-Range: %s", version);
    struct curl_slist *longer = curl_slist_append(headers, line);
    request->conditional = longer != NULL;
    return longer != NULL ? longer : headers;
}

static void set_options(struct request *request, const char *address)
{
    static const char *const protocols[] = {[FETCH_HTTPS] = "https", [FETCH_HTTP] = "http", [FETCH_FILE] = "file"};
    char agent[64];
    CURL *curl = request->curl;
    snprintf(agent, sizeof agent, "transinv/%s", build_version);
    curl_easy_setopt(curl, CURLOPT_URL, address);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols[request->from.scheme]);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L); // a .tar.gz stays one, whatever a server calls it
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(1e3 * request->attempt->settings->connect_seconds));
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, request);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    set_certificates(curl);
}

static struct status explain_certificate(const struct request *request, const char *detail)
{
    return status_error(STATUS_MISSING,
                        "the certificate of %s cannot be trusted (%.80s); behind a company's proxy, name its "
                        "certificate in CURL_CA_BUNDLE; a wrong clock does this, too",
                        request->from.host, detail);
}

static bool was_unreachable(const struct request *request, CURLcode code)
{
    curl_off_t connected = 0; // microseconds until there was a connection
    curl_easy_getinfo(request->curl, CURLINFO_CONNECT_TIME_T, &connected);
    return code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && connected == 0);
}

static void conclude_failure(struct request *request, CURLcode code, const char *detail)
{
    const char *host = request->from.host, *text = detail[0] != '\0' ? detail : curl_easy_strerror(code);
    const struct fetch_part *part = request->attempt->part;
    request->result->unreachable = was_unreachable(request, code);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: stop(request, FETCH_LEAVE, explain_certificate(request, text)); return;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_BAD_DOWNLOAD_RESUME:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
        stop(request, FETCH_LEAVE, status_error(STATUS_MISSING, "%s: %.200s", host, text));
        return;
    case CURLE_PARTIAL_FILE:
        stop(request, FETCH_AGAIN,
             status_error(STATUS_MISSING, "%s stopped after %" PRIu64 " of %" PRIu64 " bytes", host, part->size,
                          part->entry->size));
        return;
    default: stop(request, FETCH_AGAIN, status_error(STATUS_MISSING, "%s: %.200s", host, text)); return;
    }
}

static void conclude_answer(struct request *request)
{
    const struct fetch_part *part = request->attempt->part;
    long http_status = request->response.http_status;
    curl_off_t retry_after = 0;
    if (request->action != FETCH_IGNORE) {
        if (part->size == part->entry->size) {
            request->result->verdict = FETCH_COMPLETE;
            return;
        }
        conclude_failure(request, CURLE_PARTIAL_FILE, "");
        return;
    }
    curl_easy_getinfo(request->curl, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0) request->result->retry_after_seconds = (double)retry_after;
    stop(request, fetch_status_is_temporary(http_status) ? FETCH_AGAIN : FETCH_LEAVE,
         status_error(STATUS_MISSING, "%s answers with HTTP status %ld%s", request->from.host, http_status,
                      http_status == 416 ? ": it has a shorter file" : ""));
}

static bool is_redirect(const struct request *request)
{
    long http_status = request->response.http_status;
    return request->action == FETCH_IGNORE && http_status >= 301 && http_status <= 308 && http_status != 304 &&
           http_status != 305 && http_status != 306;
}

// One hop. When the answer is a redirect, *next becomes where it leads; the caller's to free.
static void request_perform(struct request *request, const char *address, char **next)
{
    char detail[CURL_ERROR_SIZE] = "", *location = NULL;
    bool file = request->from.scheme == FETCH_FILE;
    request->asked_from = request->attempt->part->size;
    request->action = file ? FETCH_APPEND : FETCH_IGNORE;
    request->window_begin_seconds = clock_seconds();
    request->body = request->window_body = request->skip = 0;
    curl_easy_reset(request->curl);
    set_options(request, address);
    curl_easy_setopt(request->curl, CURLOPT_ERRORBUFFER, detail);
    struct curl_slist *headers = file ? NULL : set_range(request);
    if (file) curl_easy_setopt(request->curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)request->asked_from);
    curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(request->curl);
    curl_slist_free_all(headers);
    if (request->stopped) return;
    // A body that is no part of the file and was cut short tells no less than a whole one.
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && request->action == FETCH_IGNORE))
        conclude_failure(request, code, detail);
    else if (is_redirect(request) && curl_easy_getinfo(request->curl, CURLINFO_REDIRECT_URL, &location) == CURLE_OK &&
             location != NULL)
        *next = strdup(location);
    else
        conclude_answer(request);
}

static void follow(struct request *request, const char *first)
{
    char *address = strdup(first);
    for (int hop = 0; address != NULL; hop++) {
        char *next = NULL;
        struct fetch_address target;
        request_perform(request, address, &next);
        free(address);
        address = next;
        if (next == NULL) break;
        struct status status =
            fetch_redirect_check(&request->from, next, request->attempt->settings->allow_http, &target);
        if (status.code == STATUS_OK && hop == REDIRECT_LIMIT)
            status = status_error(STATUS_BAD_INPUT, "%s redirects more than %d times, the last time to %.200s",
                                  request->from.host, REDIRECT_LIMIT, next);
        if (status.code != STATUS_OK) {
            stop(request, FETCH_LEAVE, status);
            free(address);
            address = NULL;
        }
        request->from = target;
    }
}

static void initialise_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void fetch_transfer(const struct fetch_attempt *attempt, struct fetch_result *result)
{
    static pthread_once_t initialised = PTHREAD_ONCE_INIT;
    struct request request = {.attempt = attempt, .result = result, .begin_seconds = clock_seconds()};
    *result = (struct fetch_result){.verdict = FETCH_LEAVE,
                                    .reason = status_error(STATUS_NO_MEMORY, "fetch: out of memory"),
                                    .retry_after_seconds = -1};
    pthread_once(&initialised, initialise_library);
    struct status status = fetch_address_parse(attempt->address, attempt->settings->allow_http, &request.from);
    if (status.code != STATUS_OK) {
        result->reason = status;
        return;
    }
    request.curl = curl_easy_init();
    if (request.curl == NULL) return;
    follow(&request, attempt->address);
    curl_easy_cleanup(request.curl);
    double seconds = clock_seconds() - request.begin_seconds;
    result->bytes_per_second = seconds > 0 ? (double)result->received / seconds : 0;
}
