// cli_corrupt_test.c: `transinv corrupt` as a user meets it: what its files hold, that NumPy reads them, the sheet, and
// that nothing is left behind by mistakes and Ctrl-C.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <jansson.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "datasets/corrupted_archive.h"
#include "datasets/frost.h"
#include "datasets/synthetic.h"
#include "harness/corruption.h"
#include "kernels/corruption_functions.h"
#include "tests/support/archive.h"
#include "tests/support/npy.h"
#include "tests/support/program.h"
#include "tests/support/small_cifar.h"
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

TestSuite(cli_corrupt, .init = create_folder, .fini = remove_folder);

static char *run_well(const char *arguments)
{
    struct program_result result = program_run(folder, arguments);
    cr_assert(eq(int, result.exit_status, 0), "transinv %s: %s", arguments, result.errors);
    char *output = strdup(result.output);
    program_result_destroy(&result);
    return output;
}

// Names in the test's folder besides what the test itself and program_run have put there.
static int count_made(void)
{
    static const char *const known[] = {".", "..", "stdout.txt", "stderr.txt", "catalog.json", "cifar-10-batches-bin"};
    int count = 0;
    DIR *open_folder = opendir(folder);
    for (const struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder)) {
        bool made = true;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) made = made && strcmp(entry->d_name, known[i]) != 0;
        count += made;
    }
    closedir(open_folder);
    return count;
}

static struct npy read_array(const char *name)
{
    struct npy array;
    char *path = path_join(folder, name);
    struct status status = npy_read(path, &array);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    free(path);
    return array;
}

// ---- files -----------------------------------------------------------------------------------------------------

// Every image of every array, drawn and applied by the reference.
static void expect_arrays(const char *out, const struct image_set *images, int first, int count, uint32_t seed)
{
    static union corruption_draw draw;
    struct frost frost;
    cr_assert(eq(int, frost_load(NULL, &frost).code, STATUS_OK));
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++) {
        char name[80];
        uint8_t expected[IMAGE_BYTES];
        snprintf(name, sizeof name, "%s/%s.npy", out, corruption_at(kind)->name);
        struct npy array = read_array(name);
        cr_assert(array.type == NPY_UINT8 && array.dimensions == 4 && array.shape[1] == 32 && array.shape[2] == 32 &&
                      array.shape[3] == 3,
                  "%s", name);
        cr_assert(eq(sz, array.shape[0], (size_t)(5 * count)), "%s", name);
        for (int row = 0; row < 5 * count; row++) {
            const int index = first + row % count, severity = 1 + row / count;
            const uint8_t *clean = images->pixels + (size_t)index * IMAGE_BYTES;
            corruption_draw((enum corruption_kind)kind, severity, (struct corruption_key){seed, 0, (uint32_t)index},
                            clean, &frost.textures, &draw);
            corruption_functions_reference.apply((enum corruption_kind)kind, severity, &draw, clean, expected);
            cr_assert(eq(int, memcmp((uint8_t *)array.values + (size_t)row * IMAGE_BYTES, expected, IMAGE_BYTES), 0),
                      "%s, row %d", name, row);
        }
        npy_destroy(&array);
    }
    frost_destroy(&frost);
}

static void expect_labels(const char *name, const struct image_set *images, int first, int count, int severities)
{
    struct npy labels = read_array(name);
    cr_assert(labels.type == NPY_UINT8 && labels.dimensions == 1);
    cr_assert(eq(sz, labels.count, (size_t)(severities * count)));
    for (int row = 0; row < severities * count; row++)
        cr_expect(eq(int, ((uint8_t *)labels.values)[row], images->labels[first + row % count]), "row %d", row);
    npy_destroy(&labels);
}

// The embedded set as the program has it: its test images begin at number 10,000,000 of the sequence 2024.
static struct image_set embedded_images(int count)
{
    struct image_set images;
    cr_assert(eq(int, synthetic_generate(2024, 10, 10000000, count, &images).code, STATUS_OK));
    return images;
}

Test(cli_corrupt, files_hold_what_draw_and_apply_give)
{
    struct image_set images = embedded_images(9);
    char *output = run_well("corrupt --dataset synthetic-10 --images 4-8 --seed 7 --output out");
    cr_expect(
        eq(str, output, "out: 15 corruptions of 5 test images at 5 severities, frost from procedural textures\n"));
    free(output);
    expect_arrays("out", &images, 4, 5, 7);
    expect_labels("out/labels.npy", &images, 4, 5, 5);
    cr_expect(eq(int, count_made(), 1));
    image_set_destroy(&images);
}

