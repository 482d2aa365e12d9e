// cli_corrupted_test.c: `transinv evaluate --corrupted` as a user meets it: table, JSON, published files, refusals.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "harness/corruption.h"
#include "tests/support/archive.h"
#include "tests/support/program.h"
#include "tests/support/small_cifar.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

// A model for the small CIFAR-10 that is also there: ten steps of WRN-10-1.
static void create_folder(void)
{
    temporary_folder_create(folder);
    small_cifar_write(folder);
    struct program_result result =
        program_run(folder, "train --quiet --dataset cifar-10 --data . --catalog catalog.json --threads 1 --output run "
                            "--set training.batch_size=5 --set teacher.epochs=5");
    cr_assert(eq(int, result.exit_status, 0), "%s", result.errors);
    program_result_destroy(&result);
}

static void remove_folder(void)
{
    temporary_folder_remove(folder);
}

TestSuite(cli_corrupted, .init = create_folder, .fini = remove_folder);

#define EVALUATE "evaluate run/model.safetensors --data . --catalog catalog.json --set training.batch_size=5 "

static struct program_result run_well(const char *arguments)
{
    struct program_result result = program_run(folder, arguments);
    cr_assert(eq(int, result.exit_status, 0), "transinv %s: %s", arguments, result.errors);
    return result;
}

static json_t *load_json(const char *text)
{
    json_t *object = json_loads(text, 0, NULL);
    cr_assert(object != NULL, "%s", text);
    return object;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(value != NULL && json_is_number(value), "%s", key);
    return json_number_value(value);
}

// Means are those of the cells, and accuracies those of the counts.
static void expect_consistent(const json_t *object, int corruptions)
{
    const json_t *corrupted = json_object_get(object, "corrupted"), *list = json_object_get(corrupted, "corruptions");
    const double images = number(object, "images");
    double severities[CORRUPTION_SEVERITIES] = {0}, all = 0;
    cr_assert(eq(sz, json_array_size(list), (size_t)corruptions));
    for (int c = 0; c < corruptions; c++) {
        const json_t *entry = json_array_get(list, (size_t)c);
        double sum = 0;
        for (size_t s = 0; s < CORRUPTION_SEVERITIES; s++) {
            double percent = json_number_value(json_array_get(json_object_get(entry, "accuracy_percent"), s));
            double correct = json_number_value(json_array_get(json_object_get(entry, "correct"), s));
            cr_expect(json_number_value(json_array_get(json_object_get(entry, "loss"), s)) > 0);
            cr_expect(epsilon_eq(dbl, percent, 100 * correct / images, 1e-9));
            severities[s] += percent / corruptions;
            sum += percent;
        }
        cr_expect(epsilon_eq(dbl, number(entry, "mean_accuracy_percent"), sum / CORRUPTION_SEVERITIES, 1e-9));
        all += sum / CORRUPTION_SEVERITIES / corruptions;
    }
    for (size_t s = 0; s < CORRUPTION_SEVERITIES; s++)
        cr_expect(epsilon_eq(
            dbl, json_number_value(json_array_get(json_object_get(corrupted, "mean_accuracy_percent_by_severity"), s)),
            severities[s], 1e-9));
    cr_expect(epsilon_eq(dbl, number(corrupted, "mean_accuracy_percent"), all, 1e-9));
}

Test(cli_corrupted, prints_a_table_and_writes_json)
{
    struct program_result result = run_well(EVALUATE "--corrupted --seed 4 --json=r.json");
    char *text = temporary_file_read(folder, "r.json"), line[100];
    json_t *object = load_json(text), *corrupted = json_object_get(object, "corrupted");
    expect_consistent(object, CORRUPTION_COUNT);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(corrupted, "source")), "generated"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(corrupted, "frost_textures")), "procedural"));
    cr_expect(eq(dbl, number(corrupted, "seed"), 4));
    cr_expect(strstr(result.output,
                     "cifar-10, 30 test images, accuracy in %\n"
                     "corrupted: generated with seed 4, frost from procedural textures\n") == result.output,
              "%s", result.output);
    for (int c = 0; c < CORRUPTION_COUNT; c++) cr_expect(strstr(result.output, corruption_at(c)->title) != NULL);
    snprintf(line, sizeof line, "%50.2f\n", number(object, "accuracy_percent"));
    cr_expect(strstr(result.output, line) != NULL, "clean in: %s", result.output);
    snprintf(line, sizeof line, "%10.2f\nclean", number(corrupted, "mean_accuracy_percent"));
    cr_expect(strstr(result.output, line) != NULL, "mean in: %s", result.output);
    for (const char *at = result.output; *at != '\0'; at += strcspn(at, "\n") + 1)
        cr_expect(le(sz, strcspn(at, "\n"), 80), "%s", at);
    json_decref(object);
    free(text);
    program_result_destroy(&result);
}

