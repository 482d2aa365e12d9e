// fetch_policy_test.c: the rules of downloading as functions of text: addresses, redirects, headers, delays.
#include "datasets/fetch_policy.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "datasets/fetch_response.h"
#include "tests/support/archive.h"

Test(fetch_policy, addresses)
{
    static const struct {
        const char *text, *host, *error; // error NULL: allowed
        enum fetch_scheme scheme;
        bool loopback;
    } cases[] = {
        {"https://www.cs.toronto.edu/~kriz/a.tar.gz", "www.cs.toronto.edu", NULL, FETCH_HTTPS, false},
        {"http://127.0.0.1:8080/a", "127.0.0.1:8080", NULL, FETCH_HTTP, true},
        {"http://localhost/a", "localhost", NULL, FETCH_HTTP, true},
        {"http://[::1]/a", "[::1]", NULL, FETCH_HTTP, true},
        {"file:///srv/a", "this machine", NULL, FETCH_FILE, false},
        {"http://example.org/a", "", "needs --allow-http", FETCH_HTTP, false},
        {"http://127.0.0.1@example.org/a", "", "needs --allow-http", FETCH_HTTP, false},
        {"http://127.0.0.1.example.org/a", "", "needs --allow-http", FETCH_HTTP, false},
        {"http://localhost.example.org/a", "", "needs --allow-http", FETCH_HTTP, false},
        {"ftp://127.0.0.1/a", "", "expected https, http or file, found ftp", FETCH_HTTP, false},
        {"scp://127.0.0.1/a", "", "found scp", FETCH_HTTP, false},
        {"www.cs.toronto.edu", "", "expected an address such as https://HOST/FILE", FETCH_HTTP, false},
        {"", "", "expected an address", FETCH_HTTP, false},
        {"https://", "", "", FETCH_HTTP, false},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct fetch_address address;
        struct status status = fetch_address_parse(cases[c].text, false, &address);
        if (cases[c].error != NULL) {
            expect_error(status, STATUS_USAGE, cases[c].error, cases[c].text);
            continue;
        }
        cr_assert(eq(int, status.code, STATUS_OK), "%s: %s", cases[c].text, status.message);
        cr_expect(eq(str, address.host, (char *)cases[c].host));
        cr_expect(address.scheme == cases[c].scheme && address.loopback == cases[c].loopback, "%s", cases[c].text);
    }
    struct fetch_address address;
    cr_expect(eq(int, fetch_address_parse("http://example.org/a", true, &address).code, STATUS_OK));
}

Test(fetch_policy, redirects)
{
    struct fetch_address here, there, to;
    cr_assert(eq(int, fetch_address_parse("http://127.0.0.1/a", false, &here).code, STATUS_OK));
    cr_assert(eq(int, fetch_address_parse("https://example.org/a", false, &there).code, STATUS_OK));
    cr_expect(eq(int, fetch_redirect_check(&there, "https://cave.example.org/a", false, &to).code, STATUS_OK));
    cr_expect(eq(str, to.host, "cave.example.org"));
    cr_expect(eq(int, fetch_redirect_check(&here, "http://127.0.0.1:81/a", false, &to).code, STATUS_OK));
    expect_error(fetch_redirect_check(&there, "http://example.org/a", false, &to), STATUS_BAD_INPUT, "--allow-http",
                 "");
    expect_error(fetch_redirect_check(&there, "http://127.0.0.1/a", false, &to), STATUS_BAD_INPUT, "on this machine",
                 "");
    expect_error(fetch_redirect_check(&there, "file:///etc/passwd", true, &to), STATUS_BAD_INPUT, "to a file", "");
    expect_error(fetch_redirect_check(&there, "gopher://x/", true, &to), STATUS_BAD_INPUT, "gopher", "");
}

Test(fetch_policy, mirrors)
{
    char address[FETCH_ADDRESS_SIZE], longest[FETCH_ADDRESS_SIZE + 10];
    cr_assert(eq(int, fetch_mirror_address("/srv/data/", "a.tar", address).code, STATUS_OK));
    cr_expect(eq(str, address, "file:///srv/data/a.tar"));
    cr_assert(eq(int, fetch_mirror_address("/a b%#?", "x/y.npy", address).code, STATUS_OK));
    cr_expect(eq(str, address, "file:///a%20b%25%23%3F/x/y.npy"));
    cr_assert(eq(int, fetch_mirror_address("https://h/a%20b//", "a.tar", address).code, STATUS_OK));
    cr_expect(eq(str, address, "https://h/a%20b/a.tar"));
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    expect_error(fetch_mirror_address(longest, "a.tar", address), STATUS_USAGE, "is too long", "long");
}

