// cli_fetch_test.c: `transinv fetch` as a user meets it: states, checks, interruptions; and what `reproduce` says of
// missing data.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/duration.h"
#include "tests/support/download.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

TestSuite(cli_fetch, .timeout = 180);

static const char fetch_command[] = "fetch data.tar.gz --catalog catalog.json --data data";

static void expect(const char *folder, const char *arguments, int exit_status, const char *output, const char *errors)
{
    struct program_result result = program_run(folder, arguments);
    cr_expect(eq(int, result.exit_status, exit_status), "transinv %s: %s", arguments, result.errors);
    cr_expect(strstr(result.output, output) != NULL, "transinv %s: expected \"%s\" in: %s", arguments, output,
              result.output);
    cr_expect(strstr(result.errors, errors) != NULL, "transinv %s: expected \"%s\" in: %s", arguments, errors,
              result.errors);
    program_result_destroy(&result);
}

static void create(struct download *download, const char *place)
{
    download_create(download, false);
    download_add_address(download, download->server.port, place);
    download_write_catalog(download);
}

// ---- states ----------------------------------------------------------------------------------------------------

Test(cli_fetch, lists_every_state)
{
    struct download download;
    create(&download, "plain");
    expect(download.folder, "fetch --list --catalog catalog.json --data data", 0,
           "data.tar.gz                           3000000  absent        cifar-10\n", "");
    expect(download.folder, "fetch --list --data data", 0, "CIFAR-100-C.tar                    2918473216  absent", "");
    download_leave_part(&download, 750000);
    expect(download.folder, "fetch --list --catalog catalog.json --data data", 0, "3000000  partial  25 %", "");
    expect(download.folder, fetch_command, 0, "", "data.tar.gz is in data, verified");
    expect(download.folder, "fetch --list data.tar.gz --catalog catalog.json --data data", 0, "not official", "");
    expect(download.folder, "fetch --list --verbose data.tar.gz --catalog catalog.json --data data", 0,
           "    SHA-256   ", "");
    temporary_file_write(download.data, "frost4.jpg", "no picture");
    expect(download.folder, "fetch --list frost --data data", 0,
           "36734  corrupt       frost\n    expected 36734 bytes, found 10", "");
    download_destroy(&download);
}

Test(cli_fetch, finds_official_files_verified)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    temporary_file_write(folder, "frost4.jpg", "");
    expect(folder, "fetch --list frost --verbose --data .", 0, "    licence   Apache License 2.0", "");
    expect(folder, "fetch --list frost --verbose --data .", 0, "    address   https://raw.githubusercontent.com/", "");
    temporary_folder_remove(folder);
}

Test(cli_fetch, verifies_again_and_sets_aside)
{
    struct download download;
    struct stat facts;
    create(&download, "plain");
    expect(download.folder, fetch_command, 0, "", "");
    expect(download.folder, "fetch --verify --catalog catalog.json --data data", 0, "not official", "");
    // The same size, so that only hashing finds it.
    char *path = path_join(download.data, "data.tar.gz");
    cr_assert(stat(path, &facts) == 0);
    download.file.bytes[0] ^= 1;
    archive_write(&download.file, download.data, "data.tar.gz");
    download.file.bytes[0] ^= 1;
    expect(download.folder, "fetch --verify data.tar.gz --catalog catalog.json --data data", 3, "expected SHA-256",
           "1 damaged file was set aside");
    cr_expect(ne(int, stat(path, &facts), 0));
    expect(download.folder, "fetch --list --catalog catalog.json --data data", 0, "3000000  absent", "");
    expect(download.folder, fetch_command, 0, "", "is in data, verified");
    free(path);
    download_destroy(&download);
}

Test(cli_fetch, shows_what_archives_unpack_to)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    char *inner = path_join(folder, "cifar-100-binary");
    cr_assert(eq(int, file_make_folders(inner).code, STATUS_OK));
    temporary_file_write(inner, "test.bin", "short");
    expect(folder, "fetch --verify cifar-100 --data .", 0,
           "  cifar-100-binary/ (1 of 2)                5  not official  cifar-100\n"
           "    cifar-100-binary/test.bin: expected 30740000 bytes, found 5\n",
           "");
    cr_expect(file_exists(inner), "somebody's own cut is left alone");
    free(inner);
    temporary_folder_remove(folder);
}

