// corrupt.c: `transinv corrupt`: corrupted images of any data set, as files in the layout of CIFAR-10-C or on a contact
// sheet. Tests: tests/cli_corrupt_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/contact_sheet.h"
#include "cli/corrupt_files.h"
#include "datasets/datasets.h"

enum {
    KEY_DATASET = 0x200,
    KEY_DATA,
    KEY_CATALOG,
    KEY_PART,
    KEY_IMAGES,
    KEY_CORRUPTIONS,
    KEY_SEVERITIES,
    KEY_SEED,
    KEY_SHEET
};

// The embedded set has as many images as CIFAR; those asked for are drawn.
enum { TEST_IMAGES = 10000, TRAIN_IMAGES = 50000 };

struct corrupt_options {
    struct device_options device;
    const char *dataset, *data, *catalog, *output, *sheet;
    bool train;
    struct image_range range;
    struct preset_corruptions corruptions;
    struct severity_list severities;
    int seed;
};

static const struct argp_option options[] = {
    {"output", 'o', "DIR", 0, "Make this folder, with NAME.npy for each corruption and labels.npy", 1},
    {"sheet", KEY_SHEET, "FILE.png", 0, "Draw a contact sheet of a few images instead", 1},
    {"dataset", KEY_DATASET, "NAME", 0, "cifar-10, cifar-100, synthetic-10 or synthetic-100", 1},
    {"part", KEY_PART, "PART", 0, "Its test or train images (default: test)", 1},
    {"images", KEY_IMAGES, "N|A-B", 0, "The first N of them, or numbers A to B (default: all; 3 on a sheet)", 1},
    {"corruptions", KEY_CORRUPTIONS, "LIST", 0, "Codes or full names, such as GN,contrast, or all (default: all)", 1},
    {"severities", KEY_SEVERITIES, "LIST", 0, "Such as 1,3-5 (default: 1-5)", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of all random draws (default: 1)", 1},
    {"data", KEY_DATA, "DIR", 0, "Read CIFAR archives, and frost's pictures, from DIR", 1},
    {"catalog", KEY_CATALOG, "FILE", 0, "Describe further archives, such as subsets (datasets/README.md)", 1},
    {0},
};

static void require(const struct argp_state *state, const char *option, struct status status)
{
    if (status.code != STATUS_OK) argp_error(state, "--%s: %s", option, status.message);
}

static bool parse_part(const struct argp_state *state, const char *part)
{
    if (strcmp(part, "train") != 0 && strcmp(part, "test") != 0)
        argp_error(state, "--part: expected test or train, found \"%s\"", part);
    return strcmp(part, "train") == 0;
}

static void check_options(const struct corrupt_options *chosen, const struct argp_state *state)
{
    if (chosen->dataset == NULL)
        argp_error(state, "expected --dataset: cifar-10, cifar-100, synthetic-10 or synthetic-100");
    if ((chosen->output == NULL) == (chosen->sheet == NULL)) argp_error(state, "expected one of --output and --sheet");
    if (chosen->sheet != NULL && chosen->range.count > SHEET_IMAGE_LIMIT)
        argp_error(state, "--images: expected at most %d images on a sheet, found %d", SHEET_IMAGE_LIMIT,
                   chosen->range.count);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct corrupt_options *chosen = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &chosen->device; return 0;
    case 'o': chosen->output = argument; return 0;
    case KEY_SHEET: chosen->sheet = argument; return 0;
    case KEY_DATASET: chosen->dataset = argument; return 0;
    case KEY_PART: chosen->train = parse_part(state, argument); return 0;
    case KEY_IMAGES: require(state, "images", selection_parse_images(argument, &chosen->range)); return 0;
    case KEY_CORRUPTIONS:
        require(state, "corruptions", selection_parse_corruptions(argument, &chosen->corruptions));
        return 0;
    case KEY_SEVERITIES:
        require(state, "severities", selection_parse_severities(argument, &chosen->severities));
        return 0;
    case KEY_SEED: chosen->seed = option_integer(state, "seed", argument, 0, PRESET_SEED_MAXIMUM); return 0;
    case KEY_DATA: chosen->data = argument; return 0;
    case KEY_CATALOG: chosen->catalog = argument; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    case ARGP_KEY_END: check_options(chosen, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Corrupts images as CIFAR-10-C does, with 15 corruptions at 5 severities. An image is corrupted in the same way "
    "whichever others are chosen."
    "\v"
    "Examples:\n"
    "  transinv corrupt --dataset cifar-10 --data ~/cifar --output CIFAR-10-C\n"
    "  transinv corrupt --dataset synthetic-10 --images 20-22 --sheet sheet.png\n"
    "\n"
    "What --output makes, in Python:\n"
    "  images = numpy.load('CIFAR-10-C/frost.npy')    # (5 * N, 32, 32, 3), uint8\n"
    "  labels = numpy.load('CIFAR-10-C/labels.npy')   # (5 * N,)\n"
    "  severe = images[4 * N:]                        # severity 5";

// ---- loading ---------------------------------------------------------------------------------------------------

static const char *part_name(const struct corrupt_options *chosen)
{
    return chosen->train ? "train" : "test";
}

// How many images of a part of the embedded set are drawn: up to the last one asked for, and one that nobody asked for.
static int synthetic_size(const struct corrupt_options *chosen, bool train)
{
    const int all = train ? TRAIN_IMAGES : TEST_IMAGES;
    if (train != chosen->train) return 1;
    if (chosen->range.count == 0) return chosen->sheet != NULL ? SHEET_IMAGES : all;
    bool there = chosen->range.first < all && chosen->range.count <= all - chosen->range.first;
    return there ? chosen->range.first + chosen->range.count : 1; // what is not there is refused later
}

static bool is_synthetic(const char *dataset)
{
    return strncmp(dataset, "synthetic-", strlen("synthetic-")) == 0;
}

static struct status load_data(const struct corrupt_options *chosen, struct dataset *data, struct corrupt_job *job)
{
    const struct dataset_request request = {.name = chosen->dataset,
                                            .folder = chosen->data,
                                            .catalog = chosen->catalog,
                                            .synthetic_train = synthetic_size(chosen, true),
                                            .synthetic_test = synthetic_size(chosen, false)};
    char what[100];
    struct status status = dataset_load(&request, data);
    if (status.code != STATUS_OK) return status;
    job->data = data;
    job->images = chosen->train ? &data->train : &data->test;
    job->part = part_name(chosen);
    job->range = chosen->range;
    const int all = is_synthetic(chosen->dataset) ? (chosen->train ? TRAIN_IMAGES : TEST_IMAGES) : job->images->count;
    if (job->range.count == 0) job->range.count = chosen->sheet != NULL && all > SHEET_IMAGES ? SHEET_IMAGES : all;
    snprintf(what, sizeof what, "%s images of %s", job->part, data->name);
    return selection_check_images(&job->range, all, what);
}

static struct status load_frost(const struct corrupt_options *chosen, struct frost *frost, struct corrupt_job *job)
{
    bool wanted = false;
    for (int c = 0; c < job->corruptions.count; c++)
        wanted = wanted || corruption_place(job->corruptions.items[c]) == CORRUPTION_FROST;
    if (!wanted) return status_ok();
    job->frost = frost;
    return frost_find(chosen->data, frost);
}

static void choose_defaults(struct corrupt_options *chosen)
{
    if (chosen->corruptions.count == 0) selection_parse_corruptions("all", &chosen->corruptions);
    if (chosen->severities.count == 0) selection_parse_severities("1-5", &chosen->severities);
}

static void print_result(const struct corrupt_options *chosen, const struct corrupt_job *job)
{
    printf("%s: %d corruption%s of %d %s image%s at %d severit%s%s%s%s\n",
           chosen->output != NULL ? chosen->output : chosen->sheet, job->corruptions.count,
           job->corruptions.count == 1 ? "" : "s", job->range.count, job->part, job->range.count == 1 ? "" : "s",
           job->severities.count, job->severities.count == 1 ? "y" : "ies", job->frost != NULL ? ", frost from " : "",
           job->frost != NULL ? frost_origin_name(job->frost->origin) : "", job->frost != NULL ? " textures" : "");
}

static struct status command_corrupt_run(int argc, char **argv)
{
    const struct argp_child children[] = {{&device_argp, 0, 0, 0}, {&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct corrupt_options chosen = {.seed = 1};
    struct dataset data = {.name = ""};
    struct frost frost = {.pixels = NULL};
    struct device *device = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    choose_defaults(&chosen);
    struct corrupt_job job = {
        .corruptions = chosen.corruptions, .severities = chosen.severities, .seed = (uint32_t)chosen.seed};
    struct status status = device_options_open(&chosen.device, &device);
    job.device = device;
    if (status.code == STATUS_OK) status = load_data(&chosen, &data, &job);
    if (status.code == STATUS_OK) status = load_frost(&chosen, &frost, &job);
    if (status.code == STATUS_OK)
        status =
            chosen.output != NULL ? corrupt_files_write(&job, chosen.output) : contact_sheet_write(&job, chosen.sheet);
    if (status.code == STATUS_OK) print_result(&chosen, &job);
    frost_destroy(&frost);
    dataset_destroy(&data);
    device_close(device);
    return status;
}

const struct command command_corrupt = {"corrupt", "corrupted images, as files or as a contact sheet",
                                        command_corrupt_run};