Test(fetch_policy, delays_double_and_end)
{
    static const double expected[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (int a = 0; a < 8; a++) cr_expect(eq(dbl, fetch_delay_seconds(a + 1, 1, -1), expected[a]), "attempt %d", a + 1);
    cr_expect(eq(dbl, fetch_delay_seconds(1, 1, 59), 59));
    cr_expect(eq(dbl, fetch_delay_seconds(6, 1, 5), 32), "the server asks for less than we would wait anyway");
    cr_expect(fetch_status_is_temporary(429) && fetch_status_is_temporary(503) && fetch_status_is_temporary(500));
    cr_expect(
        eq(int, fetch_status_is_temporary(404) + fetch_status_is_temporary(403) + fetch_status_is_temporary(501), 0));
}

Test(fetch_policy, content_ranges)
{
    uint64_t first = 0, last = 0, total = 0;
    cr_expect(fetch_content_range_parse("bytes 100-199/1000", &first, &last, &total));
    cr_expect(first == 100 && total == 1000 && last == 199);
    cr_expect(fetch_content_range_parse("Bytes 0-0/*", &first, &last, &total));
    cr_expect(eq(u64, total, 0));
    static const char *const wrong[] = {
        "",          "bytes",        "bytes 1-2",    "bytes 2-1/3", "bytes 1-3/3",
        "bytes */3", "bytes 1-2/3x", "bytes -1-2/3", "pages 1-2/3", "bytes 99999999999999999999-2/3"};
    for (size_t w = 0; w < sizeof wrong / sizeof wrong[0]; w++)
        cr_expect(not(fetch_content_range_parse(wrong[w], &first, &last, &total)), "%s", wrong[w]);
}

static struct fetch_response answer(const char *const lines[])
{
    struct fetch_response response = {0};
    for (int i = 0; lines[i] != NULL; i++) fetch_response_add_line(&response, lines[i], strlen(lines[i]));
    return response;
}

Test(fetch_policy, answers_are_judged_by_their_headers)
{
    static const struct {
        const char *lines[6];
        uint64_t offset;
        enum fetch_action action;
        const char *error;
    } cases[] = {
        {{"HTTP/1.1 200 OK\r\n", "Content-Length: 1000\r\n", "\r\n"}, 0, FETCH_APPEND, NULL},
        {{"HTTP/2 200\r\n", "content-length:1000\r\n", "\r\n"}, 7, FETCH_RESTART, NULL},
        {{"HTTP/1.1 200 OK\r\n", "\r\n"}, 0, FETCH_APPEND, NULL},
        {{"HTTP/1.1 206 Part\r\n", "Content-Range: bytes 7-999/1000\r\n", "\r\n"}, 7, FETCH_APPEND, NULL},
        {{"HTTP/1.1 206 Part\r\n", "Content-Range:  bytes 7-99/* \r\n", "\r\n"}, 7, FETCH_APPEND, NULL},
        {{"HTTP/1.1 404 Not Found\r\n", "Content-Length: 1000\r\n", "\r\n"}, 0, FETCH_IGNORE, NULL},
        {{"HTTP/1.1 302 Found\r\n", "Location: x\r\n", "\r\n"}, 0, FETCH_IGNORE, NULL},
        // What an earlier answer said does not count.
        {{"HTTP/1.1 100 Continue\r\n", "Content-Length: 5\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "\r\n"},
         0,
         FETCH_APPEND,
         NULL},
        {{"HTTP/1.1 200 OK\r\n", "Content-Length: 999\r\n", "\r\n"}, 0, 0, "announces 999 bytes, expected 1000"},
        {{"HTTP/1.1 200 OK\r\n", "Content-Length: many\r\n", "\r\n"}, 0, 0, "a length that is no number"},
        {{"HTTP/1.1 200 OK\r\n", "Content-Type: Text/HTML; charset=x\r\n", "\r\n"}, 0, 0, "a web page"},
        {{"HTTP/1.1 206 Part\r\n", "\r\n"}, 7, 0, "without saying which"},
        {{"HTTP/1.1 206 Part\r\n", "Content-Range: bytes 0-999/1000\r\n", "\r\n"},
         7,
         0,
         "expected those from 7 to 999"},
        {{"HTTP/1.1 206 Part\r\n", "Content-Range: bytes 7-1000/*\r\n", "\r\n"}, 7, 0, "expected those from 7 to 999"},
        {{"HTTP/1.1 206 Part\r\n", "Content-Range: bytes 7-998/999\r\n", "\r\n"}, 7, 0, "has a file of 999 bytes"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        enum fetch_action action = FETCH_IGNORE;
        const struct fetch_response response = answer(cases[c].lines);
        struct status status = fetch_response_judge(&response, "host", 1000, cases[c].offset, &action);
        cr_expect(response.ended);
        if (cases[c].error != NULL)
            expect_error(status, STATUS_BAD_INPUT, cases[c].error, cases[c].error);
        else
            cr_expect(status.code == STATUS_OK && action == cases[c].action, "case %zu: %s", c, status.message);
    }
}

Test(fetch_policy, web_pages)
{
    static const char *const pages[] = {"<html>", "\r\n <!DOCTYPE html>", "\xef\xbb\xbf<HTML lang=en>",
                                        "<?xml version"};
    static const char *const files[] = {"", "\x1f\x8b\x08", "cifar-10-batches-bin/", "<htm", "html>"};
    for (size_t p = 0; p < 4; p++)
        cr_expect(fetch_is_web_page((const uint8_t *)pages[p], strlen(pages[p])), "%s", pages[p]);
    for (size_t f = 0; f < 5; f++)
        cr_expect(not(fetch_is_web_page((const uint8_t *)files[f], strlen(files[f]))), "%s", files[f]);
}
