// cli_test.c: the program as a user meets it: help, messages, exit statuses, signals, and that manual page and shell
// completions know every option.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "harness/preset_keys.h"
#include "tests/support/npy.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

static const char *const commands[] = {"fetch",   "reproduce", "train",  "evaluate",
                                       "corrupt", "bench",     "report", "doctor"};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

// WRN-10-1 on a few drawn images: one teacher, one target, two epochs of ten steps each.
#define TINY                                                                                                           \
    "--set data.synthetic_train_images_teacher=100 --set data.synthetic_train_images_target=100 "                      \
    "--set data.synthetic_test_images_teacher=20 --set data.synthetic_test_images_target=100 "                         \
    "--set training.batch_size=10 --set teacher.epochs=2 --set target.epochs=2 --corruptions=GN --methods=FT "         \
    "--threads=1 "
#define TINY_TRAIN                                                                                                     \
    "train --set data.synthetic_train_images_teacher=100 --set data.synthetic_test_images_teacher=20 "                 \
    "--set training.batch_size=10 --set teacher.epochs=2 --threads=1 "

static void expect_exit(const char *folder, const char *arguments, int exit_status, const char *errors)
{
    struct program_result result = program_run(folder, arguments);
    cr_expect(eq(int, result.exit_status, exit_status), "transinv %s: %s", arguments, result.errors);
    cr_expect(strstr(result.errors, errors) != NULL, "transinv %s: expected \"%s\" in: %s", arguments, errors,
              result.errors);
    program_result_destroy(&result);
}

static void expect_narrow(const char *what, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        cr_expect(length <= 80, "%s: %zu columns: %.*s", what, length, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

// ---- help ------------------------------------------------------------------------------------------------------

Test(cli, helps_on_eighty_columns)
{
    char folder[TEMPORARY_PATH_SIZE], arguments[64];
    temporary_folder_create(folder);
    struct program_result result = program_run(folder, "--help");
    cr_expect(eq(int, result.exit_status, 0));
    expect_narrow("--help", result.output);
    for (int i = 0; i < COMMAND_COUNT; i++) cr_expect(strstr(result.output, commands[i]) != NULL, "%s", commands[i]);
    program_result_destroy(&result);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
        result = program_run(folder, arguments);
        cr_expect(eq(int, result.exit_status, 0), "%s", arguments);
        cr_expect(strstr(result.output, "Example") != NULL, "%s has no example", arguments);
        cr_expect(strncmp(result.output, "Usage: transinv ", 16) == 0, "%s", arguments);
        expect_narrow(arguments, result.output);
        program_result_destroy(&result);
    }
    result = program_run(folder, "--version");
    cr_expect(eq(int, result.exit_status, 0));
    cr_expect(strncmp(result.output, "transinv ", 9) == 0, "%s", result.output);
    program_result_destroy(&result);
    temporary_folder_remove(folder);
}

// The text without backslashes: the manual page writes "\-\-data".
static char *read_plain(const char *name)
{
    char *text = temporary_file_read(".", name), *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from != '\\') *to++ = *from;
    *to = '\0';
    return text;
}

// Whether `option` stands in `text` as a whole word.
static bool mentions(const char *text, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = strstr(text, option); at != NULL; at = strstr(at + 1, option))
        if (!isalnum((unsigned char)at[length]) && at[length] != '-') return true;
    return false;
}

Test(cli, manual_page_and_completions_know_every_option)
{
    static const char *const files[] = {"docs/transinv.1", "completions/transinv.bash", "completions/_transinv"};
    char folder[TEMPORARY_PATH_SIZE], arguments[64];
    temporary_folder_create(folder);
    int seen = 0;
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        char *text = read_plain(files[f]);
        for (int i = 0; i < COMMAND_COUNT; i++) {
            cr_expect(mentions(text, commands[i]), "%s: %s", files[f], commands[i]);
            snprintf(arguments, sizeof arguments, "%s --help", commands[i]);
            struct program_result result = program_run(folder, arguments);
            for (const char *at = strstr(result.output, " --"); at != NULL; at = strstr(at + 1, " --")) {
                char option[64];
                size_t length = 2 + strspn(at + 3, "abcdefghijklmnopqrstuvwxyz-");
                snprintf(option, sizeof option, "%.*s", (int)length, at + 1);
                cr_expect(mentions(text, option), "%s of %s is not in %s", option, commands[i], files[f]);
                seen++;
            }
            program_result_destroy(&result);
        }
        for (int i = 0; i < preset_key_count(); i++)
            cr_expect(mentions(text, preset_key_at(i)->name), "%s is not in %s", preset_key_at(i)->name, files[f]);
        free(text);
    }
    cr_expect(gt(int, seen, 100), "the options of five commands");
    temporary_folder_remove(folder);
}

