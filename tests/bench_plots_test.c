// bench_plots_test.c: the figures of a run made up.
#include "report/bench_plots.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/temporary_folder.h"

// Two operations; "conv" at 1e9 flop in 1 ms is 1000 Gflop/s, twice in the step, and "join" 3 ms once.
static json_t *make_document(void)
{
    return json_pack("{s:{s:f, s:f}, s:[{s:s, s:f, s:f, s:{s:i}, s:{s:f}}, {s:s, s:f, s:f, s:{s:i}, s:{s:f}}, "
                     "{s:s, s:f, s:f, s:{s:i}}]}",
                     "ceilings", "fma_fp32", 2e12, "copy_bandwidth", 5e10, "cases", "operation", "conv", "flops", 1e9,
                     "bytes", 1e7, "calls", "wrn-10-1 n32", 2, "warm", "median", 1e-3, "operation", "join", "flops",
                     3e6, "bytes", 1.2e7, "calls", "wrn-10-1 n32", 1, "warm", "median", 3e-3, "operation", "wrong",
                     "flops", 1.0, "bytes", 1.0, "calls", "wrn-10-1 n32", 1);
}

static void expect_part(const struct text *script, const char *part)
{
    cr_expect(ne(ptr, strstr(script->bytes, part), NULL), "no \"%s\" in %s", part, script->bytes);
}

Test(bench_plots, scripts_hold_the_points_and_shares)
{
    json_t *document = make_document();
    struct text roofline = {0}, shares = {0};
    bench_plots_roofline(document, &roofline);
    expect_part(&roofline, "100 1000\n"); // 1e9 flop / 1e7 byte, Gflop/s
    expect_part(&roofline, "0.25 1\n");
    expect_part(&roofline, "rate = 2000\n");
    expect_part(&roofline, "bandwidth = 50\n");
    cr_expect(eq(ptr, strstr(roofline.bytes, "wrong"), NULL), "what was not timed is not drawn");
    bench_plots_time_share(document, &shares);
    expect_part(&shares, "\"wrn-10-1 n32: 5.00 ms\" 40 60\n");
    text_destroy(&roofline);
    text_destroy(&shares);
    json_decref(document);
}

Test(bench_plots, figures_are_files)
{
    char folder[TEMPORARY_PATH_SIZE];
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) cr_skip_test("SKIPPED: gnuplot is not installed");
    json_t *document = make_document();
    temporary_folder_enter(folder);
    struct status status = bench_plots_write(document, "plots");
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    static const char *const names[] = {"roofline.svg", "time-share.svg"};
    for (int i = 0; i < 2; i++) {
        char *svg = temporary_file_read("plots", names[i]);
        cr_expect(ne(ptr, strstr(svg, "<svg"), NULL), "%s", names[i]);
        cr_expect(ne(ptr, strstr(svg, "conv"), NULL), "%s has no legend", names[i]);
        free(svg);
    }
    json_t *empty = json_pack("{s:[]}", "cases");
    cr_expect(eq(int, bench_plots_write(empty, "plots").code, STATUS_BAD_INPUT));
    json_decref(empty);
    json_decref(document);
    temporary_folder_leave(folder);
}