// The usual number of attempts would say so five times.
Test(cli_fetch, leaves_who_is_never_reached_after_a_second_attempt)
{
    struct download download;
    create(&download, "plain");
    file_server_stop(&download.server);
    struct program_result result = program_run(download.folder, fetch_command);
    const char *again = strstr(result.errors, "trying again");
    cr_expect(eq(int, result.exit_status, 3));
    cr_expect(again != NULL && strstr(again + 1, "trying again") == NULL, "not once: %s", result.errors);
    program_result_destroy(&result);
    download_destroy(&download);
}

// ---- usage -----------------------------------------------------------------------------------------------------

Test(cli_fetch, refuses_unknown_names)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    expect(folder, "fetch cifar-11", 2, "", "expected a data set such as cifar-10");
    expect(folder, "fetch --offline cifar-10 nothing", 2, "", "\"nothing\"");
    temporary_folder_remove(folder);
}

Test(cli_fetch, offline_without_the_file_says_where_to_put_it)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    expect(folder, "fetch --offline cifar-100", 3, "",
           "cifar-100-binary.tar.gz is not there, and --offline keeps this program from fetching it; put it (168513733 "
           "bytes) at /tmp/");
    expect(folder, "fetch --offline", 3, "", "frost1.png is not there");
    char *cache = path_join(folder, ".cache");
    cr_expect(not(file_exists(cache)), "nothing is made");
    free(cache);
    temporary_folder_remove(folder);
}

Test(cli_fetch, needs_a_home_or_a_folder)
{
    static const char *const nothing[] = {NULL};
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    struct program_result result =
        program_wait(folder, program_start_with(folder, "fetch --offline cifar-10", nothing));
    cr_expect(eq(int, result.exit_status, 3), "%s", result.errors);
    cr_expect(strstr(result.errors, "TRANSINV_DATA, XDG_CACHE_HOME (absolute) and HOME are all unset") != NULL, "%s",
              result.errors);
    program_result_destroy(&result);
    static const char *const named[] = {"TRANSINV_DATA=here", NULL};
    result = program_wait(folder, program_start_with(folder, "fetch --offline cifar-10", named));
    cr_expect(strstr(result.errors, "at here/cifar-10-binary.tar.gz by hand") != NULL, "%s", result.errors);
    program_result_destroy(&result);
    temporary_folder_remove(folder);
}

// ---- interruptions ---------------------------------------------------------------------------------------------

static long part_size(const struct download *download)
{
    struct stat facts;
    char *path = path_join(download->data, "data.tar.gz.part");
    long size = stat(path, &facts) == 0 ? (long)facts.st_size : 0;
    free(path);
    return size;
}

// Starts a slow download, and ends it with that signal once some of it is there.
static struct program_result interrupt(const struct download *download, int number)
{
    pid_t process = program_start(download->folder, fetch_command);
    for (int i = 0; i < 600 && part_size(download) < 10000; i++) usleep(50000);
    cr_assert(ge(i64, part_size(download), 10000), "nothing came");
    kill(process, number);
    return program_wait(download->folder, process);
}

static void expect_resumed(struct download *download)
{
    long kept = part_size(download);
    char range[60];
    cr_assert(ge(i64, kept, 10000));
    memset(download->entry.addresses, 0, sizeof download->entry.addresses);
    download_add_address(download, download->server.port, "plain");
    download_write_catalog(download);
    expect(download->folder, fetch_command, 0, "", "is in data, verified");
    char *log = file_server_log(&download->server);
    snprintf(range, sizeof range, "/plain/data.tar.gz 206 bytes=%ld-", kept);
    cr_expect(strstr(log, range) != NULL, "expected \"%s\" in %s", range, log);
    free(log);
    download_expect_whole(download, status_ok());
}

Test(cli_fetch, is_killed_and_goes_on)
{
    struct download download;
    create(&download, "drip");
    struct program_result result = interrupt(&download, SIGKILL);
    cr_expect(eq(int, result.exit_status, -1));
    program_result_destroy(&result);
    expect_resumed(&download);
    download_destroy(&download);
}