// ---- wrong usage -----------------------------------------------------------------------------------------------

Test(cli, refuses_wrong_usage_with_a_sentence)
{
    static const struct {
        const char *arguments, *errors;
    } cases[] = {
        {"", "expected a command"},
        {"reprduce", "did you mean \"reproduce\"?"},
        {"fly", "unknown command \"fly\""},
        {"--colour", "unrecognized option '--colour'"},
        {"reproduce --colour", "transinv reproduce: unrecognized option '--colour'"},
        {"reproduce quick", "unexpected argument \"quick\""},
        {"reproduce --preset papr", "did you mean \"paper\"?"},
        {"reproduce --set batch_size=3", "did you mean \"training.batch_size\"?"},
        {"reproduce --set training.batch_size=x", "expected a whole number from 1 to 65536, found \"x\""},
        {"reproduce --set training.batch_size", "found no \"=\""},
        {"reproduce --set network.depth=12", "6 n + 4"},
        {"reproduce --corruptions GN,Gn", "found \"GN,Gn\""},
        {"reproduce --methods all,FT", "found \"all,FT\""},
        {"reproduce --threads 0", "--threads: expected a whole number from 1 to 1024, found \"0\""},
        {"reproduce --device abacus", "--device: expected one of auto, cpu"},
        {"reproduce --threads", "requires an argument"},
        {"train --seed=-1", "--seed: expected a whole number"},
        {"train --corruption=gn", "--corruption: expected a code such as GN"},
        {"train --method=TransInv", "--method TransInv needs --start"},
        {"train --method=FA", "--method FA needs --corruption"},
        {"train --start=x --method=XX", "--method: expected one of FT"},
        {"train --dataset=mnist", "mnist"},
        {"evaluate", "expected a model file"},
        {"evaluate a b", "unexpected argument \"b\""},
        {"doctor --set=x", "unrecognized option"},
    };
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_exit(folder, cases[i].arguments, 2, cases[i].errors);
        expect_exit(folder, cases[i].arguments, 2, "ry `transinv");
    }
    char *results = path_join(folder, "results");
    cr_expect(not(file_exists(results)), "nothing is made by a refused command");
    free(results);
    temporary_folder_remove(folder);
}

Test(cli, tells_missing_and_damaged_files_apart_from_wrong_usage)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    temporary_file_write(folder, "bad.safetensors", "this is no model");
    temporary_file_write(folder, "bad.ini", "[data]\nsource = paper\n");
    expect_exit(folder, "reproduce --offline --data no/such/folder", 3, "no/such/folder");
    expect_exit(folder, "reproduce --preset paper --offline", 3, "cifar-10");
    expect_exit(folder, "evaluate none.safetensors --depth 10 --widen 1", 3, "none.safetensors");
    expect_exit(folder, "evaluate bad.safetensors --depth 10 --widen 1", 3, "bad.safetensors");
    expect_exit(folder, "report", 3, "results/runs/quick");
    expect_exit(folder, "train --start none.safetensors", 3, "none.safetensors");
    expect_exit(folder, "reproduce --preset none.ini", 3, "none.ini");
    expect_exit(folder, "reproduce --preset ./bad.ini", 2, "./bad.ini:2: data.source");
    temporary_folder_remove(folder);
}

// ---- work ------------------------------------------------------------------------------------------------------

static void expect_profile(const char *folder, bool present)
{
    char *table = temporary_file_read(folder, "results/report/quick/table.md");
    cr_expect(eq(int, strstr(table, "| conv\\_forward |") != NULL, present), "%s", table);
    cr_expect(eq(int, strstr(table, "asked for without a profile") != NULL, !present), "%s", table);
    free(table);
}

Test(cli, reproduces_reports_and_skips)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    struct program_result result = program_run(folder, "reproduce --no-plots " TINY);
    cr_assert(eq(int, result.exit_status, 0), "%s", result.errors);
    cr_expect(eq(str, result.output, "report: results/report/quick/index.html\n"));
    cr_expect(strstr(result.errors, "2 runs: 2 trained now, 0 finished before") != NULL, "%s", result.errors);
    program_result_destroy(&result);
    static const char *const files[] = {"index.html", "table.md", "results.csv", "results.json", "profile.json"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "results/report/quick/%s", files[i]);
        char *text = temporary_file_read(folder, name);
        cr_expect(text[0] != '\0', "%s", name);
        free(text);
    }
    expect_profile(folder, true);
    result = program_run(folder, "reproduce --no-plots --no-profile --quiet " TINY);
    cr_expect(eq(int, result.exit_status, 0), "%s", result.errors);
    cr_expect(eq(str, result.errors, ""), "quiet");
    program_result_destroy(&result);
    expect_profile(folder, false);
    result = program_run(folder, "report --no-plots");
    cr_expect(eq(int, result.exit_status, 0), "%s", result.errors);
    cr_expect(eq(str, result.output, "report: results/report/quick/index.html\n"));
    expect_profile(folder, true); // what the first command measured
    program_result_destroy(&result);
    temporary_folder_remove(folder);
}

