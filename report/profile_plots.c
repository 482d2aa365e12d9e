// profile_plots.c: gnuplot scripts for shares of time and the roofline. They hold numbers, and names of operations, which
// the reader has checked to be plain words. Tests: tests/report_profile_test.c.
#include "report/profile_plots.h"

#include <math.h>
#include <string.h>

#include "report/plot.h"
#include "report/svg_adopt.h"

static const double profile_plots_limit_seconds = 60;

enum {
    BARS_LIMIT = 9,  // beyond that the smallest are one bar
    REST_COLOUR = 5, // a grey: of what has no colour of its own
    COLOURED_OPERATIONS = 5,
    ROOFLINE_POINTS = 60, // the longest; the others would lie on top of one another
};

// The longest operations have colours of their own, in both plots.
static int operation_colour(const struct step_profile *profile, const char *operation)
{
    for (int i = 0; i < COLOURED_OPERATIONS && (size_t)i < profile->operation_count; i++)
        if (strcmp(profile->operations[i].operation, operation) == 0) return i;
    return REST_COLOUR;
}

static void write_settings(const char *name, struct text *script)
{
    text_append_format(script, "set terminal svg size %d,%d font \"sans-serif,12\" noenhanced name \"%s\"\n", SVG_WIDTH,
                       SVG_HEIGHT, name);
    text_append(script, "set encoding utf8\n"
                        "set key off\n"
                        "set tics nomirror textcolor rgb \"" SVG_AXIS_COLOUR "\"\n");
}

// ---- shares of time --------------------------------------------------------------------------------------------

struct bar {
    const char *name;
    double percent;
    int colour;
};

// The longest operations, the others together, and what is outside of all. Returns how many bars.
static int list_bars(const struct step_profile *profile, struct bar bars[BARS_LIMIT + 2])
{
    const size_t count = profile->operation_count;
    const size_t own = count > BARS_LIMIT ? BARS_LIMIT - 1 : count;
    int bar_count = 0;
    for (size_t i = 0; i < own; i++) {
        const struct step_profile_line *line = &profile->operations[i];
        bars[bar_count++] = (struct bar){line->operation, step_profile_time_share(profile, line),
                                         operation_colour(profile, line->operation)};
    }
    struct bar others = {"other operations", 0, REST_COLOUR};
    for (size_t i = own; i < count; i++) others.percent += step_profile_time_share(profile, &profile->operations[i]);
    if (own < count) bars[bar_count++] = others;
    bars[bar_count++] = (struct bar){"outside", 100 - step_profile_kernel_share(profile), REST_COLOUR};
    return bar_count;
}

static double longest_bar(const struct bar *bars, int count)
{
    double longest = 0;
    for (int i = 0; i < count; i++) longest = fmax(longest, bars[i].percent);
    return longest;
}

static void write_bars(const struct step_profile *profile, struct text *script, struct text *labels)
{
    struct bar bars[BARS_LIMIT + 2];
    const int count = list_bars(profile, bars);
    write_settings("shares", script);
    text_append(script, "set border 0\nunset xtics\nset style fill solid 1 noborder\nset ytics scale 0 (");
    for (int i = 0; i < count; i++)
        text_append_format(script, "%s\"%s\" %d", i == 0 ? "" : ", ", bars[i].name, count - i);
    text_append_format(script, ")\nset yrange [0.4:%d.6]\nset xrange [0:", count);
    text_append_number(script, 1.16 * longest_bar(bars, count)); // room for the number behind the longest bar
    text_append(script, "]\nset lmargin at screen 0.38\nset rmargin at screen 0.99\n"
                        "set tmargin at screen 0.99\nset bmargin at screen 0.02\n$bars << EOD\n");
    for (int i = 0; i < count; i++) {
        text_append_number(script, fmax(bars[i].percent, 0));
        text_append_format(script, " %d %.1f\n", count - i, fmax(bars[i].percent, 0));
    }
    text_append(script, "EOD\nplot ");
    for (int i = 0; i < count; i++) {
        text_append_format(script, "$bars every ::%d::%d using ($1/2):2:($1/2):(0.36) with boxxyerror lc rgb \"", i, i);
        text_append_format(script, SVG_CURVE_COLOUR, bars[i].colour);
        text_append(script, "\", ");
        text_append_format(labels, "%s: %.2f %%\n", bars[i].name, bars[i].percent);
    }
    text_append(script, "$bars using 1:2:3 with labels left offset 0.4,0 textcolor rgb \"" SVG_AXIS_COLOUR "\"\n");
    text_append(labels, "percent of the step\n");
}

