// bench_plots.c: gnuplot scripts made of numbers and of names that bench itself has given. Tests: tests/bench_plots_test.c.
#include "report/bench_plots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/plot.h"

enum { OPERATIONS_LIMIT = 24, STEPS_LIMIT = 24, WIDTH = 900, HEIGHT = 560 };
static const double limit_seconds = 60;

// ---- the document ----------------------------------------------------------------------------------------------

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key)); // 0 where there is none
}

static double median_of(const json_t *bench_case)
{
    return number_of(json_object_get(bench_case, "warm"), "median");
}

// Operations in the order of their first case.
struct operations {
    const char *names[OPERATIONS_LIMIT];
    int count;
};

static int find_operation(const struct operations *operations, const char *name)
{
    for (int i = 0; i < operations->count; i++)
        if (strcmp(operations->names[i], name) == 0) return i;
    return -1;
}

static struct operations list_operations(const json_t *document)
{
    struct operations operations = {.count = 0};
    const json_t *cases = json_object_get(document, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *bench_case = json_array_get(cases, i);
        const char *name = text_of(bench_case, "operation");
        if (median_of(bench_case) > 0 && find_operation(&operations, name) < 0 && operations.count < OPERATIONS_LIMIT)
            operations.names[operations.count++] = name;
    }
    return operations;
}

// Of an operation, the same in both figures; far apart for the first ones, which take the most time.
static const char *colour_of(int operation)
{
    static const char *const colours[] = {"#7f7f7f", "#1f77b4", "#ff7f0e", "#2ca02c", "#bcbd22", "#17becf",
                                          "#d62728", "#9467bd", "#e377c2", "#8c564b", "#aec7e8", "#ffbb78",
                                          "#98df8a", "#ff9896", "#c5b0d5", "#c49c94"};
    return colours[operation % (int)(sizeof colours / sizeof colours[0])];
}

static void append_terminal(struct text *script)
{
    text_append_format(script, "set terminal svg size %d,%d font \"sans-serif,13\" noenhanced background \"white\"\n",
                       WIDTH, HEIGHT);
    text_append(script, "set encoding utf8\nset tics nomirror\nset grid lc rgb \"#dddddd\"\n"
                        "set key outside right top\n");
}

// ---- roofline --------------------------------------------------------------------------------------------------

static void append_points(const json_t *document, const char *operation, int number, struct text *script)
{
    const json_t *cases = json_object_get(document, "cases");
    text_append_format(script, "$points%d << EOD\n", number);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *bench_case = json_array_get(cases, i);
        const double flops = number_of(bench_case, "flops"), bytes = number_of(bench_case, "bytes");
        if (strcmp(text_of(bench_case, "operation"), operation) != 0) continue;
        if (!(median_of(bench_case) > 0) || !(flops > 0) || !(bytes > 0)) continue;
        text_append_number(script, flops / bytes);
        text_append(script, " ");
        text_append_number(script, flops / median_of(bench_case) / 1e9);
        text_append(script, "\n");
    }
    text_append(script, "EOD\n");
}

void bench_plots_roofline(const json_t *document, struct text *script)
{
    const json_t *ceilings = json_object_get(document, "ceilings");
    const struct operations operations = list_operations(document);
    append_terminal(script);
    text_append(script, "set logscale xy\nset xlabel \"flop / byte, counted by definition\"\nset ylabel \"Gflop/s\"\n");
    for (int i = 0; i < operations.count; i++) append_points(document, operations.names[i], i, script);
    text_append(script, "rate = ");
    text_append_number(script, number_of(ceilings, "fma_fp32") / 1e9);
    text_append(script, "\nbandwidth = ");
    text_append_number(script, number_of(ceilings, "copy_bandwidth") / 1e9);
    text_append(script, "\nroof(x) = x * bandwidth < rate ? x * bandwidth : rate\nset samples 400\n"
                        "plot roof(x) with lines lw 2 lc rgb \"#444444\" title \"measured ceilings\"");
    for (int i = 0; i < operations.count; i++)
        text_append_format(script, ", $points%d using 1:2 with points pt %d ps 0.8 lc rgb \"%s\" title \"%s\"", i,
                           5 + i % 9, colour_of(i), operations.names[i]);
    text_append(script, "\n");
}

