// doctor.c: `transinv doctor`: what this machine has, and what that means. Tests: tests/cli_test.c.
#include <argp.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/build_info.h"
#include "base/log.h"
#include "base/machine.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "datasets/catalog.h"
#include "datasets/cifar_source.h"
#include "datasets/data_folder.h"
#include "harness/embedded_presets.h"
#include "kernels/cuda/cuda.h"
#include "report/plot.h"

enum { KEY_DATA = 0x200, KEY_CATALOG };

struct doctor_options {
    const char *data, *catalog;
};

static const struct argp_option options[] = {
    {"data", KEY_DATA, "DIR", 0, "Look for CIFAR archives in DIR", 1},
    {"catalog", KEY_CATALOG, "FILE", 0, "Describe further archives, such as subsets (datasets/README.md)", 1},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct doctor_options *chosen = state->input;
    switch (key) {
    case KEY_DATA: chosen->data = argument; return 0;
    case KEY_CATALOG: chosen->catalog = argument; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Says what this machine has: processor, memory, backends, data, gnuplot, and what that means."
    "\v"
    "Examples:\n"
    "  transinv doctor\n"
    "  transinv doctor --data ~/cifar";

// ---- one topic each: a title in the first ten columns, what is there, and on the next line what it means --------

enum { TITLE_COLUMNS = 11, PAGE_COLUMNS = 80 };

// Breaks between words; a path that is longer than a line stays whole.
static void print_wrapped(const char *title, int indent, const char *text)
{
    int margin = TITLE_COLUMNS + indent, column = printf("%-*s", margin, title);
    bool first = true; // of a line: no blank before it
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (!first && column + 1 + length > PAGE_COLUMNS) {
            column = printf("\n%*s", margin, "") - 1;
            first = true;
        }
        column += printf("%s%.*s", first ? "" : " ", length, text);
        first = false;
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

static void say(const char *title, const char *finding)
{
    print_wrapped(title, 0, finding);
}

static void explain(const char *meaning)
{
    print_wrapped("", 2, meaning);
}

static void show_program(void)
{
    char text[120];
    snprintf(text, sizeof text, "transinv %s, commit %.12s%s", build_version, build_commit,
             build_tree_clean ? "" : ", with changes or unknown");
    say("program", text);
    say("built by", build_compiler);
}

static void show_processor(void)
{
    char name[200], text[240];
    machine_system_name(name, sizeof name);
    say("system", name);
    machine_cpu_name(name, sizeof name);
    say("processor", name);
    snprintf(text, sizeof text, "AVX2 %s, AVX-512 %s, AVX-512 bfloat16 %s", machine_has_avx2() ? "yes" : "no",
             machine_has_avx512() ? "yes" : "no", machine_has_avx512_bf16() ? "yes" : "no");
    say("", text);
    if (!machine_has_avx2()) explain("Without AVX2 the portable kernels are used, which are several times slower.");
}

static void show_threads(void)
{
    char text[200];
    int count = machine_thread_count();
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    const char *own = getenv("TRANSINV_THREADS"), *openmp = getenv("OMP_NUM_THREADS");
    snprintf(text, sizeof text, "%d of %ld processors", count, online);
    say("threads", text);
    if ((own != NULL && own[0] != '\0') || (openmp != NULL && openmp[0] != '\0'))
        explain("TRANSINV_THREADS or OMP_NUM_THREADS is set; --threads goes before both.");
    else if (count < online)
        explain("Affinity mask or control group leave this process fewer than the machine has.");
    explain("Results do not depend on the number of threads.");
}

static void show_memory(void)
{
    char text[100];
    double gibibytes = (double)machine_memory_bytes() / (1 << 30);
    snprintf(text, sizeof text, "%.1f GiB", gibibytes);
    say("memory", text);
    if (!(gibibytes >= 1))
        explain("The quick preset needs up to 1 GiB.");
    else if (!(gibibytes >= 4))
        explain("Enough for the quick preset; the paper preset needs up to 4 GiB.");
}

static void show_backends(void)
{
    const struct kernels *const *available = kernels_available();
    assert(available[0] != NULL);
    char text[200];
    const struct kernels *bf16 = NULL;
    for (int i = 0; available[i] != NULL; i++) {
        snprintf(text, sizeof text, "%s (%s)", available[i]->name, precision_name(available[i]->precision));
        say(i == 0 ? "backends" : "", text);
    }
    snprintf(text, sizeof text, "--device auto and cpu mean %s; reference is the definition of all others, and slow.",
             available[0]->name);
    explain(text);
    struct status status = kernels_choose(available, "auto", PRECISION_BF16, &bf16);
    if (status.code == STATUS_OK) snprintf(text, sizeof text, "With training.precision = bf16: %s.", bf16->name);
    explain(status.code == STATUS_OK ? text : status.message);
    status = cuda_check();
    if (status.code != STATUS_OK) explain(status.message);
}

static void show_gnuplot(void)
{
    struct text script = {0}, output = {0};
    text_append(&script, "set print '-'\nprint GPVAL_VERSION\n");
    struct status status = plot_run_gnuplot(&script, 10, &output);
    if (status.code == STATUS_OK) {
        char version[60];
        snprintf(version, sizeof version, "%.*s", (int)strcspn(output.bytes, "\n"), output.bytes);
        say("gnuplot", version);
    } else {
        say("gnuplot", status.message);
        explain("Reports are written without learning curves.");
    }
    text_destroy(&script);
    text_destroy(&output);
}

static void show_terminal(void)
{
    bool terminal = isatty(STDERR_FILENO) != 0;
    say("terminal", !terminal                       ? "none: progress comes as plain lines"
                    : log_stream_has_colour(stderr) ? "yes, with colour"
                                                    : "yes, without colour");
}

// A preset's first line says what it is.
static void show_presets(void)
{
    for (const struct embedded_file *file = embedded_presets; file->name != NULL; file++) {
        const char *begin = file->text + strspn(file->text, "# ");
        char line[160];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(begin, "\n"), begin);
        say(file == embedded_presets ? "presets" : "", line);
    }
}

// ---- data ------------------------------------------------------------------------------------------------------

// Reads the whole set, so that a damaged archive shows here and not after hours.
static struct status show_data_set(const struct catalog *catalog, const char *name, const char *folder, bool fetchable)
{
    struct dataset data = {.name = ""};
    struct status status = cifar_source_load(catalog, name, folder, &data);
    if (status.code == STATUS_OK) {
        char text[700];
        snprintf(text, sizeof text, "%d training and %d test images in %s", data.train.count, data.test.count,
                 data.source);
        say(name, text);
        explain(data.official ? "The official archive, checksum verified." : data.remark);
    } else if (status.code == STATUS_MISSING) {
        char advice[64];
        snprintf(advice, sizeof advice, "not there; `transinv fetch %s` gets it", name);
        say(name, fetchable ? advice : "not there");
        explain(status.message);
    } else {
        say(name, "cannot be used");
        explain(status.message);
    }
    dataset_destroy(&data);
    return status.code == STATUS_MISSING ? status_ok() : status;
}

static struct status show_data(const struct doctor_options *chosen)
{
    struct catalog catalog = {0};
    char *folder = NULL;
    struct status status = catalog_create(chosen->catalog, &catalog), second = status_ok();
    if (status.code == STATUS_OK) status = data_folder_resolve(chosen->data, &folder);
    if (status.code == STATUS_OK) {
        const bool fetchable = chosen->catalog == NULL; // the program knows no address of another catalogue's files
        say("data", folder);
        status = show_data_set(&catalog, "cifar-10", folder, fetchable);
        second = show_data_set(&catalog, "cifar-100", folder, fetchable);
        explain("The presets quick and ci need no archives: their images are drawn by the program.");
    }
    free(folder);
    catalog_destroy(&catalog);
    return status.code != STATUS_OK ? status : second;
}

static struct status command_doctor_run(int argc, char **argv)
{
    const struct argp_child children[] = {{&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options, .parser = parse_option, .doc = documentation, .children = children};
    struct doctor_options chosen = {.data = NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    show_program();
    show_processor();
    show_threads();
    show_memory();
    show_backends();
    show_gnuplot();
    show_terminal();
    show_presets();
    return show_data(&chosen);
}

const struct command command_doctor = {"doctor", "what this machine has, and what that means", command_doctor_run};