// ---- roofline --------------------------------------------------------------------------------------------------

struct roofline {
    double intensity_low, intensity_high, gflops_low, gflops_high; // powers of ten around all points and the roof
};

// What takes no time to speak of is left out: it would stretch the axes.
static bool is_point(const struct step_profile *profile, const struct step_profile_line *line)
{
    return line->flops > 0 && line->bytes > 0 && step_profile_time_share(profile, line) >= 0.1;
}

static size_t point_limit(const struct step_profile *profile)
{
    return profile->shape_count < ROOFLINE_POINTS ? profile->shape_count : ROOFLINE_POINTS;
}

static struct roofline roofline_range(const struct step_profile *profile)
{
    const double ridge = profile->fma_gflops / profile->copy_gigabytes_per_second;
    struct roofline range = {ridge, ridge, profile->fma_gflops, profile->fma_gflops};
    for (size_t i = 0; i < point_limit(profile); i++) {
        const struct step_profile_line *line = &profile->shapes[i];
        if (!is_point(profile, line)) continue;
        const double intensity = line->flops / line->bytes, gflops = step_profile_gigaflops(line);
        range.intensity_low = fmin(range.intensity_low, intensity);
        range.intensity_high = fmax(range.intensity_high, intensity);
        range.gflops_low = fmin(range.gflops_low, gflops);
        range.gflops_high = fmax(range.gflops_high, gflops);
    }
    range.intensity_low = pow(10, floor(log10(range.intensity_low / 1.2)));
    range.intensity_high = pow(10, ceil(log10(range.intensity_high * 1.2)));
    range.gflops_low = pow(10, floor(log10(range.gflops_low / 1.2)));
    range.gflops_high = pow(10, ceil(log10(range.gflops_high * 1.2)));
    return range;
}

static void write_range(const char *axis, double low, double high, struct text *script)
{
    text_append_format(script, "set %srange [", axis);
    text_append_number(script, low);
    text_append(script, ":");
    text_append_number(script, high);
    text_append(script, "]\n");
}

static void write_point_data(double x, double y, struct text *script)
{
    text_append_number(script, x);
    text_append(script, " ");
    text_append_number(script, y);
    text_append(script, "\n");
}

static void write_roof(const struct step_profile *profile, const struct roofline *range, struct text *script)
{
    const double ridge = profile->fma_gflops / profile->copy_gigabytes_per_second;
    text_append(script, "$roof << EOD\n");
    write_point_data(range->intensity_low, range->intensity_low * profile->copy_gigabytes_per_second, script);
    write_point_data(ridge, profile->fma_gflops, script);
    write_point_data(range->intensity_high, profile->fma_gflops, script);
    text_append(script, "EOD\n");
}

// Areas of the dots tell shares of time.
static double point_size(const struct step_profile *profile, const struct step_profile_line *line)
{
    return 0.35 + 0.3 * sqrt(step_profile_time_share(profile, line));
}

