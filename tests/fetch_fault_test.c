// fetch_fault_test.c: downloads from a real nginx over loopback that answers well, badly, or through a relay that hurts
// what passes. Each ends in the right file, or in one sentence with nothing lost. The machine's own proxies take no part.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/machine.h"
#include "tests/support/download.h"
#include "tests/support/fault_relay.h"

static void forget_proxies(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",    "all_proxy",     "ALL_PROXY",
                                        "no_proxy",   "NO_PROXY",    "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) unsetenv(names[n]);
}

TestSuite(fetch_fault, .init = forget_proxies, .timeout = 120);

static void expect_log(const struct download *download, const char *part, bool present)
{
    char *log = file_server_log(&download->server);
    cr_expect(eq(int, strstr(log, part) != NULL, present), "\"%s\" in the server's log: %s", part, log);
    free(log);
}

// One address at that place of nginx.
static void expect_place(const char *place, enum status_code code, const char *part)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, place);
    struct status status = download_fetch(&download);
    if (code == STATUS_OK)
        download_expect_whole(&download, status);
    else
        download_expect_error(&download, status, code, part, 0);
    download_destroy(&download);
}

// ---- what a server does ----------------------------------------------------------------------------------------

Test(fetch_fault, plain)
{
    expect_place("plain", STATUS_OK, "");
}

Test(fetch_fault, a_good_file_is_not_fetched_again)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    download_expect_whole(&download, download_fetch(&download));
    file_server_stop(&download.server);
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

Test(fetch_fault, range_goes_on_where_it_stopped)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    download_leave_part(&download, 1234567);
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, "206 bytes=1234567-", true);
    download_destroy(&download);
}

Test(fetch_fault, without_range_the_beginning_is_passed_over)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "norange");
    download_leave_part(&download, 1234567);
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, "/norange/data.tar.gz 200 bytes=1234567-", true);
    download_destroy(&download);
}

// A third of another version arrives and the connection breaks; then the server has the right one. If-Range makes it send
// that as a whole, so nothing of the first is left in it.
Test(fetch_fault, a_file_that_changes_between_two_ranges)
{
    static const struct relay_step steps[] = {{RELAY_CLOSE, 1000000}, {RELAY_PASS, 0}};
    struct download download;
    struct archive other = {0};
    download_create(&download, false);
    archive_append(&other, download.file.bytes, download.file.size);
    for (size_t i = 0; i < other.size; i++) other.bytes[i] ^= 0x55;
    archive_write(&other, download.folder, "www/data.tar.gz");
    struct fault_relay relay = fault_relay_start(download.server.port, steps, 2);
    download_add_address(&download, relay.port, "plain");
    download.settings.repetitions = 0;
    struct status status = download_fetch(&download);
    download_expect_error(&download, status, STATUS_MISSING, "stopped after 1000000 of 3000000", 1000000);
    sleep(2); // nginx makes its ETag of the time in seconds and the size
    archive_write(&download.file, download.folder, "www/data.tar.gz");
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, "/plain/data.tar.gz 200 bytes=1000000-", true);
    expect_log(&download, " 206 ", false);
    fault_relay_stop(&relay);
    archive_destroy(&other);
    download_destroy(&download);
}

Test(fetch_fault, not_found)
{
    expect_place("nowhere", STATUS_MISSING, "answers with HTTP status 404");
}

Test(fetch_fault, the_error_says_how_to_go_on)
{
    expect_place("nowhere", STATUS_MISSING, "by hand: put it (3000000 bytes) at /tmp/");
}

Test(fetch_fault, a_lasting_500_is_left)
{
    expect_place("broken", STATUS_MISSING, "answers with HTTP status 500");
}

Test(fetch_fault, a_500_and_then_good)
{
    static const struct relay_step steps[] = {{RELAY_FAIL, 0}, {RELAY_FAIL, 0}, {RELAY_PASS, 0}};
    struct download download;
    download_create(&download, false);
    struct fault_relay relay = fault_relay_start(download.server.port, steps, 3);
    download_add_address(&download, relay.port, "plain");
    download_expect_whole(&download, download_fetch(&download));
    fault_relay_stop(&relay);
    download_destroy(&download);
}