// Whatever else is chosen, an image at a severity is the same.
Test(cli_corrupt, the_selection_changes_no_image)
{
    free(run_well("corrupt --dataset synthetic-10 --images 6 --output all"));
    free(run_well("corrupt --dataset synthetic-10 --images 2-4 --corruptions snow,GN --severities 2,5 --threads 1 "
                  "--device reference --output some"));
    static const char *const names[] = {"snow", "gaussian_noise"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char name[64];
        snprintf(name, sizeof name, "all/%s.npy", names[n]);
        struct npy all = read_array(name);
        snprintf(name, sizeof name, "some/%s.npy", names[n]);
        struct npy some = read_array(name);
        cr_assert(eq(sz, some.shape[0], 6));
        for (size_t row = 0; row < 6; row++) {
            size_t from = (row < 3 ? 1 : 4) * 6 + 2 + row % 3; // severity 2 or 5, image 2 .. 4
            cr_expect(eq(int,
                         memcmp((uint8_t *)some.values + row * IMAGE_BYTES, (uint8_t *)all.values + from * IMAGE_BYTES,
                                IMAGE_BYTES),
                         0),
                      "%s, row %zu", name, row);
        }
        npy_destroy(&all);
        npy_destroy(&some);
    }
    char *path = path_join(folder, "some/frost.npy");
    cr_expect(not(file_exists(path)), "frost was not asked for");
    free(path);
}

Test(cli_corrupt, reads_cifar_and_describes_what_it_made)
{
    small_cifar_write(folder);
    free(run_well("corrupt --dataset cifar-10 --data . --catalog catalog.json --part train --corruptions Fr,Fo "
                  "--severities 3 --output deep/out"));
    struct npy array = read_array("deep/out/fog.npy");
    cr_expect(eq(sz, array.shape[0], SMALL_CIFAR_TRAIN));
    npy_destroy(&array);
    char *text = temporary_file_read(folder, "deep/out/description.json");
    json_t *object = json_loads(text, 0, NULL), *data = json_object_get(object, "data");
    cr_assert(object != NULL, "%s", text);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(data, "name")), "cifar-10"));
    cr_expect(json_object_get(data, "official") == json_false(), "%s", text);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(object, "part")), "train"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(object, "frost_textures")), "procedural"));
    cr_expect(eq(sz, json_array_size(json_object_get(object, "corruptions")), 2));
    cr_expect(eq(i64, json_integer_value(json_array_get(json_object_get(object, "severities"), 0)), 3));
    json_decref(object);
    free(text);
}

// A folder made from a data set is read back as its published corruptions.
Test(cli_corrupt, our_reader_takes_the_folder)
{
    small_cifar_write(folder);
    free(run_well("corrupt --dataset cifar-10 --data . --catalog catalog.json --corruptions Pi --output CIFAR-10-C"));
    struct corrupted_archive archive;
    struct corrupted_request request = {"cifar-10", folder, SMALL_CIFAR_TEST};
    int32_t labels[SMALL_CIFAR_TEST];
    uint8_t *pixels = malloc((size_t)SMALL_CIFAR_TEST * IMAGE_BYTES);
    cr_assert(eq(int, corrupted_archive_find(&request, &archive).code, STATUS_OK));
    struct status status = corrupted_archive_read(&archive, "pixelate", 5, 0, SMALL_CIFAR_TEST, pixels);
    cr_expect(status.code == STATUS_OK, "%s", status.message);
    status = corrupted_archive_read_labels(&archive, labels);
    cr_expect(status.code == STATUS_OK, "%s", status.message);
    for (int i = 0; i < SMALL_CIFAR_TEST; i++) cr_expect(eq(i32, labels[i], (SMALL_CIFAR_TRAIN + i) % 10));
    free(pixels);
}

// NumPy's own files of the same arrays have the same bytes.
static const char numpy_check[] = "import io, sys\n"
                                  "try:\n"
                                  "    import numpy\n"
                                  "except ImportError:\n"
                                  "    sys.exit(77)\n"
                                  "for name, shape in (('fog', (20, 32, 32, 3)), ('labels', (20,))):\n"
                                  "    array = numpy.load('out/' + name + '.npy')\n"
                                  "    assert array.shape == shape and array.dtype == numpy.uint8, array.shape\n"
                                  "    again = io.BytesIO()\n"
                                  "    numpy.save(again, array)\n"
                                  "    assert again.getvalue() == open('out/' + name + '.npy', 'rb').read(), name\n";