Test(cli_fetch, is_interrupted_and_goes_on)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (int s = 0; s < 2; s++) {
        struct download download;
        create(&download, "drip");
        struct program_result result = interrupt(&download, signals[s]);
        cr_expect(eq(int, result.exit_status, 5), "%s", result.errors);
        cr_expect(strstr(result.errors,
                         "of 3000000 bytes of data.tar.gz are kept, the same command goes on from there") != NULL,
                  "%s", result.errors);
        program_result_destroy(&result);
        expect_resumed(&download);
        download_destroy(&download);
    }
}

Test(cli_fetch, a_second_process_waits_for_the_first)
{
    struct download download;
    char second[TEMPORARY_PATH_SIZE + 8];
    create(&download, "drip");
    download_leave_part(&download, DOWNLOAD_BYTES - 30000); // three seconds
    snprintf(second, sizeof second, "%s/second", download.folder);
    cr_assert(eq(int, file_make_folders(second).code, STATUS_OK));
    pid_t first = program_start(download.folder, fetch_command);
    char *lock = path_join(download.data, "data.tar.gz.lock");
    for (int i = 0; i < 200 && !file_exists(lock); i++) usleep(25000);
    struct program_result waiting = program_run(second, "fetch data.tar.gz --catalog ../catalog.json --data ../data");
    struct program_result result = program_wait(download.folder, first);
    cr_expect(eq(int, result.exit_status, 0), "%s", result.errors);
    cr_expect(eq(int, waiting.exit_status, 0), "%s", waiting.errors);
    cr_expect(strstr(waiting.errors, "waiting: another process is fetching") != NULL, "%s", waiting.errors);
    download_expect_whole(&download, status_ok());
    program_result_destroy(&waiting);
    program_result_destroy(&result);
    free(lock);
    download_destroy(&download);
}

// ---- reproduce -------------------------------------------------------------------------------------------------

// Every line of it, in that order, and nothing else.
static void expect_errors(const char *folder, const char *arguments, const char *errors)
{
    struct program_result result = program_run(folder, arguments);
    cr_expect(eq(int, result.exit_status, 3), "transinv %s: %s", arguments, result.errors);
    cr_expect(eq(str, result.errors, (char *)errors), "transinv %s", arguments);
    program_result_destroy(&result);
}

#define MISSING "transinv: error: missing: "
static const char missing_cifar[] =
    MISSING "cifar-10-binary.tar.gz (170052171 bytes); by hand: put it at archives/cifar-10-binary.tar.gz\n" MISSING
            "cifar-100-binary.tar.gz (168513733 bytes); by hand: put it at archives/cifar-100-binary.tar.gz\n";
static const char missing_frost[] =
    MISSING "frost1.png (1199930 bytes); by hand: put it at archives/frost1.png\n" MISSING
            "frost2.png (299002 bytes); by hand: put it at archives/frost2.png\n" MISSING
            "frost3.png (299002 bytes); by hand: put it at archives/frost3.png\n" MISSING
            "frost4.jpg (36734 bytes); by hand: put it at archives/frost4.jpg\n" MISSING
            "frost5.jpg (155150 bytes); by hand: put it at archives/frost5.jpg\n";

// What is missing depends on the preset's corruptions, and on where its teachers' corrupted images come from.
Test(cli_fetch, reproduce_names_what_is_missing)
{
    static const struct {
        const char *options, *frost, *published;
        int count;
    } cases[] = {
        {"", missing_frost, "", 7},
        {" --corruptions GN,Co", "", "", 2},
        {" --set matrix.corruptions=Fr --seeds 1 --yes", missing_frost, "", 7},
        {" --corruptions GN --set data.corrupted_source=published", "",
         MISSING "CIFAR-10-C.tar (2918471680 bytes); by hand: put it at archives/CIFAR-10-C.tar\n", 3},
        {" --set data.corrupted_source=published", missing_frost,
         MISSING "CIFAR-10-C.tar (2918471680 bytes); by hand: put it at archives/CIFAR-10-C.tar\n", 8},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char folder[TEMPORARY_PATH_SIZE], arguments[200], errors[2000];
        temporary_folder_create(folder);
        snprintf(arguments, sizeof arguments, "reproduce --preset paper --offline --data archives%s", cases[c].options);
        snprintf(errors, sizeof errors,
                 "%s%s%stransinv: error: the preset paper needs %d files that could not be fetched with --offline; put "
                 "them there by hand, then go on with: transinv %s\n",
                 missing_cifar, cases[c].frost, cases[c].published, cases[c].count, arguments);
        expect_errors(folder, arguments, errors);
        temporary_folder_remove(folder);
    }
}

