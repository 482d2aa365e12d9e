// report_page_test.c: index.html in a real browser (headless Chromium): nothing sticks out of the page, nothing is
// fetched, nothing complains. The page is looked at from outside: a page of the test holds it in frames and measures.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/embedded_report.h"
#include "report/report.h"
#include "tests/support/run_folders.h"
#include "tests/support/sample_profile.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void create_folder(void)
{
    temporary_folder_enter(folder);
}

static void remove_folder(void)
{
    char command[TEMPORARY_PATH_SIZE + 8];
    cr_assert(eq(int, chdir("/"), 0));
    snprintf(command, sizeof command, "rm -rf %s", folder);
    // The browser's helpers may still be closing their files.
    for (int i = 0; i < 50 && system(command) != 0; i++) usleep(100000);
}

TestSuite(report_page, .init = create_folder, .fini = remove_folder);

#define LONG_NAME                                                                                                      \
    "a-very-long-name-without-any-place-to-break-it-0123456789012345678901234567890123456789012345678901234567"

static void write_report(void)
{
    static const char *const methods[] = {NULL, "FT", "TransInv"};
    static const char *const codes[] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                        "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};
    const struct report_request request = {
        .runs_folder = "runs", .output_folder = "out", .preset = "paper", .plots = true};
    static const double magnitudes[] = {0.3, 0.1, 0.9, 0.14};
    char augmentation[2048];
    run_folders_make_augmentation(magnitudes, augmentation);
    for (int method = 0; method < 3; method++) {
        for (int i = 0; i < 30; i++) {
            char name[64];
            snprintf(name, sizeof name, "run-%d-%d", method, i);
            struct sample_run run = {.folder = name,
                                     .method = methods[method],
                                     .corruption = codes[i % 15],
                                     .seed = i / 15,
                                     .preset = "paper",
                                     .official = true,
                                     .accuracy = 55 + 0.1 * i + method,
                                     .augmentation = method == 2 ? augmentation : NULL,
                                     .corrupted_percent = 40 + 0.1 * i + method,
                                     .epochs = 1 + i % 15};
            run_folders_write("runs", &run, NULL);
            if (method == 2) run_folders_write_panel("runs", name);
        }
    }
    static const struct sample_run odd[] = {
        {.folder = LONG_NAME,
         .method = "FT",
         .corruption = "GN",
         .seed = 9,
         .preset = "paper",
         .official = true,
         .status = "failed",
         .message = LONG_NAME LONG_NAME " <script>console.error('from a file')</script>",
         .remark = LONG_NAME},
        {.folder = "other", .method = "FT", .hash = LONG_NAME LONG_NAME, .started = "2020-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < 2; i++) run_folders_write("runs", &odd[i], NULL);
    run_folders_write_file("runs", "damaged <b>", "run.json", "{\"" LONG_NAME);
    sample_profile_write("out", &(struct sample_profile){.operations = 19});
    struct status status = report_write(&request);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

// A page with everything that the measurements must notice.
static const char planted_page[] =
    "<!DOCTYPE html><html><body style='margin:0'><div style='width:3000px'>wide</div>"
    "<img src='http://127.0.0.1:9/planted.png'><script>console.error('planted complaint')</script></body></html>";

// Frames of several widths; when everything is loaded, what was found stands in the page as JSON, one line per frame.
static const char measuring_page[] =
    "<!DOCTYPE html><html><body>\n"
    "<iframe data-name='phone' src='out/index.html' style='width:360px;height:800px;border:0'></iframe>\n"
    "<iframe data-name='desktop' src='out/index.html' style='width:1280px;height:800px;border:0'></iframe>\n"
    "<iframe data-name='planted' src='planted.html' style='width:1280px;height:800px;border:0'></iframe>\n"
    "<pre></pre><script>\n"
    "function measure(frame) {\n"
    "  const page = frame.contentDocument, root = page.documentElement, all = s => [...page.querySelectorAll(s)];\n"
    "  const levels = all('h1,h2,h3,h4').map(h => +h.tagName[1]);\n"
    "  return {width: root.clientWidth, content: root.scrollWidth,\n"
    "    fetched: frame.contentWindow.performance.getEntriesByType('resource').length,\n"
    "    scripts: all('script').length, images: all('img[src^=\"data:image/png\"]').length,\n"
    "    unnamed: all('img').filter(i => !i.alt || !i.getAttribute('width')).length, plots: all('svg.plot').length,\n"
    "    drawn: all('svg.plot path').filter(p => p.getBoundingClientRect().width > 50).length,\n"
    "    intervals: all('svg.interval').filter(s => s.getBoundingClientRect().width > 20).length,\n"
    "    colours: new Set(all('svg.plot path').map(p => frame.contentWindow.getComputedStyle(p).stroke)).size,\n"
    "    tables: all('table').length, captions: all('table > caption').length,\n"
    "    heads: all('th').length, scopes: all('th[scope]').length,\n"
    "    skips: levels.filter((l, i) => l > (i ? levels[i - 1] : 0) + 1).length, titles: all('h1').length,\n"
    "    broken: all('a[href^=\"#\"]').filter(a => !page.getElementById(a.hash.slice(1))).length,\n"
    "    repeated: all('[id]').length - new Set(all('[id]').map(e => e.id)).size,\n"
    "    text: page.body.innerText.includes(\"<script>console.error('from a file')<\\/script>\")};\n"
    "}\n"
    "onload = () => { document.querySelector('pre').textContent = 'RESULT' + JSON.stringify(Object.fromEntries(\n"
    "  [...document.querySelectorAll('iframe')].map(f => [f.dataset.name, measure(f)]))) + 'END'; };\n"
    "</script></body></html>";

static void need_browser(void)
{
    if (system("command -v chromium >/dev/null 2>&1") != 0) cr_skip_test("SKIPPED: chromium is not installed");
}

// Shows the measuring page; *dom and *complaints are the caller's to free.
static void show_pages(char **dom, char **complaints)
{
    char command[1024];
    run_folders_write_file(".", ".", "planted.html", planted_page);
    run_folders_write_file(".", ".", "measure.html", measuring_page);
    snprintf(command, sizeof command,
             "HOME=%s timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
             "--disable-background-networking --no-first-run --hide-scrollbars --allow-file-access-from-files "
             "--enable-logging=stderr "
             "--user-data-dir=%s/browser --window-size=1400,900 --virtual-time-budget=20000 --dump-dom "
             "file://%s/measure.html >dom.html 2>complaints.txt </dev/null",
             folder, folder, folder);
    int code = system(command);
    *complaints = run_folders_read_file(".", "complaints.txt");
    cr_assert(eq(int, code, 0), "%s\n%s", command, *complaints);
    *dom = run_folders_read_file(".", "dom.html");
}

static json_t *parse_results(char *dom)
{
    json_error_t error;
    char *start = strstr(dom, "<pre>RESULT{");
    cr_assert(ne(ptr, start, NULL), "the page did not measure: %s", dom);
    start += strlen("<pre>RESULT");
    char *end = strstr(start, "END");
    cr_assert(ne(ptr, end, NULL));
    json_t *results = json_loadb(start, (size_t)(end - start), 0, &error);
    cr_assert(ne(ptr, results, NULL), "%s", error.text);
    return results;
}

static long get_number(const json_t *frame, const char *key)
{
    const json_t *value = json_object_get(frame, key);
    cr_assert(ne(ptr, (void *)value, NULL), "%s was not measured", key);
    return (long)json_integer_value(value);
}

static void expect_good_page(const json_t *frame, const char *name, long width, bool plots)
{
    static const char *const zeros[] = {"fetched", "scripts", "unnamed", "skips", "broken", "repeated"};
    cr_expect(eq(long, get_number(frame, "width"), width), "%s", name);
    cr_expect(le(long, get_number(frame, "content"), width), "%s: the content is wider than the page", name);
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        cr_expect(eq(long, get_number(frame, zeros[i]), 0), "%s: %s", name, zeros[i]);
    cr_expect(eq(long, get_number(frame, "titles"), 1), "%s: one heading of the first level", name);
    cr_expect(eq(long, get_number(frame, "images"), 15), "%s: a panel for each corruption", name);
    cr_expect(eq(long, get_number(frame, "intervals"), 15 * 14), "%s: a drawing for each gate and parameter", name);
    cr_expect(ge(long, get_number(frame, "tables"), 13), "%s", name);
    cr_expect(eq(long, get_number(frame, "captions"), get_number(frame, "tables")), "%s: every table has a caption",
              name);
    cr_expect(eq(long, get_number(frame, "scopes"), get_number(frame, "heads")), "%s: every head has a scope", name);
    bool text = json_boolean_value(json_object_get(frame, "text"));
    cr_expect(text, "%s: a sentence from a file is shown as it is", name);
    if (!plots) return;
    cr_expect(eq(long, get_number(frame, "plots"), 10), "%s: two for FT, the teachers, the profile; four for TransInv",
              name);
    cr_expect(ge(long, get_number(frame, "drawn"), 100), "%s: lines of the plots", name);
    cr_expect(ge(long, get_number(frame, "colours"), 8), "%s: their colours come from the page", name);
}

Test(report_page, fits_phone_and_desktop_and_fetches_nothing)
{
    need_browser();
    bool plots = system("command -v gnuplot >/dev/null 2>&1") == 0;
    char *dom = NULL, *complaints = NULL;
    write_report();
    show_pages(&dom, &complaints);
    json_t *results = parse_results(dom);
    expect_good_page(json_object_get(results, "phone"), "phone", 360, plots);
    expect_good_page(json_object_get(results, "desktop"), "desktop", 1280, plots);

    // The same measurements see what is wrong with a page that is.
    const json_t *planted = json_object_get(results, "planted");
    cr_expect(ge(long, get_number(planted, "content"), 3000), "width is measured");
    cr_expect(ge(long, get_number(planted, "fetched"), 1), "fetching is noticed");
    cr_expect(eq(long, get_number(planted, "scripts"), 1), "scripts are counted");
    cr_expect(eq(sz, run_folders_count(complaints, "planted complaint"), 1), "complaints are heard: %s", complaints);
    for (char *line = strtok(complaints, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        bool ours = strstr(line, "CONSOLE") != NULL && strstr(line, "planted") == NULL;
        cr_expect(eq(int, ours, 0), "the report complains: %s", line);
    }
    json_decref(results);
    free(complaints);
    free(dom);
}

// Relative luminance and contrast as WCAG 2 defines them.
static double get_luminance(unsigned colour)
{
    static const double weights[] = {0.0722, 0.7152, 0.2126}; // blue, green, red
    double sum = 0;
    for (int i = 0; i < 3; i++, colour >>= 8) {
        double value = (colour & 0xFF) / 255.0;
        sum += weights[i] * (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static unsigned get_colour(const char *block, const char *name)
{
    char key[32];
    unsigned colour = 0;
    snprintf(key, sizeof key, "--%s:", name);
    const char *found = strstr(block, key);
    cr_assert(ne(ptr, (void *)found, NULL), "%s", key);
    cr_assert(eq(int, sscanf(found + strlen(key), " #%6x;", &colour), 1), "%s", key);
    return colour;
}

static double get_contrast(const char *block, const char *name, const char *background)
{
    double a = get_luminance(get_colour(block, name)), b = get_luminance(get_colour(block, background));
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

Test(report_page, colours_have_contrast_in_light_and_dark)
{
    static const char *const texts[] = {"text", "muted", "link", "good", "bad", "open"};
    static const char *const curves[] = {"curve-0", "curve-1", "curve-2", "curve-3",
                                         "curve-4", "curve-5", "curve-6", "curve-7"};
    const char *dark = strstr(embedded_page_style.text, "prefers-color-scheme: dark");
    cr_assert(ne(ptr, (void *)dark, NULL));
    const char *const blocks[] = {embedded_page_style.text, dark};
    for (int i = 0; i < 2; i++) {
        const char *scheme = i == 0 ? "light" : "dark";
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
            cr_expect(ge(dbl, get_contrast(blocks[i], texts[j], "paper"), 4.5), "%s on paper, %s", texts[j], scheme);
            cr_expect(ge(dbl, get_contrast(blocks[i], texts[j], "panel"), 4.5), "%s on panel, %s", texts[j], scheme);
        }
        for (size_t j = 0; j < sizeof curves / sizeof curves[0]; j++)
            cr_expect(ge(dbl, get_contrast(blocks[i], curves[j], "paper"), 3), "%s, %s", curves[j], scheme);
    }
}