Test(cli_corrupt, numpy_reads_and_would_write_the_same_files)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    char command[160];
    int code = 77;
    free(run_well("corrupt --dataset synthetic-10 --images 4 --corruptions Fo --output out"));
    temporary_file_write(folder, "check.py", numpy_check);
    for (size_t i = 0; code != 0 && i < sizeof pythons / sizeof pythons[0]; i++) {
        snprintf(command, sizeof command, "cd %s && %s check.py 2>&1", folder, pythons[i]);
        int result = system(command); // NOLINT(cert-env33-c): no word of it comes from outside
        code = WIFEXITED(result) ? WEXITSTATUS(result) : 1;
        cr_expect(code == 0 || code == 77 || code == 127, "%s: %d", pythons[i], code);
    }
    if (code == 77 || code == 127) cr_skip("no Python with NumPy here");
    cr_expect(eq(int, code, 0));
}

// ---- the sheet -------------------------------------------------------------------------------------------------

static uint8_t *read_png(const char *name, int *height, int *width)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    char *path = path_join(folder, name);
    cr_assert(png_image_begin_read_from_file(&image, path) != 0, "%s: %s", path, image.message);
    image.format = PNG_FORMAT_RGB;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    cr_assert(png_image_finish_read(&image, NULL, pixels, 0, NULL) != 0, "%s", image.message);
    *height = (int)image.height;
    *width = (int)image.width;
    free(path);
    return pixels;
}

// Whether the image stands at (left, top), each pixel as a square of 2 x 2.
static bool tile_is_at(const uint8_t *sheet, int width, int left, int top, const uint8_t *image)
{
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            if (memcmp(sheet + 3 * ((top + y) * width + left + x), image + 3 * (y / 2 * 32 + x / 2), 3) != 0)
                return false;
    return true;
}

Test(cli_corrupt, the_sheet_shows_every_chosen_tile)
{
    enum { ROWS = 2, COLUMNS = 3, FIRST = 3, COUNT = 2 }; // clean, severities 1 and 4
    static const enum corruption_kind kinds[ROWS] = {CORRUPTION_CONTRAST, CORRUPTION_FROST};
    static const int severities[COLUMNS] = {0, 1, 4};
    static union corruption_draw draw;
    int height = 0, width = 0, found = 0;
    struct image_set images = embedded_images(FIRST + COUNT);
    struct frost frost;
    cr_assert(eq(int, frost_load(NULL, &frost).code, STATUS_OK));
    char *output = run_well("corrupt --dataset synthetic-10 --images 3-4 --corruptions Co,Fr --severities 1,4 "
                            "--sheet sheet.png");
    cr_expect(strstr(output, "sheet.png: 2 corruptions of 2 test images at 2 severities, frost from procedural") !=
                  NULL,
              "%s", output);
    uint8_t *sheet = read_png("sheet.png", &height, &width);
    for (int row = 0; row < ROWS; row++)
        for (int i = 0; i < COUNT; i++)
            for (int column = 0; column < COLUMNS; column++) {
                const uint8_t *clean = images.pixels + (size_t)(FIRST + i) * IMAGE_BYTES;
                const struct corruption_key key = {1, 0, (uint32_t)(FIRST + i)};
                uint8_t tile[IMAGE_BYTES];
                memcpy(tile, clean, IMAGE_BYTES);
                if (column > 0) {
                    corruption_draw(kinds[row], severities[column], key, clean, &frost.textures, &draw);
                    corruption_functions_reference.apply(kinds[row], severities[column], &draw, clean, tile);
                }
                const int left = 228 + (i * COLUMNS + column) * 66 + i * 14, top = 72 + row * 66;
                cr_assert(left + 64 <= width && top + 64 <= height, "%dx%d", width, height);
                found += tile_is_at(sheet, width, left, top, tile);
            }
    cr_expect(eq(int, found, ROWS *COUNT *COLUMNS), "tiles in their places");
    cr_expect(eq(int, count_made(), 1));
    free(sheet);
    free(output);
    frost_destroy(&frost);
    image_set_destroy(&images);
}

// ---- mistakes --------------------------------------------------------------------------------------------------

