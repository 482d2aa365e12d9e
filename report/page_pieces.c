// page_pieces.c: the small pieces that the sections of index.html are made of. Tests: through tests/report_test.c.
#include <math.h>

#include "report/page_parts.h"

void page_open_section(const char *identifier, const char *heading, struct text *html)
{
    text_append_format(html, "<section id=\"%s\" aria-labelledby=\"%s-heading\">\n<h2 id=\"%s-heading\">%s</h2>\n",
                       identifier, identifier, identifier, heading);
}

void page_open_table(const char *label, const char *class_name, struct text *html)
{
    text_append(html, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    text_append_html(html, label);
    text_append_format(html, "\">\n<table class=\"%s\">\n", class_name);
}

void page_close_table(struct text *html)
{
    text_append(html, "</table>\n</div>\n");
}

void page_append_cell(const char *class_name, const char *content, struct text *html)
{
    text_append(html, "<td");
    if (class_name != NULL) text_append_format(html, " class=\"%s\"", class_name);
    text_append(html, ">");
    text_append_html(html, content);
    text_append(html, "</td>");
}

void page_append_number_cell(double value, int decimals, struct text *html)
{
    text_append(html, "<td class=\"number\">");
    text_append_fixed(html, value, decimals);
    text_append(html, "</td>");
}

void page_append_sentences(const json_t *sentences, struct text *html)
{
    text_append(html, "<ul>\n");
    for (size_t i = 0; i < json_array_size(sentences); i++) {
        text_append(html, "<li>");
        text_append_html(html, json_string_value(json_array_get(sentences, i)));
        text_append(html, "</li>\n");
    }
    text_append(html, "</ul>\n");
}

void page_append_verdict(const struct report_summary *summary, const struct claim_evidence *evidence, struct text *html)
{
    const bool open = claims_judge(summary, evidence) == CLAIM_OPEN;
    struct text sentences = {0};
    claims_append_verdict(summary, evidence, &sentences);
    text_append_format(html, "<p class=\"%s\">", open ? "muted" : "verdict");
    text_append_html(html, sentences.bytes);
    text_append(html, "</p>\n");
    html->failed = html->failed || sentences.failed;
    text_destroy(&sentences);
}

void page_append_duration(double seconds, struct text *html)
{
    double whole = round(seconds), minutes = floor(whole / 60);
    if (!isfinite(seconds) || seconds < 0) return;
    if (seconds < 59.95) {
        text_append_fixed(html, seconds, 1);
        text_append(html, "\u00a0s");
    } else if (whole < 3600) {
        text_append_format(html, "%.0f\u00a0min %02.0f\u00a0s", minutes, whole - 60 * minutes);
    } else {
        minutes = round(seconds / 60);
        text_append_format(html, "%.0f\u00a0h %02.0f\u00a0min", floor(minutes / 60), fmod(minutes, 60));
    }
}