// The first request uses up the server's allowance, the second is told to wait a second, and waits.
Test(fetch_fault, a_429_with_retry_after_is_waited_for)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "busy");
    download_expect_whole(&download, download_fetch(&download));
    char *path = path_join(download.data, "data.tar.gz");
    cr_assert(unlink(path) == 0);
    double begin = clock_seconds();
    download_expect_whole(&download, download_fetch(&download));
    cr_expect(ge(dbl, clock_seconds() - begin, 0.9), "Retry-After was 1 s, the delay of our own 0.05 s");
    expect_log(&download, "/busy/data.tar.gz 429", true);
    free(path);
    download_destroy(&download);
}

Test(fetch_fault, a_429_for_a_week_is_left_for_the_next)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "weekly");
    download_add_address(&download, download.server.port, "plain");
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

Test(fetch_fault, a_chain_of_redirects_is_followed)
{
    expect_place("hop3", STATUS_OK, "");
}

Test(fetch_fault, a_loop_of_redirects_ends)
{
    expect_place("loop", STATUS_BAD_INPUT, "redirects more than 5 times");
}

Test(fetch_fault, redirects_to_plain_http_elsewhere_are_not_followed)
{
    expect_place("tohttp", STATUS_BAD_INPUT, "redirects where this program does not follow");
}

Test(fetch_fault, redirects_to_files_are_not_followed)
{
    expect_place("tofile", STATUS_BAD_INPUT, "redirects to a file of this machine");
}

Test(fetch_fault, a_web_page_with_status_200)
{
    expect_place("html", STATUS_BAD_INPUT, "sends a web page (text/html) in place of the file");
}

// Without the type to tell and with the right length: the content does.
Test(fetch_fault, a_web_page_of_the_right_length)
{
    struct download download;
    download_create(&download, false);
    memcpy(download.file.bytes, "\n<!DOCTYPE html>", 16);
    archive_write(&download.file, download.folder, "www/data.tar.gz");
    download_add_address(&download, download.server.port, "plain");
    download_expect_error(&download, download_fetch(&download), STATUS_BAD_INPUT, "sends a web page in place", 0);
    download_destroy(&download);
}

Test(fetch_fault, a_page_of_another_length)
{
    expect_place("page", STATUS_BAD_INPUT, "bytes, expected 3000000");
}

Test(fetch_fault, a_content_encoding_changes_nothing)
{
    expect_place("gzipped", STATUS_OK, "");
}

// A server that compresses once more sends another file: it is neither unpacked nor taken.
Test(fetch_fault, a_file_that_was_compressed_again)
{
    struct download download;
    download_create(&download, false);
    struct archive packed = archive_compress(download.file.bytes, download.file.size);
    archive_write(&packed, download.folder, "www/data.tar.gz.gz");
    download_add_address(&download, download.server.port, "regzip");
    download_expect_error(&download, download_fetch(&download), STATUS_BAD_INPUT, "bytes, expected 3000000", 0);
    archive_destroy(&packed);
    download_destroy(&download);
}

Test(fetch_fault, no_length_at_all)
{
    expect_place("chunked", STATUS_OK, "");
}

Test(fetch_fault, longer_than_the_catalogue_says)
{
    static const char *const places[] = {"plain", "chunked"}; // announced, and found out
    static const char *const parts[] = {"announces 3000005 bytes, expected 3000000",
                                        "sends more than the 3000000 bytes"};
    for (int i = 0; i < 2; i++) {
        struct download download;
        download_create(&download, false);
        struct archive longer = {0};
        archive_append(&longer, download.file.bytes, download.file.size);
        archive_append(&longer, "more\n", 5);
        archive_write(&longer, download.folder, "www/data.tar.gz");
        download_add_address(&download, download.server.port, places[i]);
        download_expect_error(&download, download_fetch(&download), STATUS_BAD_INPUT, parts[i], -1);
        archive_destroy(&longer);
        download_destroy(&download);
    }
}

