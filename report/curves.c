// curves.c: which lines a figure has, their colours, the gnuplot script, and the figure around it. The script holds
// numbers and nothing that comes from a file as text, so no name can be mistaken for a command. How SVG is taken into
// the page is svg_adopt.c. Tests: tests/report_test.c, tests/report_page_test.c.
#include "report/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/plot.h"
#include "report/svg_adopt.h"

enum curve_kind { CURVE_TRAIN_LOSS, CURVE_TEST_ACCURACY, CURVE_ADVERSARIAL_LOSS, CURVE_DISTANCE, CURVE_KINDS };

// Its name in the image, and its heading.
static const struct {
    const char *name, *heading;
} curves_kinds[CURVE_KINDS] = {
    [CURVE_TRAIN_LOSS] = {"loss", "Training loss"},
    [CURVE_TEST_ACCURACY] = {"accuracy", "Test accuracy, %"},
    [CURVE_ADVERSARIAL_LOSS] = {"adversarial", "Adversarial loss of the augmentation"},
    [CURVE_DISTANCE] = {"distance", "Distance of the teacher\u2019s features"},
};

static const double curves_limit_seconds = 60;
enum {
    CURVES_DOTS_UP_TO = 12, // points: beyond that dots run into one another
    CURVES_MANY_LINES = 20, // beyond that they are thinner
    CURVES_TICKS = 8,
};

// The lines of one figure.
struct curves_group {
    const char *method; // NULL: the teachers
    const char *title;
    const struct run_record **runs;
    size_t count;
    int number; // of the figure on the page, from 1
};

static double curves_value(const struct run_epoch *epoch, enum curve_kind kind)
{
    const double values[CURVE_KINDS] = {
        [CURVE_TRAIN_LOSS] = epoch->train_loss,
        [CURVE_TEST_ACCURACY] = epoch->test_accuracy_percent,
        [CURVE_ADVERSARIAL_LOSS] = epoch->adversarial_loss,
        [CURVE_DISTANCE] = epoch->distance,
    };
    return values[kind];
}

static size_t curves_count_points(const struct run_record *run, enum curve_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < run->epoch_count; i++) count += isfinite(curves_value(&run->epoch_lines[i], kind));
    return count;
}

static bool curves_group_has_points(const struct curves_group *group, enum curve_kind kind)
{
    for (size_t i = 0; i < group->count; i++)
        if (curves_count_points(group->runs[i], kind) > 0) return true;
    return false;
}

static int64_t curves_last_epoch(const struct curves_group *group)
{
    int64_t last = 1;
    for (size_t i = 0; i < group->count; i++) {
        const struct run_record *run = group->runs[i];
        if (run->epoch_count > 0 && run->epoch_lines[run->epoch_count - 1].epoch > last)
            last = run->epoch_lines[run->epoch_count - 1].epoch;
    }
    return last;
}

// 1, 2 or 5 times a power of ten, so that `last` epochs get at most CURVES_TICKS ticks: always whole epochs.
static int64_t curves_tick_step(int64_t last)
{
    static const int64_t factors[] = {1, 2, 5};
    for (int64_t power = 1;; power *= 10)
        for (int i = 0; i < 3; i++)
            if (last <= CURVES_TICKS * power * factors[i]) return power * factors[i];
}