Test(cli_corrupt, refuses_with_a_sentence_and_writes_nothing)
{
    static const struct {
        const char *arguments;
        int exit_status;
        const char *errors;
    } cases[] = {
        {"corrupt", 2, "expected --dataset"},
        {"corrupt --dataset synthetic-10", 2, "expected one of --output and --sheet"},
        {"corrupt --dataset synthetic-10 --output o --sheet s.png", 2, "expected one of --output and --sheet"},
        {"corrupt --dataset mnist --output o", 2, "mnist"},
        {"corrupt --dataset synthetic-10 --output o --severities 6", 2, "expected severities from 1 to 5, ascending"},
        {"corrupt --dataset synthetic-10 --output o --corruptions Xx", 2, "found \"Xx\""},
        {"corrupt --dataset synthetic-10 --output o --images 10001", 2, "expected numbers from 0 to 9999"},
        {"corrupt --dataset synthetic-10 --output o --images 9990-10010", 2, "found 9990 to 10010"},
        {"corrupt --dataset synthetic-10 --output o --images x", 2, "expected a number of images"},
        {"corrupt --dataset synthetic-10 --output o --part both", 2, "--part: expected test or train"},
        {"corrupt --dataset synthetic-10 --output o --seed -1", 2, "--seed: expected a whole number"},
        {"corrupt --dataset synthetic-10 --sheet s.png --images 9", 2, "at most 8 images on a sheet, found 9"},
        {"corrupt --dataset synthetic-10 --sheet no/such/folder/s.png", 3, "no/such/folder/s.png"},
        {"corrupt --dataset synthetic-10 word --output o", 2, "unexpected argument \"word\""},
        {"corrupt --dataset cifar-10 --output o", 3, "cifar-10 is not in"},
        {"corrupt --dataset cifar-10 --data . --catalog catalog.json --output o --images 31", 2,
         "expected numbers from 0 to 29, as there are 30 test images of cifar-10"},
        {"corrupt --dataset synthetic-10 --images 1 --output cifar-10-batches-bin", 2, "files in it"},
        {"corrupt --dataset synthetic-10 --images 1 --output catalog.json", 2, "a file in the way"},
    };
    small_cifar_write(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct program_result result = program_run(folder, cases[i].arguments);
        cr_expect(eq(int, result.exit_status, cases[i].exit_status), "%s: %s", cases[i].arguments, result.errors);
        cr_expect(strstr(result.errors, cases[i].errors) != NULL, "%s: expected \"%s\" in: %s", cases[i].arguments,
                  cases[i].errors, result.errors);
        cr_expect(eq(int, count_made(), 0), "%s left something behind", cases[i].arguments);
        program_result_destroy(&result);
    }
}

// The published pictures of frost: some of them, or damaged ones, are an error, not a reason to take others.
Test(cli_corrupt, damaged_frost_is_an_error)
{
    char *path = path_join(folder, "data");
    cr_assert(eq(int, file_make_folders(path).code, STATUS_OK));
    temporary_file_write(path, "frost1.png", "no picture");
    free(path);
    struct program_result result =
        program_run(folder, "corrupt --dataset synthetic-10 --images 1 --data data --output out");
    cr_expect(eq(int, result.exit_status, 3), "%s", result.errors);
    cr_expect(strstr(result.errors, "frost1.png") != NULL, "%s", result.errors);
    program_result_destroy(&result);
    cr_expect(eq(int, count_made(), 1), "the folder data alone");
    free(run_well("corrupt --dataset synthetic-10 --images 1 --data data --corruptions GN --output out"));
}

// A folder out.NUMBER.tmp with a file in it: the program is in the middle of its work.
static bool work_has_begun(void)
{
    bool begun = false;
    DIR *open_folder = opendir(folder);
    for (const struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder))
        begun = begun || (strncmp(entry->d_name, "out.", 4) == 0 && strstr(entry->d_name, ".tmp") != NULL);
    closedir(open_folder);
    return begun;
}

static void expect_nothing_after(int signal_number)
{
    pid_t process = program_start(folder, "corrupt --dataset synthetic-10 --images 2000 --threads 1 --output out");
    for (int i = 0; i < 60000 && !work_has_begun(); i++) usleep(1000);
    kill(process, signal_number);
    struct program_result result = program_wait(folder, process);
    cr_expect(eq(int, result.exit_status, 5), "signal %d: %s", signal_number, result.errors);
    cr_expect(strstr(result.errors, "interrupted by") != NULL, "%s", result.errors);
    cr_expect(eq(str, result.output, ""));
    cr_expect(eq(int, count_made(), 0), "signal %d left something behind", signal_number);
    program_result_destroy(&result);
}

Test(cli_corrupt, ctrl_c_leaves_nothing_half_written)
{
    expect_nothing_after(SIGINT);
    expect_nothing_after(SIGTERM);
}