Test(fetch_fault, a_part_that_is_not_the_one_asked_for)
{
    static const struct relay_step steps[] = {{RELAY_NO_RANGE, 0}};
    struct download download;
    download_create(&download, false);
    struct fault_relay relay = fault_relay_start(download.server.port, steps, 1);
    download_add_address(&download, relay.port, "plain");
    download_leave_part(&download, 1000000);
    download_expect_error(&download, download_fetch(&download), STATUS_BAD_INPUT, "without saying which", 1000000);
    fault_relay_stop(&relay);
    download_destroy(&download);
}

Test(fetch_fault, a_drip_is_left_for_a_good_mirror)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "drip");
    download_add_address(&download, download.server.port, "plain");
    double begin = clock_seconds();
    download_expect_whole(&download, download_fetch(&download));
    cr_expect(lt(dbl, clock_seconds() - begin, 60), "3 MB at 10 kB/s take 300 s");
    expect_log(&download, "/plain/data.tar.gz 206", true); // what had dripped was kept
    download_destroy(&download);
}

Test(fetch_fault, a_drip_is_better_than_nothing)
{
    struct download download;
    download_create(&download, false);
    download_leave_part(&download, DOWNLOAD_BYTES - 20000);
    download_add_address(&download, download.server.port, "drip");
    download_add_address(&download, download.server.port, "nowhere");
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

// Whatever a server answers in place of the rest: what came from elsewhere before is kept, and the next one goes on there.
Test(fetch_fault, no_answer_spoils_what_was_there)
{
    static const struct {
        const char *place, *part;
        enum status_code code;
    } cases[] = {
        {"nowhere", "answers with HTTP status 404", STATUS_MISSING},
        {"broken", "answers with HTTP status 500", STATUS_MISSING},
        {"weekly", "answers with HTTP status 429", STATUS_MISSING},
        {"loop", "redirects more than 5 times", STATUS_BAD_INPUT},
        {"tohttp", "redirects where this program does not follow", STATUS_BAD_INPUT},
        {"tofile", "redirects to a file of this machine", STATUS_BAD_INPUT},
        {"html", "sends a web page", STATUS_BAD_INPUT},
        {"page", "bytes, expected 3000000", STATUS_BAD_INPUT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct download download;
        download_create(&download, false);
        download_add_address(&download, download.server.port, cases[c].place);
        download_leave_part(&download, 1234567);
        download_expect_error(&download, download_fetch(&download), cases[c].code, cases[c].part, 1234567);
        download_add_address(&download, download.server.port, "plain");
        download_expect_whole(&download, download_fetch(&download));
        expect_log(&download, "/plain/data.tar.gz 206 bytes=1234567-", true);
        download_destroy(&download);
    }
}

// ---- what happens on the way -----------------------------------------------------------------------------------

// One address through a relay; what must come of it.
static void expect_relayed(const struct relay_step *steps, int count, enum status_code code, const char *part,
                           long received)
{
    struct download download;
    download_create(&download, false);
    struct fault_relay relay = fault_relay_start(download.server.port, steps, count);
    download_add_address(&download, relay.port, "plain");
    struct status status = download_fetch(&download);
    if (code == STATUS_OK)
        download_expect_whole(&download, status);
    else
        download_expect_error(&download, status, code, part, received);
    fault_relay_stop(&relay);
    download_destroy(&download);
}

Test(fetch_fault, truncation_is_continued)
{
    static const struct relay_step steps[] = {
        {RELAY_CLOSE, 0}, {RELAY_CLOSE, 700001}, {RELAY_CLOSE, 5}, {RELAY_PASS, 0}};
    expect_relayed(steps, 4, STATUS_MISSING, "", 700006); // three failures are one more than are repeated
    expect_relayed(steps + 1, 3, STATUS_OK, "", 0);
}

Test(fetch_fault, lasting_truncation_keeps_what_came)
{
    static const struct relay_step steps[] = {{RELAY_CLOSE, 600000}};
    expect_relayed(steps, 1, STATUS_MISSING, "stopped after 1800000 of 3000000 bytes", 1800000);
}

Test(fetch_fault, bytes_behind_the_end_do_not_matter)
{
    static const struct relay_step steps[] = {{RELAY_EXTRA, 1000}};
    expect_relayed(steps, 1, STATUS_OK, "", 0);
}

Test(fetch_fault, one_flipped_bit_is_found)
{
    static const struct relay_step steps[] = {{RELAY_FLIP, 1500000}};
    expect_relayed(steps, 1, STATUS_BAD_INPUT, "what came has checksum", 0);
}

// The damage was in what an earlier attempt had left: the same address gets another chance, from the beginning.
Test(fetch_fault, a_flipped_bit_in_what_was_there)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    download.file.bytes[99] ^= 1;
    download_leave_part(&download, 2000000);
    download.file.bytes[99] ^= 1;
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

Test(fetch_fault, a_flipped_bit_leads_to_the_next_address)
{
    static const struct relay_step steps[] = {{RELAY_FLIP, 0}};
    struct download download;
    download_create(&download, false);
    struct fault_relay relay = fault_relay_start(download.server.port, steps, 1);
    download_add_address(&download, relay.port, "plain");
    download_add_address(&download, download.server.port, "plain");
    download_expect_whole(&download, download_fetch(&download));
    fault_relay_stop(&relay);
    download_destroy(&download);
}

Test(fetch_fault, a_wrong_content_length)
{
    static const struct relay_step shorter[] = {{RELAY_LENGTH, 2999999}}, longer[] = {{RELAY_LENGTH, 3000001}};
    expect_relayed(shorter, 1, STATUS_BAD_INPUT, "announces 2999999 bytes, expected 3000000", 0);
    expect_relayed(longer, 1, STATUS_BAD_INPUT, "announces 3000001 bytes, expected 3000000", 0);
}

Test(fetch_fault, a_stall_is_left_and_continued)
{
    static const struct relay_step steps[] = {{RELAY_STALL, 1400000}, {RELAY_PASS, 0}};
    static const struct relay_step lasting[] = {{RELAY_STALL, 700000}, {RELAY_STALL, 0}};
    expect_relayed(steps, 2, STATUS_OK, "", 0);
    expect_relayed(lasting, 2, STATUS_MISSING, "has sent nothing for", 700000);
}

Test(fetch_fault, a_reset_connection_is_continued)
{
    static const struct relay_step steps[] = {{RELAY_RESET, 1000000}, {RELAY_RESET, 500000}, {RELAY_PASS, 0}};
    expect_relayed(steps, 3, STATUS_OK, "", 0);
}

Test(fetch_fault, nobody_listens)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    file_server_stop(&download.server);
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "127.0.0.1:", 0);
    download_destroy(&download);
}