static void curves_write_settings(const struct curves_group *group, enum curve_kind kind, struct text *script)
{
    const double last = (double)curves_last_epoch(group);
    text_append_format(script, "set terminal svg size %d,%d font \"sans-serif,12\" noenhanced name \"figure%d%s\"\n",
                       SVG_WIDTH, SVG_HEIGHT, group->number, curves_kinds[kind].name);
    text_append(script, "set encoding utf8\n"
                        "set key off\n"
                        "set border 1 lc rgb \"" SVG_AXIS_COLOUR "\"\n"
                        "set tics nomirror textcolor rgb \"" SVG_AXIS_COLOUR "\"\n"
                        "set xtics scale 0.5\n"
                        "set ytics scale 0\n"
                        "set grid noxtics ytics lt 1 lw 0.7 lc rgb \"" SVG_GRID_COLOUR "\"\n"
                        "set xlabel \"epoch\" offset 0,0.6 textcolor rgb \"" SVG_AXIS_COLOUR "\"\n"
                        "set yrange [0:*]\n"
                        "set rmargin at screen 0.97\n"
                        "set tmargin at screen 0.96\n"
                        "set bmargin at screen 0.18\n");
    // The augmentation's numbers are small and their ticks long.
    text_append_format(script, "set lmargin at screen %s\n", kind >= CURVE_ADVERSARIAL_LOSS ? "0.13" : "0.085");
    text_append_format(script, "set xrange [%s:", last > 1 ? "1" : "0.5");
    text_append_number(script, last > 1 ? last : 1.5);
    text_append_format(script, "]\nset xtics 0,%lld\n", (long long)curves_tick_step((int64_t)last));
}

static void curves_write_points(const struct run_record *run, enum curve_kind kind, size_t number, struct text *script)
{
    text_append_format(script, "$run%zu << EOD\n", number);
    for (size_t i = 0; i < run->epoch_count; i++) {
        double value = curves_value(&run->epoch_lines[i], kind);
        if (!isfinite(value)) continue;
        text_append_number(script, (double)run->epoch_lines[i].epoch);
        text_append(script, " ");
        text_append_number(script, value);
        text_append(script, "\n");
    }
    text_append(script, "EOD\n");
}

static void curves_write_style(const struct run_record *run, size_t points, size_t lines, struct text *script)
{
    int column = paper_find_column(run->corruption);
    const char *with = points == 1 ? "points" : points <= CURVES_DOTS_UP_TO ? "linespoints" : "lines";
    text_append_format(script, " with %s lw %s lc rgb \"" SVG_CURVE_COLOUR "\"", with,
                       lines > CURVES_MANY_LINES ? "0.9" : "1.4", column % SVG_CURVE_COLOURS);
    if (points <= CURVES_DOTS_UP_TO) text_append_format(script, " pt 7 ps %s", points == 1 ? "0.6" : "0.3");
    if (column >= SVG_CURVE_COLOURS && points > 1) text_append(script, " dt (5,4)");
}

// The data blocks of every run that has points, then one plot command over them. `labels` gets one line per curve, in
// the order of the plot command: what a reader sees when pointing at it.
static void curves_write_script(const struct curves_group *group, enum curve_kind kind, struct text *script,
                                struct text *labels)
{
    curves_write_settings(group, kind, script);
    for (size_t i = 0; i < group->count; i++)
        if (curves_count_points(group->runs[i], kind) > 0) curves_write_points(group->runs[i], kind, i, script);
    const char *separator = "plot ";
    for (size_t i = 0; i < group->count; i++) {
        const struct run_record *run = group->runs[i];
        size_t points = curves_count_points(run, kind);
        if (points == 0) continue;
        text_append_format(script, "%s$run%zu using 1:2", separator, i);
        curves_write_style(run, points, group->count, script);
        separator = ", ";
        text_append_format(labels, "%s, seed %lld\n", paper_columns[paper_find_column(run->corruption)].code,
                           (long long)run->seed);
    }
    text_append(script, "\n");
}