// ---- shares of time --------------------------------------------------------------------------------------------

// The training steps that the cases are from.
static int list_steps(const json_t *document, const char *steps[STEPS_LIMIT])
{
    int count = 0;
    const json_t *cases = json_object_get(document, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const char *step;
        json_t *calls;
        json_object_foreach(json_object_get(json_array_get(cases, i), "calls"), step, calls)
        {
            bool known = false;
            for (int s = 0; s < count; s++) known = known || strcmp(steps[s], step) == 0;
            if (!known && count < STEPS_LIMIT) steps[count++] = step;
        }
    }
    return count;
}

// Of an operation in one step; operation NULL: of all.
static double step_milliseconds(const json_t *document, const char *step, const char *operation)
{
    double sum = 0;
    const json_t *cases = json_object_get(document, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *bench_case = json_array_get(cases, i);
        if (operation == NULL || strcmp(text_of(bench_case, "operation"), operation) == 0)
            sum += number_of(json_object_get(bench_case, "calls"), step) * median_of(bench_case) * 1e3;
    }
    return sum;
}

void bench_plots_time_share(const json_t *document, struct text *script)
{
    const char *steps[STEPS_LIMIT];
    const int count = list_steps(document, steps);
    const struct operations operations = list_operations(document);
    append_terminal(script);
    text_append(
        script,
        "set style data histogram\nset style histogram rowstacked\nset style fill solid 0.9 border -1\n"
        "set boxwidth 0.6\nset yrange [0:100]\nset xtics rotate by -20\nset ylabel \"% of the cases' time in a step\"\n"
        "$shares << EOD\n");
    for (int s = 0; s < count; s++) {
        const double total = step_milliseconds(document, steps[s], NULL);
        text_append_format(script, "\"%s: %.2f ms\"", steps[s], total);
        for (int i = 0; i < operations.count; i++) {
            text_append(script, " ");
            text_append_number(script, 100 * step_milliseconds(document, steps[s], operations.names[i]) / total);
        }
        text_append(script, "\n");
    }
    text_append(script, "EOD\nplot ");
    for (int i = 0; i < operations.count; i++)
        text_append_format(script, "%s$shares using %d%s lc rgb \"%s\" title \"%s\"", i == 0 ? "" : ", ", i + 2,
                           i == 0 ? ":xtic(1)" : "", colour_of(i), operations.names[i]);
    text_append(script, "\n");
}

// ---- files -----------------------------------------------------------------------------------------------------

static struct status write_plot(void (*describe)(const json_t *, struct text *), const json_t *document,
                                const char *folder, const char *name)
{
    struct text script = {0}, svg = {0};
    describe(document, &script);
    struct status status = script.failed ? status_error(STATUS_NO_MEMORY, "draw %s: out of memory", name)
                                         : plot_run_gnuplot(&script, limit_seconds, &svg);
    if (status.code == STATUS_OK) {
        char *path = path_join(folder, name);
        status = file_write_atomic(path, svg.bytes, svg.length);
        free(path);
    }
    text_destroy(&script);
    text_destroy(&svg);
    return status;
}

struct status bench_plots_write(const json_t *document, const char *folder)
{
    if (list_operations(document).count == 0)
        return status_error(STATUS_BAD_INPUT, "draw %s: no case was measured", folder);
    struct status status = file_make_folders(folder);
    if (status.code == STATUS_OK) status = write_plot(bench_plots_roofline, document, folder, "roofline.svg");
    if (status.code == STATUS_OK) status = write_plot(bench_plots_time_share, document, folder, "time-share.svg");
    return status;
}
