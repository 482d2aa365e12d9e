// fetch_policy.c: addresses through libcurl's parser, so that what is checked here is what is opened later.
// Tests: tests/fetch_policy_test.c.
#include "datasets/fetch_policy.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const double longest_delay_seconds = 60;

static bool host_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

static struct status scheme_read(const char *text, const char *scheme, struct fetch_address *address)
{
    static const char *const names[] = {[FETCH_HTTPS] = "https", [FETCH_HTTP] = "http", [FETCH_FILE] = "file"};
    for (int s = 0; s < 3; s++)
        if (strcmp(scheme, names[s]) == 0) {
            address->scheme = (enum fetch_scheme)s;
            return status_ok();
        }
    return status_error(STATUS_USAGE, "address %.200s: expected https, http or file, found %.20s", text, scheme);
}

static struct status parts_read(const char *text, CURLU *url, struct fetch_address *address)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    struct status status = status_ok();
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        status = status_error(STATUS_USAGE, "expected an address such as https://HOST/FILE, found \"%.200s\"", text);
    if (status.code == STATUS_OK) status = scheme_read(text, scheme, address);
    if (status.code != STATUS_OK) goto done;
    if (address->scheme == FETCH_FILE) {
        snprintf(address->host, sizeof address->host, "this machine");
        goto done;
    }
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        status = status_error(STATUS_USAGE, "address %.200s has no host", text);
        goto done;
    }
    bool has_port = curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK;
    address->loopback = host_is_loopback(host);
    snprintf(address->host, sizeof address->host, "%.110s%s%.6s", host, has_port ? ":" : "", has_port ? port : "");
done:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return status;
}

struct status fetch_address_parse(const char *text, bool allow_http, struct fetch_address *address)
{
    CURLU *url = curl_url();
    *address = (struct fetch_address){.host = ""};
    if (url == NULL) return status_error(STATUS_NO_MEMORY, "address %.200s: out of memory", text);
    struct status status = parts_read(text, url, address);
    curl_url_cleanup(url);
    if (status.code == STATUS_OK && address->scheme == FETCH_HTTP && !address->loopback && !allow_http)
        status = status_error(STATUS_USAGE, "%.200s: plain http to another machine needs --allow-http", text);
    return status;
}

struct status fetch_redirect_check(const struct fetch_address *from, const char *to, bool allow_http,
                                   struct fetch_address *address)
{
    struct status status = fetch_address_parse(to, allow_http, address);
    if (status.code != STATUS_OK)
        return status_error(STATUS_BAD_INPUT, "%s redirects where this program does not follow: %.300s", from->host,
                            status.message);
    if (address->scheme == FETCH_FILE)
        return status_error(STATUS_BAD_INPUT, "%s redirects to a file of this machine: not followed", from->host);
    if (address->loopback && !from->loopback)
        return status_error(STATUS_BAD_INPUT, "%s redirects to a server on this machine: not followed", from->host);
    return status_ok();
}

struct status fetch_mirror_address(const char *mirror, const char *name, char address[FETCH_ADDRESS_SIZE])
{
    static const char kept[] = "-._~/+,=@";
    bool folder = strstr(mirror, "://") == NULL;
    size_t used = 0, length = strlen(mirror);
    while (length > 1 && mirror[length - 1] == '/') length--;
    if (folder) used = (size_t)snprintf(address, FETCH_ADDRESS_SIZE, "file://");
    for (size_t i = 0; i < length && used + 4 < FETCH_ADDRESS_SIZE; i++) {
        unsigned char c = (unsigned char)mirror[i];
        if (!folder || isalnum(c) || strchr(kept, c) != NULL)
            address[used++] = (char)c;
        else
            used += (size_t)snprintf(address + used, 4, "%%%02X", c);
    }
    if (used + strlen(name) + 2 > FETCH_ADDRESS_SIZE)
        return status_error(STATUS_USAGE, "the address of the mirror, %.100s..., is too long", mirror);
    snprintf(address + used, FETCH_ADDRESS_SIZE - used, "/%s", name);
    return status_ok();
}

bool fetch_status_is_temporary(long http_status)
{
    static const long temporary[] = {408, 425, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof temporary / sizeof temporary[0]; i++)
        if (http_status == temporary[i]) return true;
    return false;
}

double fetch_delay_seconds(int attempt, double base_seconds, double retry_after_seconds)
{
    double delay = base_seconds;
    for (int i = 1; i < attempt && delay < longest_delay_seconds; i++) delay *= 2;
    if (delay > longest_delay_seconds) delay = longest_delay_seconds;
    return retry_after_seconds > delay ? retry_after_seconds : delay;
}

// Digits only; false on overflow.
static bool take_number(const char **text, uint64_t *number)
{
    const char *begin = *text;
    *number = 0;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (*number > (UINT64_MAX - 9) / 10) return false;
        *number = *number * 10 + (uint64_t)(**text - '0');
    }
    return *text > begin;
}

bool fetch_content_range_parse(const char *text, uint64_t *first, uint64_t *last, uint64_t *total)
{
    *total = 0;
    if (strncasecmp(text, "bytes ", 6) != 0) return false;
    text += 6;
    if (!take_number(&text, first) || *text++ != '-' || !take_number(&text, last) || *text++ != '/') return false;
    if (strcmp(text, "*") == 0) return *first <= *last;
    return take_number(&text, total) && *text == '\0' && *first <= *last && *last < *total;
}

bool fetch_is_web_page(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && (isspace(bytes[at]) || bytes[at] == 0xef || bytes[at] == 0xbb || bytes[at] == 0xbf)) at++;
    const char *text = (const char *)bytes + at;
    size_t left = size - at;
    return (left >= 5 && strncasecmp(text, "<html", 5) == 0) || (left >= 9 && strncasecmp(text, "<!doctype", 9) == 0) ||
           (left >= 5 && strncasecmp(text, "<?xml", 5) == 0);
}