static struct status curves_append_plot(const struct curves_group *group, enum curve_kind kind, struct text *html)
{
    const char *heading = curves_kinds[kind].heading;
    struct text script = {0}, labels = {0}, svg = {0}, name = {0};
    struct status status = status_ok();
    text_append_format(html, "<div><p class=\"heading\">%s</p>\n", heading);
    if (curves_group_has_points(group, kind)) {
        curves_write_script(group, kind, &script, &labels);
        text_append_format(&name, "%s by epoch, %s: %zu runs", heading, group->title, group->count);
        status = plot_run_gnuplot(&script, curves_limit_seconds, &svg);
        if (status.code == STATUS_OK) status = svg_adopt(svg.bytes, labels.bytes, name.bytes, html);
    } else {
        text_append(html, "<p class=\"muted\">Nothing has been measured yet.</p>\n");
    }
    text_append(html, "</div>\n");
    if (script.failed || labels.failed || name.failed)
        status = status_error(STATUS_NO_MEMORY, "draw learning curves: out of memory");
    text_destroy(&script);
    text_destroy(&labels);
    text_destroy(&svg);
    text_destroy(&name);
    return status;
}

static void curves_append_legend(const struct curves_group *group, struct text *html)
{
    bool present[PAPER_COLUMNS] = {false};
    for (size_t i = 0; i < group->count; i++) present[paper_find_column(group->runs[i]->corruption)] = true;
    text_append(html, "<ul class=\"legend\" aria-label=\"Colours\">\n");
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        if (!present[column]) continue;
        text_append_format(
            html,
            "<li><svg viewBox=\"0 0 26 8\" aria-hidden=\"true\"><path d=\"M1 4H25\" stroke-width=\"2.5\" "
            "stroke=\"var(--curve-%d)\"%s/></svg>%s</li>\n",
            column % SVG_CURVE_COLOURS, column >= SVG_CURVE_COLOURS ? " stroke-dasharray=\"6 4\"" : "",
            paper_columns[column].code);
    }
    text_append(html, "</ul>\n");
}

static struct status curves_append_figure(const struct curves_group *group, struct text *html)
{
    text_append(html, "<figure>\n<figcaption>");
    text_append_html(html, group->title);
    text_append(html, "</figcaption>\n<div class=\"plots\">\n");
    struct status status = curves_append_plot(group, CURVE_TRAIN_LOSS, html);
    if (status.code == STATUS_OK) status = curves_append_plot(group, CURVE_TEST_ACCURACY, html);
    for (int kind = CURVE_ADVERSARIAL_LOSS; kind <= CURVE_DISTANCE && status.code == STATUS_OK; kind++)
        if (curves_group_has_points(group, (enum curve_kind)kind))
            status = curves_append_plot(group, (enum curve_kind)kind, html);
    text_append(html, "</div>\n");
    curves_append_legend(group, html);
    text_append(html, "</figure>\n");
    return status;
}

// The runs of a method that have a log and a column in the table, in the order of the list.
static void curves_gather(const struct run_list *list, bool teachers, struct curves_group *group)
{
    group->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct run_record *run = list->runs[i];
        bool same = run->teacher ? teachers : !teachers && strcmp(run->method, group->method) == 0;
        if (same && run->epoch_count > 0 && paper_find_column(run->corruption) >= 0) group->runs[group->count++] = run;
    }
}

struct status curves_append_figures(const struct report_summary *summary, struct text *html)
{
    struct text figures = {0};
    struct status status = status_ok();
    struct curves_group group = {.runs = calloc(summary->selected.count + 1, sizeof(const struct run_record *))};
    if (group.runs == NULL) return status_error(STATUS_NO_MEMORY, "draw learning curves: out of memory");
    for (size_t row = 0; row <= summary->targets.row_count && status.code == STATUS_OK; row++) {
        bool teachers = row == summary->targets.row_count; // the last figure
        group.method = teachers ? NULL : summary->targets.rows[row].method;
        group.title = teachers ? "Teachers" : group.method;
        curves_gather(&summary->selected, teachers, &group);
        if (group.count > 0) {
            group.number++;
            status = curves_append_figure(&group, &figures);
        }
    }
    if (status.code == STATUS_OK) text_append_bytes(html, figures.bytes, figures.length);
    html->failed = html->failed || figures.failed;
    text_destroy(&figures);
    free(group.runs);
    return status;
}
