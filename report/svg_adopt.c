// svg_adopt.c: gnuplot's SVG without its frame and definitions, which would repeat identifiers on a page with several
// images, and with placeholder colours replaced. Tests: tests/report_test.c.
#include "report/svg_adopt.h"

#include <stdlib.h>
#include <string.h>

// The only definition that the scripts need: point type 7, a dot. gnuplot scales it.
void svg_append_shared(struct text *html)
{
    text_append(html, "<svg class=\"shared\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
                      "<circle id=\"gpPt6\" r=\"1\" fill=\"currentColor\" stroke=\"none\"/></defs></svg>\n");
}

static bool svg_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Length of a placeholder colour at `text` ("rgb(  0,   1,   8)" or "rgb(0,1,8)"), and its number; 0 when there is none.
static size_t svg_match_colour(const char *text, int *number)
{
    const char *rest = text + strlen("rgb(");
    long parts[3];
    if (!svg_starts(text, "rgb(")) return 0;
    for (int i = 0; i < 3; i++) {
        char *end;
        parts[i] = strtol(rest, &end, 10);
        if (end == rest || *end != (i < 2 ? ',' : ')')) return 0;
        rest = end + 1;
    }
    *number = (int)parts[2];
    bool known = parts[0] == 0 && parts[1] == 1 && parts[2] >= 0 && parts[2] < SVG_CURVE_COLOURS + 2;
    return known ? (size_t)(rest - text) : 0;
}

static void svg_append_colour(struct text *html, int number)
{
    if (number < SVG_CURVE_COLOURS)
        text_append_format(html, "var(--curve-%d)", number);
    else
        text_append(html, number == SVG_CURVE_COLOURS ? "var(--muted)" : "var(--line)");
}

// Length of an element without content at `text`, such as gnuplot writes at every change of pen; 0 when there is none.
static size_t svg_match_empty_group(const char *text)
{
    const char *end = svg_starts(text, "<g ") ? strchr(text, '>') : NULL;
    if (end == NULL || !svg_starts(end, ">\n</g>\n")) return 0;
    return (size_t)(end - text) + strlen(">\n</g>\n");
}

// Replaces the title of a curve by the next label. Returns how much of `text` that was; 0 when it is no title.
static size_t svg_replace_title(const char *text, const char **labels, struct text *html)
{
    const char *end = svg_starts(text, "<title>") ? strstr(text, "</title>") : NULL;
    if (end == NULL) return 0;
    struct text label = {0};
    size_t length = *labels == NULL ? 0 : strcspn(*labels, "\n");
    text_append_bytes(&label, *labels == NULL ? "" : *labels, length);
    text_append(html, "<title>");
    text_append_html(html, label.bytes);
    text_append(html, "</title>");
    html->failed = html->failed || label.failed;
    text_destroy(&label);
    if (*labels != NULL) *labels += length + ((*labels)[length] == '\n');
    return (size_t)(end - text) + strlen("</title>");
}

static void svg_append_content(const char *text, const char *end, const char *labels, struct text *html)
{
    while (text < end) {
        int number = 0;
        size_t skipped = svg_match_empty_group(text);
        if (skipped == 0) skipped = svg_replace_title(text, &labels, html);
        if (skipped == 0 && (skipped = svg_match_colour(text, &number)) > 0) svg_append_colour(html, number);
        if (skipped == 0) {
            const char *next = text + 1 + strcspn(text + 1, "<r"); // what a match can begin with
            skipped = (size_t)((next < end ? next : end) - text);
            text_append_bytes(html, text, skipped);
        }
        text += skipped;
    }
}

struct status svg_adopt(const char *document, const char *labels, const char *name, struct text *html)
{
    static const char definitions_end[] = "</defs>\n";
    const char *start = document == NULL ? NULL : strstr(document, definitions_end);
    const char *end = start == NULL ? NULL : strstr(start, "</svg>");
    if (end == NULL || strstr(start, "<script") != NULL)
        return status_error(STATUS_FAILED, "gnuplot's SVG is not of the form that this version knows");
    text_append_format(html, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", SVG_WIDTH,
                       SVG_HEIGHT);
    text_append_html(html, name);
    text_append(html, "\">\n<g>\n"); // gnuplot closes the group that it opened before its definitions
    svg_append_content(start + strlen(definitions_end), end, labels, html);
    text_append(html, "</svg>\n");
    return status_ok();
}
