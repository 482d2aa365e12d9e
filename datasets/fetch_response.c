// fetch_response.c: keeps the headers that matter and judges them (RFC 9110, 14: Range requests).
// Tests: tests/fetch_policy_test.c.
#include "datasets/fetch_response.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "datasets/fetch_policy.h"

// The value behind "NAME:" when the line has that name; one that does not fit counts as not said.
static void take_value(const char *line, size_t size, const char *name, char *value, size_t value_size)
{
    size_t length = strlen(name);
    if (size <= length || line[length] != ':' || strncasecmp(line, name, length) != 0) return;
    const char *begin = line + length + 1, *end = line + size;
    while (begin < end && isspace((unsigned char)*begin)) begin++;
    while (end > begin && isspace((unsigned char)end[-1])) end--;
    if ((size_t)(end - begin) < value_size) snprintf(value, value_size, "%.*s", (int)(end - begin), begin);
}

void fetch_response_add_line(struct fetch_response *response, const char *line, size_t size)
{
    if (size >= 9 && strncasecmp(line, "HTTP/", 5) == 0) {
        const char *blank = memchr(line, ' ', size);
        *response = (struct fetch_response){.http_status = 0};
        for (const char *at = blank; at != NULL && ++at < line + size && isdigit((unsigned char)*at);)
            if (response->http_status < 1000) response->http_status = 10 * response->http_status + (*at - '0');
        return;
    }
    if (size <= 2 && (size == 0 || line[0] == '\r' || line[0] == '\n')) response->ended = true;
    take_value(line, size, "Content-Length", response->length, sizeof response->length);
    take_value(line, size, "Content-Range", response->range, sizeof response->range);
    take_value(line, size, "Content-Type", response->type, sizeof response->type);
    take_value(line, size, "ETag", response->etag, sizeof response->etag);
    take_value(line, size, "Last-Modified", response->modified, sizeof response->modified);
}

static struct status judge_range(const struct fetch_response *response, const char *server, uint64_t size,
                                 uint64_t offset)
{
    uint64_t first = 0, last = 0, total = 0;
    if (!fetch_content_range_parse(response->range, &first, &last, &total))
        return status_error(STATUS_BAD_INPUT, "%s sends a part of the file without saying which (Content-Range: %.60s)",
                            server, response->range[0] != '\0' ? response->range : "none");
    if (total != 0 && total != size)
        return status_error(STATUS_BAD_INPUT, "%s has a file of %" PRIu64 " bytes, expected %" PRIu64, server, total,
                            size);
    if (first != offset || last >= size)
        return status_error(STATUS_BAD_INPUT,
                            "%s sends bytes %" PRIu64 " to %" PRIu64 ", expected those from %" PRIu64 " to %" PRIu64,
                            server, first, last, offset, size - 1);
    return status_ok();
}

static struct status judge_whole(const struct fetch_response *response, const char *server, uint64_t size)
{
    int64_t length = 0;
    if (strncasecmp(response->type, "text/html", 9) == 0)
        return status_error(STATUS_BAD_INPUT, "%s sends a web page (%.60s) in place of the file", server,
                            response->type);
    if (response->length[0] == '\0') return status_ok(); // then its end tells
    if (!number_parse_int64(response->length, 0, INT64_MAX, &length))
        return status_error(STATUS_BAD_INPUT, "%s announces a length that is no number: %.20s", server,
                            response->length);
    if ((uint64_t)length != size)
        return status_error(STATUS_BAD_INPUT, "%s announces %" PRId64 " bytes, expected %" PRIu64, server, length,
                            size);
    return status_ok();
}

struct status fetch_response_judge(const struct fetch_response *response, const char *server, uint64_t size,
                                   uint64_t offset, enum fetch_action *action)
{
    *action = FETCH_IGNORE;
    if (response->http_status == 206) {
        *action = FETCH_APPEND;
        return judge_range(response, server, size, offset);
    }
    if (response->http_status == 200) {
        *action = offset > 0 ? FETCH_RESTART : FETCH_APPEND;
        return judge_whole(response, server, size);
    }
    return status_ok();
}
