// page_facts.c: what the runs were made with: configuration, data, environment, remarks. Tests: tests/report_test.c.
#include <string.h>

#include "report/facts.h"
#include "report/page_parts.h"

static void page_append_value_cell(const char *class_name, const json_t *value, struct text *html)
{
    struct text plain = {0};
    facts_append_value(value, &plain);
    page_append_cell(class_name, plain.bytes, html);
    html->failed = html->failed || plain.failed;
    text_destroy(&plain);
}

// "base_augmentation" reads better as "base augmentation".
static void page_append_key(const char *key, struct text *html)
{
    for (const char *rest = key; *rest != '\0';) {
        size_t length = strcspn(rest, "_");
        struct text word = {0};
        text_append_bytes(&word, rest, length);
        text_append_html(html, word.bytes);
        text_append(html, rest[length] == '_' ? " " : "");
        html->failed = html->failed || word.failed;
        text_destroy(&word);
        rest += length + (rest[length] == '_');
    }
}

static size_t page_section_length(const char *key)
{
    const char *dot = strchr(key, '.');
    return dot == NULL ? 0 : (size_t)(dot - key);
}

// A new <tbody> with the section's name when `key` belongs to another section than `previous`.
static void page_append_configuration_group(const char *key, const char *previous, struct text *html)
{
    size_t length = page_section_length(key);
    bool same = previous != NULL && page_section_length(previous) == length && strncmp(key, previous, length) == 0;
    if (same) return;
    struct text section = {0};
    text_append_bytes(&section, key, length);
    text_append(html, previous == NULL ? "<tbody>\n" : "</tbody>\n<tbody>\n");
    text_append(html, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"4\">");
    text_append_html(html, section.bytes);
    text_append(html, "</th></tr>\n");
    html->failed = html->failed || section.failed;
    text_destroy(&section);
}

static void page_append_configuration_row(const char *key, const json_t *entry, struct text *html)
{
    size_t length = page_section_length(key);
    const char *mark = json_string_value(json_object_get(entry, "mark"));
    bool override = mark != NULL && strcmp(mark, "override") == 0;
    text_append(html, "<tr><th scope=\"row\">");
    page_append_key(key + length + (key[length] == '.'), html);
    text_append(html, "</th>");
    page_append_value_cell("value", json_object_get(entry, "value"), html);
    page_append_cell(override ? "mark override" : "mark", mark, html);
    page_append_cell("reason", json_string_value(json_object_get(entry, "reason")), html);
    text_append(html, "</tr>\n");
}

void page_append_configuration(const struct report_summary *summary, struct text *html)
{
    const char *key, *previous = NULL;
    json_t *entry;
    page_open_section("configuration", "Configuration", html);
    text_append(html, "<p>Hash <code>");
    text_append_html(html, summary->latest->configuration_hash);
    text_append(html, "</code></p>\n");
    page_open_table("Configuration", "configuration", html);
    text_append(html, "<caption><span>Every value of the run that was started last. <em>Stated</em> values are the "
                      "paper\u2019s, <em>chosen</em> ones ours, an <em>override</em> came from the command line."
                      "</span></caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Value</th>"
                      "<th scope=\"col\">Mark</th><th scope=\"col\">Source or reason</th></tr></thead>\n");
    json_object_foreach(json_object_get(summary->latest->run, "configuration"), key, entry)
    {
        page_append_configuration_group(key, previous, html);
        page_append_configuration_row(key, entry, html);
        previous = key;
    }
    text_append(html, previous == NULL ? "" : "</tbody>\n");
    page_close_table(html);
    text_append(html, "</section>\n");
}

void page_append_environment(const struct report_summary *summary, struct text *html)
{
    page_open_section("environment", "Environment", html);
    page_open_table("Environment", "environment", html);
    text_append(html, "<caption><span>Where the runs of this configuration were made.</span></caption>\n"
                      "<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(summary->environment); i++) {
        const json_t *entry = json_array_get(summary->environment, i), *values = json_object_get(entry, "values");
        size_t count = json_array_size(values);
        text_append(html, "<tr><th scope=\"row\">");
        page_append_key(json_string_value(json_object_get(entry, "key")), html);
        text_append(html, "</th><td>");
        for (size_t j = 0; j < count; j++) {
            const json_t *value = json_array_get(values, j);
            text_append(html, j == 0 ? "" : "<br>");
            text_append_html(html, json_string_value(json_object_get(value, "value")));
            if (count > 1)
                text_append_format(html, " <span class=\"muted\">(%lld runs)</span>",
                                   (long long)json_integer_value(json_object_get(value, "runs")));
        }
        text_append(html, "</td></tr>\n");
    }
    text_append(html, "</tbody>\n");
    page_close_table(html);
    text_append(html, "</section>\n");
}

static void page_append_data_row(const json_t *entry, struct text *html)
{
    const json_t *data = json_object_get(entry, "data");
    text_append(html, "<tr><th scope=\"row\">");
    text_append_html(html, json_string_value(json_object_get(data, "name")));
    text_append(html, "</th>");
    page_append_cell(NULL, json_string_value(json_object_get(entry, "used_by")), html);
    page_append_cell(NULL, json_is_true(json_object_get(data, "official")) ? "yes" : "no", html);
    page_append_value_cell("number", json_object_get(data, "classes"), html);
    page_append_value_cell("number", json_object_get(data, "train_images"), html);
    page_append_value_cell("number", json_object_get(data, "test_images"), html);
    text_append(html, "<td class=\"message\">");
    text_append_html(html, json_string_value(json_object_get(data, "source")));
    text_append(html, "<small>");
    text_append_html(html, json_string_value(json_object_get(data, "remark")));
    text_append(html, "</small><small>SHA-256 <code>");
    text_append_html(html, json_string_value(json_object_get(data, "sha256")));
    text_append(html, "</code></small></td></tr>\n");
}

void page_append_data(const struct report_summary *summary, struct text *html)
{
    page_open_section("data", "Data", html);
    page_open_table("Data sets", "data", html);
    text_append(
        html,
        "<caption><span>What the runs were trained and tested on.</span></caption>\n"
        "<thead><tr><th scope=\"col\">Data set</th><th scope=\"col\">Used by</th><th scope=\"col\">Official</th>"
        "<th scope=\"col\" class=\"number\">Classes</th><th scope=\"col\" class=\"number\">Training images</th>"
        "<th scope=\"col\" class=\"number\">Test images</th><th scope=\"col\">Source</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < json_array_size(summary->data_sets); i++)
        page_append_data_row(json_array_get(summary->data_sets, i), html);
    text_append(html, "</tbody>\n");
    page_close_table(html);
    text_append(html, "</section>\n");
}

void page_append_remarks(const struct report_summary *summary, struct text *html)
{
    if (json_array_size(summary->remarks) == 0) return;
    page_open_section("remarks", "Remarks", html);
    page_append_sentences(summary->remarks, html);
    text_append(html, "</section>\n");
}