Test(cli_corrupted, the_list_may_stand_alone_and_decides_no_number)
{
    static const char *const forms[] = {"--corrupted=JC,GN --json", "--corrupted JC,GN --json --threads 1",
                                        "--json --corrupted --corrupted=GN,jpeg_compression"};
    struct program_result all = run_well(EVALUATE "--corrupted=all --json");
    json_t *expected = load_json(all.output);
    json_t *list = json_object_get(json_object_get(expected, "corrupted"), "corruptions");
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        char arguments[300];
        snprintf(arguments, sizeof arguments, EVALUATE "%s", forms[f]);
        struct program_result some = run_well(arguments);
        json_t *object = load_json(some.output);
        json_t *found = json_object_get(json_object_get(object, "corrupted"), "corruptions");
        expect_consistent(object, 2);
        cr_expect(json_equal(json_array_get(found, 0), json_array_get(list, CORRUPTION_GAUSSIAN_NOISE)), "%s",
                  forms[f]);
        cr_expect(json_equal(json_array_get(found, 1), json_array_get(list, CORRUPTION_JPEG_COMPRESSION)), "%s",
                  forms[f]);
        json_decref(object);
        program_result_destroy(&some);
    }
    json_decref(expected);
    program_result_destroy(&all);
}

// Published files, made by our own program with the same seed, give the same numbers.
Test(cli_corrupted, published_files_are_evaluated)
{
    struct program_result made = run_well(
        "corrupt --quiet --dataset cifar-10 --data . --catalog catalog.json --corruptions GN,Fr --output CIFAR-10-C");
    struct program_result ours = run_well(EVALUATE "--corrupted=GN,Fr --json");
    struct program_result published = run_well(EVALUATE "--corrupted=GN,Fr --published --json");
    json_t *left = load_json(ours.output), *right = load_json(published.output);
    json_t *corrupted = json_object_get(right, "corrupted");
    cr_expect(json_equal(json_object_get(json_object_get(left, "corrupted"), "corruptions"),
                         json_object_get(corrupted, "corruptions")),
              "%s%s", ours.output, published.output);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(corrupted, "source")), "published"));
    cr_expect(json_object_get(corrupted, "official") == json_false());
    cr_expect(strstr(published.errors, "CIFAR-10-C/frost.npy does not have the published checksum") != NULL, "%s",
              published.errors);
    json_decref(left);
    json_decref(right);
    program_result_destroy(&made);
    program_result_destroy(&ours);
    program_result_destroy(&published);
}

static void expect_refusal(const char *arguments, int exit_status, const char *errors)
{
    struct program_result result = program_run(folder, arguments);
    char *path = path_join(folder, "r.json");
    cr_expect(eq(int, result.exit_status, exit_status), "%s: %s", arguments, result.errors);
    cr_expect(strstr(result.errors, errors) != NULL, "%s: expected \"%s\" in: %s", arguments, errors, result.errors);
    cr_expect(eq(str, result.output, ""), "%s", arguments);
    cr_expect(not(file_exists(path)), "%s wrote a result", arguments);
    free(path);
    program_result_destroy(&result);
}

static struct archive read_bytes(const char *name)
{
    struct archive bytes;
    char *path = path_join(folder, name);
    struct status status = file_read(path, 1 << 20, &bytes.bytes, &bytes.size);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
    return bytes;
}

