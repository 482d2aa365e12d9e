// cli_bench_test.c: `transinv bench` as a user meets it.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    temporary_folder_create(folder);
}

static void remove_folder(void)
{
    temporary_folder_remove(folder);
}

TestSuite(cli_bench, .init = create_folder, .fini = remove_folder);

#define SHORT "--time-limit 0.01 --threads 2 --batch 4 --filter ^(step_advance|linear|conv_forward.3x3/1.8x8)"

static void expect_exit(const char *arguments, int exit_status, const char *errors)
{
    struct program_result result = program_run(folder, arguments);
    cr_expect(eq(int, result.exit_status, exit_status), "transinv %s: %s", arguments, result.errors);
    cr_expect(ne(ptr, strstr(result.errors, errors), NULL), "transinv %s: expected \"%s\" in: %s", arguments, errors,
              result.errors);
    program_result_destroy(&result);
}

static void expect_narrow(const char *text)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        cr_expect(strcspn(line, "\n") <= 80, "%.*s", (int)strcspn(line, "\n"), line);
}

Test(cli_bench, lists_cases_of_both_batches)
{
    struct program_result result = program_run(folder, "bench --list --batch 32,128");
    cr_expect(eq(int, result.exit_status, 0));
    cr_expect(ne(ptr, strstr(result.output, "conv_forward 3x3/1 32x32 32>32 n32 affine+stats\n"), NULL));
    cr_expect(ne(ptr, strstr(result.output, "conv_backward_filter 3x3/1 8x8 128>128 n128 affine\n"), NULL));
    cr_expect(ne(ptr, strstr(result.output, "\nstep_advance n32\n"), NULL));
    expect_narrow(result.output);
    program_result_destroy(&result);
}

static char *read_path(const char *name)
{
    return temporary_file_read(folder, name);
}

Test(cli_bench, measures_writes_and_compares)
{
    struct program_result result = program_run(folder, "bench " SHORT " --vs reference --json out.json --csv out.csv");
    cr_expect(eq(int, result.exit_status, 0), "%s", result.errors);
    cr_expect(ne(ptr, strstr(result.output, "\nconv_forward "), NULL), "%s", result.output);
    cr_expect(ne(ptr, strstr(result.output, "noise floor"), NULL), "%s", result.output);
    cr_expect(ne(ptr, strstr(result.output, "reference / ours over"), NULL), "%s", result.output);
    expect_narrow(result.output);
    program_result_destroy(&result);
    char *json = read_path("out.json"), *csv = read_path("out.csv");
    json_t *document = json_loads(json, 0, NULL);
    cr_assert(ne(ptr, document, NULL));
    cr_expect(json_array_size(json_object_get(document, "cases")) >= 6);
    cr_expect(strncmp(csv, "case,operation,", 15) == 0);
    json_decref(document);
    free(json);
    free(csv);
    expect_exit("bench " SHORT " --compare out.json --threads 1", 2, "with 2 threads");
}

// Medians of a thousandth: nothing that one does to a machine makes it as fast as that.
Test(cli_bench, a_confirmed_regression_is_exit_status_1)
{
    struct program_result result = program_run(folder, "bench " SHORT " --json out.json");
    cr_assert(eq(int, result.exit_status, 0), "%s", result.errors);
    program_result_destroy(&result);
    char *json = read_path("out.json");
    json_t *document = json_loads(json, 0, NULL), *entry;
    size_t index;
    json_array_foreach(json_object_get(document, "cases"), index, entry)
    {
        static const char *const keys[] = {"median", "interval_low", "interval_high", "first_quartile",
                                           "third_quartile"};
        json_t *warm = json_object_get(entry, "warm");
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) json_object_set_new(warm, keys[i], json_real(1e-13));
    }
    json_object_set_new(json_object_get(document, "noise_floor"), "floor", json_real(0.01));
    char *faster = json_dumps(document, 0);
    temporary_file_write(folder, "faster.json", faster);
    result = program_run(folder, "bench " SHORT " --compare faster.json");
    cr_expect(eq(int, result.exit_status, 1), "%s", result.errors);
    cr_expect(ne(ptr, strstr(result.errors, "became slower"), NULL), "%s", result.errors);
    cr_expect(ne(ptr, strstr(result.output, "SLOWER"), NULL), "%s", result.output);
    expect_narrow(result.output);
    program_result_destroy(&result);
    json_decref(document);
    free(faster);
    free(json);
}

Test(cli_bench, wrong_usage_and_damaged_files)
{
    expect_exit("bench --filter conv[", 2, "no regular expression");
    expect_exit("bench --filter deconvolution", 2, "see --list");
    expect_exit("bench --vs nobody", 2, "expected vendor or reference");
    expect_exit("bench --algorithm fft", 2, "winograd-4x4");
    expect_exit("bench --time-limit soon", 2, "expected seconds");
    expect_exit("bench --batch 0", 2, "--batch");
    expect_exit("bench --batch 1,,2", 2, "--batch");
    expect_exit("bench 32", 2, "unexpected argument");
    expect_exit("bench --compare absent.json", 3, "absent.json");
    temporary_file_write(folder, "damaged.json", "{\"format\": ");
    expect_exit("bench --compare damaged.json", 3, "damaged.json: line 1: no JSON");
    expect_exit("bench " SHORT " --json absent/out.json", 3, "absent/out.json");
}

Test(cli_bench, an_interrupt_ends_it_with_exit_status_5)
{
    const pid_t process = program_start(folder, "bench --batch 1 --json out.json");
    sleep(2);
    cr_assert(eq(int, kill(process, SIGINT), 0));
    struct program_result result = program_wait(folder, process);
    cr_expect(eq(int, result.exit_status, 5), "%s", result.errors);
    char *path = path_join(folder, "out.json");
    cr_expect(not(file_exists(path)), "half a run must not look like a whole one");
    free(path);
    program_result_destroy(&result);
}