// ---- certificates and proxies ----------------------------------------------------------------------------------

static void use_tls(struct download *download, const char *place)
{
    snprintf(download->addresses[0], sizeof download->addresses[0], "https://127.0.0.1:%d/%s/data.tar.gz",
             download->server.tls_port, place);
    download->entry.addresses[0] = download->addresses[0];
}

Test(fetch_fault, an_untrusted_certificate)
{
    struct download download;
    download_create(&download, true);
    use_tls(&download, "plain");
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "cannot be trusted", 0);
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "CURL_CA_BUNDLE", 0);
    download_destroy(&download);
}

Test(fetch_fault, a_certificate_named_by_a_variable_is_trusted)
{
    static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (int n = 0; n < 2; n++) {
        struct download download;
        char certificate[128];
        download_create(&download, true);
        use_tls(&download, "plain");
        snprintf(certificate, sizeof certificate, "%s/certificate.pem", download.folder);
        setenv(names[n], certificate, 1);
        download_expect_whole(&download, download_fetch(&download));
        unsetenv(names[n]);
        download_destroy(&download);
    }
}

Test(fetch_fault, from_https_no_redirect_leads_to_http)
{
    struct download download;
    char certificate[128];
    download_create(&download, true);
    use_tls(&download, "tohttp");
    snprintf(certificate, sizeof certificate, "%s/certificate.pem", download.folder);
    setenv("CURL_CA_BUNDLE", certificate, 1);
    download_expect_error(&download, download_fetch(&download), STATUS_BAD_INPUT, "needs --allow-http", 0);
    download_destroy(&download);
}