Test(cli_corrupted, damaged_published_files_are_refused_before_work)
{
    static const char arguments[] = EVALUATE "--corrupted=Fr --published --json=r.json";
    expect_refusal(arguments, 3, "CIFAR-10-C is not in .: looked for CIFAR-10-C.tar and the folder CIFAR-10-C/");
    struct program_result made = run_well(
        "corrupt --quiet --dataset cifar-10 --data . --catalog catalog.json --corruptions Fr --output CIFAR-10-C");
    program_result_destroy(&made);
    expect_refusal(EVALUATE "--corrupted --published --json=r.json", 3, "CIFAR-10-C/gaussian_noise.npy");
    struct archive good = read_bytes("CIFAR-10-C/frost.npy"), labels = read_bytes("CIFAR-10-C/labels.npy");
    struct archive bad = {0};
    archive_append(&bad, good.bytes, good.size - 1);
    archive_write(&bad, folder, "CIFAR-10-C/frost.npy");
    expect_refusal(arguments, 3, "frost.npy: byte 128: expected 460800 bytes of data, as its shape says, found 460799");
    archive_append(&bad, "", 1);
    bad.bytes[21] = '>'; // {'descr': '|u1'
    archive_write(&bad, folder, "CIFAR-10-C/frost.npy");
    expect_refusal(arguments, 3, "expected little-endian values");
    memcpy(bad.bytes + 10, "{'descr': '|u1', 'fortran_order': True,  ", 41);
    archive_write(&bad, folder, "CIFAR-10-C/frost.npy");
    expect_refusal(arguments, 3, "expected 'fortran_order': False (C order), found True");
    memcpy(bad.bytes + 10, "{'descr': '|u1', 'fortran_order': False, 'shape': (150, 32, 96), }   ", 69);
    archive_write(&bad, folder, "CIFAR-10-C/frost.npy");
    expect_refusal(arguments, 3, "expected shape (150, 32, 32, 3), found (150, 32, 96)");
    archive_write(&good, folder, "CIFAR-10-C/frost.npy");
    for (size_t i = 128; i < labels.size; i++) labels.bytes[i] = (uint8_t)(9 - labels.bytes[i]);
    archive_write(&labels, folder, "CIFAR-10-C/labels.npy");
    expect_refusal(arguments, 3, "labels of image 0: expected 0, as in the test images of cifar-10, found 9");
    archive_destroy(&good);
    archive_destroy(&labels);
    archive_destroy(&bad);
}

Test(cli_corrupted, refuses_wrong_usage)
{
    static const struct {
        const char *arguments, *errors;
    } cases[] = {
        {EVALUATE "--corrupted=Xx --json=r.json", "--corrupted: expected all, or corruptions out of GN SN"},
        {EVALUATE "--corrupted Xx --json=r.json", "unexpected argument \"Xx\""},
        {EVALUATE "--published", "--published needs --corrupted"},
        {EVALUATE "--corrupted --published --train", "there are no corrupted training images"},
        {EVALUATE "--seed 3", "--seed is about corruptions of our own"},
        {EVALUATE "--corrupted --published --seed 3", "--seed is about corruptions of our own"},
        {EVALUATE "--corrupted --logits l.npy", "--logits: expected no --corrupted beside it"},
        {EVALUATE "--json r.json", "unexpected argument \"r.json\"; a file for --json: --json=r.json"},
        {"evaluate --corrupted GN", "expected a model file"},
        {"evaluate run/model.safetensors --dataset synthetic-10 --corrupted --published", "not for synthetic-10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_refusal(cases[i].arguments, 2, cases[i].errors);
}

Test(cli_corrupted, ctrl_c_writes_nothing)
{
    pid_t process = program_start(folder, "evaluate run/model.safetensors --dataset synthetic-10 --threads 1 "
                                          "--set data.synthetic_test_images_teacher=2000 --corrupted --json=r.json");
    char *errors = strdup("");
    for (int i = 0; i < 60000 && strstr(errors, "2000 test images") == NULL; i++) {
        free(errors);
        usleep(1000);
        errors = temporary_file_read(folder, "stderr.txt");
    }
    kill(process, SIGINT);
    struct program_result result = program_wait(folder, process);
    char *path = path_join(folder, "r.json");
    cr_expect(eq(int, result.exit_status, 5), "%s", result.errors);
    cr_expect(strstr(result.errors, "interrupted by Ctrl-C") != NULL, "%s", result.errors);
    cr_expect(eq(str, result.output, ""));
    cr_expect(not(file_exists(path)));
    program_result_destroy(&result);
    free(path);
    free(errors);
}