Test(cli, exits_with_1_when_a_run_diverges)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    expect_exit(
        folder,
        "reproduce --no-plots --no-profile --set training.weight_decay=1 --set target.learning_rate=1000000 " TINY, 1,
        "1 of 2 runs have no result: 1 diverged");
    char *page = temporary_file_read(folder, "results/report/quick/table.md");
    cr_expect(page[0] != '\0', "what is there is reported all the same");
    free(page);
    expect_exit(folder, TINY_TRAIN "--output d --set training.weight_decay=1 --set teacher.learning_rate=1000000", 1,
                "diverged in epoch");
    expect_exit(folder, TINY_TRAIN "--output d --set training.weight_decay=1 --set teacher.learning_rate=1000000", 1,
                "--retry trains it again");
    temporary_folder_remove(folder);
}

// The number behind `key` in what `evaluate --json` printed.
static double json_number(const char *text, const char *key)
{
    json_t *object = json_loads(text, 0, NULL);
    cr_assert(object != NULL, "%s", text);
    double number =
        json_is_number(json_object_get(object, key)) ? json_number_value(json_object_get(object, key)) : NAN;
    json_decref(object);
    return number;
}

Test(cli, trains_a_teacher_then_a_target_and_evaluates_them)
{
    char folder[TEMPORARY_PATH_SIZE];
    struct npy logits;
    temporary_folder_create(folder);
    struct program_result trained = program_run(folder, TINY_TRAIN "--output teacher/");
    cr_assert(eq(int, trained.exit_status, 0), "%s", trained.errors);
    struct program_result measured = program_run(
        folder, "evaluate teacher/model.safetensors --set data.synthetic_train_images_teacher=100 "
                "--set training.batch_size=10 --set data.synthetic_test_images_teacher=20 --json --logits l.npy");
    cr_assert(eq(int, measured.exit_status, 0), "%s", measured.errors);
    char expected[80];
    snprintf(expected, sizeof expected, "test accuracy %.2f %%\nmodel teacher/model.safetensors\n",
             json_number(measured.output, "accuracy_percent"));
    cr_expect(eq(str, trained.output, expected), "training and evaluation agree");
    cr_expect(eq(dbl, json_number(measured.output, "images"), 20));
    cr_expect(eq(dbl, json_number(measured.output, "depth"), 10));
    program_result_destroy(&trained);
    program_result_destroy(&measured);
    char *path = path_join(folder, "l.npy");
    struct status status = npy_read(path, &logits);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(logits.type == NPY_FLOAT32 && logits.dimensions == 2 && logits.shape[0] == 20 && logits.shape[1] == 10);
    for (size_t i = 0; i < logits.count; i++) cr_expect(isfinite(((float *)logits.values)[i]), "logit %zu", i);
    npy_destroy(&logits);
    free(path);
    expect_exit(folder,
                "train --start teacher/model.safetensors --output target --set training.batch_size=10 "
                "--set target.epochs=1 --set data.synthetic_train_images_target=100 "
                "--set data.synthetic_test_images_target=100 --threads=1",
                0, "");
    expect_exit(folder, TINY_TRAIN "--output teacher", 0, "finished before; nothing was trained");
    expect_exit(folder, TINY_TRAIN "--output teacher --seed 2", 2, "teacher holds another run: its seed is 1");
    temporary_folder_remove(folder);
}

Test(cli, doctor_says_what_is_there)
{
    static const char *const topics[] = {"program", "processor", "threads", "memory",    "backends",
                                         "gnuplot", "terminal",  "presets", "cifar-10 ", "cifar-100"};
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    struct program_result result = program_run(folder, "doctor");
    cr_expect(eq(int, result.exit_status, 0), "%s", result.errors);
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        cr_expect(strstr(result.output, topics[i]) != NULL, "%s", topics[i]);
    cr_expect(strstr(result.output, "reference") != NULL);
    program_result_destroy(&result);
    temporary_folder_remove(folder);
}

// ---- signals ---------------------------------------------------------------------------------------------------