Test(fetch_fault, a_proxy_is_used)
{
    struct download download;
    char proxy[64], port[16];
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", download.server.proxy_port);
    snprintf(port, sizeof port, "%d GET", download.server.proxy_port);
    setenv("http_proxy", proxy, 1);
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, port, true);
    download_destroy(&download);
}

// Where nobody listens at the proxy's place.
Test(fetch_fault, a_proxy_is_not_used_for_what_no_proxy_names)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "127.0.0.1", 0);
    setenv("no_proxy", "127.0.0.1", 1);
    download_expect_whole(&download, download_fetch(&download));
    download_destroy(&download);
}

// ---- addresses that are not used -------------------------------------------------------------------------------

Test(fetch_fault, plain_http_elsewhere_is_not_used)
{
    struct download download;
    download_create(&download, false);
    download.entry.addresses[0] = "http://192.0.2.1/data.tar.gz";
    download.entry.addresses[1] = "ftp://127.0.0.1/data.tar.gz";
    double begin = clock_seconds();
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "it has no address", 0);
    cr_expect(lt(dbl, clock_seconds() - begin, 4), "nothing may be tried");
    download_destroy(&download);
}

Test(fetch_fault, offline_opens_no_connection)
{
    struct download download;
    download_create(&download, false);
    download_add_address(&download, download.server.port, "plain");
    download.settings.offline = true;
    download_expect_error(&download, download_fetch(&download), STATUS_MISSING, "--offline keeps this program", 0);
    expect_log(&download, "GET", false);
    char mirror[128];
    snprintf(mirror, sizeof mirror, "%s/www", download.folder);
    download.settings.mirror = mirror;
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, "GET", false);
    download_destroy(&download);
}

Test(fetch_fault, mirrors_go_first)
{
    static const char *const forms[] = {"%s/www", "file://%s/www/", "%s/a folder, 100 %% \xc3\xa4"};
    for (int form = 0; form < 3; form++) {
        struct download download;
        char mirror[160];
        download_create(&download, false);
        char *path = path_join(download.folder, "a folder, 100 % \xc3\xa4");
        cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
        archive_write(&download.file, path, "data.tar.gz");
        download_add_address(&download, download.server.port, "nowhere");
        snprintf(mirror, sizeof mirror, forms[form], download.folder);
        download.settings.mirror = mirror;
        download_leave_part(&download, form == 1 ? 1000 : 0);
        download_expect_whole(&download, download_fetch(&download));
        expect_log(&download, "GET", false);
        free(path);
        download_destroy(&download);
    }
}

Test(fetch_fault, a_mirror_over_http_and_one_that_lacks_the_file)
{
    struct download download;
    char mirror[128];
    download_create(&download, false);
    snprintf(mirror, sizeof mirror, "%s/empty", download.folder);
    download.settings.mirror = mirror;
    download_add_address(&download, download.server.port, "plain");
    download_expect_whole(&download, download_fetch(&download));
    char *path = path_join(download.data, "data.tar.gz");
    cr_assert(unlink(path) == 0);
    snprintf(mirror, sizeof mirror, "http://127.0.0.1:%d/norange/", download.server.port);
    download_expect_whole(&download, download_fetch(&download));
    expect_log(&download, "/norange/data.tar.gz 200", true);
    free(path);
    download_destroy(&download);
}