// Of a folder of single arrays those are named that the preset needs and that are not there.
Test(cli_fetch, reproduce_names_missing_arrays)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    char *arrays = path_join(folder, "CIFAR-10-C"), *images = path_join(folder, "cifar-10-batches-bin"),
         *others = path_join(folder, "cifar-100-binary");
    cr_assert(eq(int, file_make_folders(arrays).code, STATUS_OK));
    cr_assert(eq(int, file_make_folders(images).code, STATUS_OK));
    cr_assert(eq(int, file_make_folders(others).code, STATUS_OK));
    temporary_file_write(arrays, "fog.npy", "to be set aside");
    expect_errors(
        folder, "reproduce --preset paper --offline --data . --corruptions Sn,Fo --set data.corrupted_source=published",
        "transinv: warning: ./CIFAR-10-C/fog.npy is damaged (expected 153600128 bytes, found 15); it is now "
        "called ./CIFAR-10-C/fog.npy.corrupt-35285e0d\n" MISSING
        "CIFAR-10-C/snow.npy (153600128 bytes); by hand: put it at ./CIFAR-10-C/snow.npy\n" MISSING
        "CIFAR-10-C/fog.npy (153600128 bytes); by hand: put it at ./CIFAR-10-C/fog.npy\n" MISSING
        "CIFAR-10-C/labels.npy (50128 bytes); by hand: put it at ./CIFAR-10-C/labels.npy\n"
        "transinv: error: the preset paper needs 3 files that could not be fetched with --offline; put them "
        "there by hand, then go on with: transinv reproduce --preset paper --offline --data . --corruptions "
        "Sn,Fo --set data.corrupted_source=published\n");
    free(arrays);
    free(images);
    free(others);
    temporary_folder_remove(folder);
}

// However long it is, the command stands there as a whole.
Test(cli_fetch, reproduce_repeats_long_commands)
{
    char folder[TEMPORARY_PATH_SIZE], arguments[1000] = "reproduce --preset paper --offline --data archives";
    temporary_folder_create(folder);
    for (int s = 0; s < 20; s++) {
        const size_t used = strlen(arguments);
        snprintf(arguments + used, sizeof arguments - used, " --set target.epochs=%d", 1000 + s);
    }
    char command[1100];
    snprintf(command, sizeof command, "transinv: error: the command to go on with: transinv %s\n", arguments);
    expect(folder, arguments, 3, "", command);
    expect(folder, arguments, 3, "", "put them there by hand, then go on with the command above\n");
    temporary_folder_remove(folder);
}

// With a server. data.tar.gz stands for CIFAR-10 in the catalogue; CIFAR-100 is no archive, which is found only when it is
// read: what is there already is not asked for.
Test(cli_fetch, reproduce_fetches_what_is_missing)
{
    struct download download;
    create(&download, "plain");
    cr_assert(eq(int, file_make_folders(download.data).code, STATUS_OK));
    temporary_file_write(download.data, "cifar-100-binary.tar", "no archive");
    expect(download.folder,
           "reproduce --preset paper --catalog catalog.json --data data --corruptions GN --yes --threads 1", 3, "",
           "data.tar.gz from 127.0.0.1");
    char *path = path_join(download.data, "data.tar.gz");
    cr_expect(file_exists(path));
    free(path);
    download_destroy(&download);
}

// A large preset of a tiny network: measured in a moment, and still weeks.
Test(cli_fetch, reproduce_asks_before_it_takes_days)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    expect(
        folder,
        "reproduce --set data.synthetic_train_images_teacher=1000000 --set data.synthetic_train_images_target=1000000 "
        "--set teacher.epochs=10000 --set target.epochs=10000 --threads 1",
        2, "", "on this CPU: add --yes to start it all the same");
    temporary_folder_remove(folder);
}

Test(cli_fetch, durations_read_well)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0 min"},        {89, "1 min"},           {3599, "60 min"},
                 {3600, "1 h 0 min"}, {172799, "47 h 59 min"}, {2182000, "25 days 6 h"}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char text[40];
        duration_format(cases[c].seconds, text);
        cr_expect(eq(str, text, (char *)cases[c].text), "%g s", cases[c].seconds);
    }
}