// Waits until the run has a checkpoint, that is, until it is in the middle of its work.
static void wait_for_file(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    for (int i = 0; i < 60000 && !file_exists(path); i++) usleep(1000);
    cr_assert(file_exists(path), "%s never came", path);
    free(path);
}

static void model_digest(const char *folder, const char *name, char hex[65])
{
    char *path = path_join(folder, name);
    struct status status = digest_sha256_file(path, hex);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    free(path);
}

// Enough epochs that no machine finishes before the signal comes; --checkpoint=0 writes one after every step.
#define LONG_TRAIN TINY_TRAIN "--set teacher.epochs=20 --checkpoint=0 "

static void expect_same_model_after(int signal_number, int exit_status, const char *errors)
{
    char folder[TEMPORARY_PATH_SIZE], undisturbed[65], resumed[65];
    temporary_folder_create(folder);
    expect_exit(folder, LONG_TRAIN "--output a", 0, "");
    model_digest(folder, "a/model.safetensors", undisturbed);
    char *path = path_join(folder, "a");
    temporary_folder_remove(path);
    free(path);
    pid_t process = program_start(folder, LONG_TRAIN "--output a");
    wait_for_file(folder, "a/checkpoint.safetensors");
    kill(process, signal_number);
    struct program_result result = program_wait(folder, process);
    cr_expect(eq(int, result.exit_status, exit_status), "%s", result.errors);
    cr_expect(strstr(result.errors, errors) != NULL, "%s", result.errors);
    program_result_destroy(&result);
    wait_for_file(folder, "a/run.json");
    path = path_join(folder, "a/result.json");
    cr_expect(not(file_exists(path)), "it ended before the signal came");
    free(path);
    expect_exit(folder, LONG_TRAIN "--output a", 0, "");
    model_digest(folder, "a/model.safetensors", resumed);
    cr_expect(eq(str, undisturbed, resumed));
    char *text = temporary_file_read(folder, "a/result.json");
    cr_expect(strstr(text, "\"resumed\": true") != NULL, "%s", text);
    free(text);
    temporary_folder_remove(folder);
}

Test(cli, continues_after_a_kill_with_the_same_bits, .timeout = 300)
{
    expect_same_model_after(SIGKILL, -1, "");
}

Test(cli, stops_on_ctrl_c_and_continues, .timeout = 300)
{
    expect_same_model_after(SIGINT, 5, "interrupted by Ctrl-C (SIGINT); the same command continues");
}

// model.safetensors is there before the accuracy on corrupted images is measured.
Test(cli, stops_while_it_measures_and_keeps_the_training, .timeout = 300)
{
    static const char command[] = TINY_TRAIN "--set data.synthetic_test_images_teacher=2000 --set teacher.epochs=1 "
                                             "--set training.evaluate_every=0 --corruption=GN --output a";
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    pid_t process = program_start(folder, command);
    wait_for_file(folder, "a/model.safetensors");
    kill(process, SIGINT);
    struct program_result result = program_wait(folder, process);
    cr_expect(eq(int, result.exit_status, 5), "%s", result.errors);
    program_result_destroy(&result);
    char *path = path_join(folder, "a/checkpoint.safetensors");
    cr_expect(file_exists(path), "the training is lost");
    free(path);
    expect_exit(folder, command, 0, "");
    char *text = temporary_file_read(folder, "a/result.json");
    cr_expect(strstr(text, "\"resumed\": true") != NULL, "%s", text);
    cr_expect(strstr(text, "\"steps\": 10,") != NULL, "%s", text);
    free(text);
    temporary_folder_remove(folder);
}

Test(cli, matrix_stops_on_sigterm_and_continues, .timeout = 300)
{
    char folder[TEMPORARY_PATH_SIZE];
    temporary_folder_create(folder);
    pid_t process = program_start(folder, "reproduce --no-plots --no-profile " TINY "--set teacher.epochs=50");
    char *runs = path_join(folder, "results/runs/quick");
    for (int i = 0; i < 60000 && !file_exists(runs); i++) usleep(1000);
    kill(process, SIGTERM);
    struct program_result result = program_wait(folder, process);
    cr_expect(eq(int, result.exit_status, 5), "%s", result.errors);
    cr_expect(strstr(result.errors, "with 0 of 2 runs finished; the same command continues") != NULL, "%s",
              result.errors);
    cr_expect(eq(str, result.output, ""), "no report of an interrupted matrix");
    program_result_destroy(&result);
    expect_exit(folder, "reproduce --no-plots --no-profile " TINY "--set teacher.epochs=50", 0,
                "2 runs: 2 trained now");
    free(runs);
    temporary_folder_remove(folder);
}