static void write_roofline(const struct step_profile *profile, struct text *script, struct text *labels)
{
    const struct roofline range = roofline_range(profile);
    write_settings("roofline", script);
    text_append(script, "set border 3 lc rgb \"" SVG_AXIS_COLOUR "\"\n"
                        "set logscale xy\nset format xy \"%g\"\nset tics scale 0.5,0\n"
                        "set xlabel \"flop / byte\" offset 0,0.6 textcolor rgb \"" SVG_AXIS_COLOUR "\"\n"
                        "set lmargin at screen 0.13\nset rmargin at screen 0.95\n"
                        "set tmargin at screen 0.96\nset bmargin at screen 0.18\n");
    write_range("x", range.intensity_low, range.intensity_high, script);
    write_range("y", range.gflops_low, range.gflops_high, script);
    write_roof(profile, &range, script);
    for (size_t i = 0; i < point_limit(profile); i++) {
        const struct step_profile_line *line = &profile->shapes[i];
        if (!is_point(profile, line)) continue;
        text_append_format(script, "$point%zu << EOD\n", i);
        write_point_data(line->flops / line->bytes, step_profile_gigaflops(line), script);
        text_append(script, "EOD\n");
    }
    text_append(script, "plot $roof using 1:2 with lines lw 1.4 lc rgb \"" SVG_AXIS_COLOUR "\"");
    text_append_format(labels, "ceilings: %.0f GFLOP/s, %.1f GB/s\n", profile->fma_gflops,
                       profile->copy_gigabytes_per_second);
    for (size_t i = point_limit(profile); i-- > 0;) { // the longest on top
        const struct step_profile_line *line = &profile->shapes[i];
        if (!is_point(profile, line)) continue;
        text_append_format(script, ", $point%zu using 1:2 with points pt 7 ps %.2f lc rgb \"" SVG_CURVE_COLOUR "\"", i,
                           point_size(profile, line), operation_colour(profile, line->operation));
        text_append(labels, line->operation);
        text_append(labels, ", ");
        text_append_clean(labels, line->shape);
        text_append_format(labels, ": %.1f GFLOP/s, %.0f %% of its bound\n", step_profile_gigaflops(line),
                           step_profile_bound_share(line));
    }
    text_append(script, "\n");
}

// ---- the figure ------------------------------------------------------------------------------------------------

typedef void write_plot(const struct step_profile *profile, struct text *script, struct text *labels);

static struct status append_plot(const struct step_profile *profile, write_plot *write, const char *heading,
                                 struct text *html)
{
    struct text script = {0}, labels = {0}, svg = {0};
    text_append_format(html, "<div><p class=\"heading\">%s</p>\n", heading);
    write(profile, &script, &labels);
    struct status status = status_ok();
    if (script.failed || labels.failed) status = status_error(STATUS_NO_MEMORY, "draw the profile: out of memory");
    if (status.code == STATUS_OK) status = plot_run_gnuplot(&script, profile_plots_limit_seconds, &svg);
    if (status.code == STATUS_OK) status = svg_adopt(svg.bytes, labels.bytes, heading, html);
    text_append(html, "</div>\n");
    text_destroy(&script);
    text_destroy(&labels);
    text_destroy(&svg);
    return status;
}

static void append_legend(const struct step_profile *profile, struct text *html)
{
    text_append(html, "<ul class=\"legend\" aria-label=\"Colours\">\n");
    for (size_t i = 0; i <= COLOURED_OPERATIONS && i <= profile->operation_count; i++) {
        const bool rest = i == COLOURED_OPERATIONS || i == profile->operation_count;
        text_append_format(html,
                           "<li><svg viewBox=\"0 0 26 8\" aria-hidden=\"true\"><circle cx=\"20\" cy=\"4\" r=\"4\" "
                           "fill=\"var(--curve-%d)\"/></svg>%s</li>\n",
                           rest ? REST_COLOUR : (int)i, rest ? "others" : profile->operations[i].operation);
        if (rest) break;
    }
    text_append(html, "</ul>\n");
}

struct status profile_plots_append(const struct step_profile *profile, struct text *html)
{
    struct text figure = {0};
    const bool ceilings = profile->fma_gflops > 0 && profile->copy_gigabytes_per_second > 0;
    text_append(&figure, "<figure>\n<div class=\"plots\">\n");
    struct status status = append_plot(profile, write_bars, "Share of the step\u2019s time, %", &figure);
    if (status.code == STATUS_OK && ceilings)
        status = append_plot(profile, write_roofline, "Roofline: GFLOP/s of each shape under the ceilings", &figure);
    text_append(&figure, "</div>\n");
    append_legend(profile, &figure);
    text_append(&figure, "</figure>\n");
    if (status.code == STATUS_OK) text_append_bytes(html, figure.bytes, figure.length);
    html->failed = html->failed || figure.failed;
    text_destroy(&figure);
    return status;
}
