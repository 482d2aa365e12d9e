// facts.c: gathers what runs of one configuration say about themselves. When memory runs out an entry is missing; the
// writers, which need more, then fail. Tests: tests/report_test.c.
#include "report/facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void facts_append_once(json_t *array, json_t *value)
{
    size_t i;
    json_t *present;
    json_array_foreach(array, i, present)
    {
        if (json_equal(present, value)) {
            json_decref(value);
            return;
        }
    }
    json_array_append_new(array, value);
}

void facts_add_sentence(json_t *sentences, const char *format, ...)
{
    char sentence[1024];
    struct text clean = {0};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_append_clean(&clean, sentence);
    if (length >= (int)sizeof sentence) text_append(&clean, "\u2026");
    if (!clean.failed && clean.length > 0) facts_append_once(sentences, json_string(clean.bytes));
    text_destroy(&clean);
}

void facts_append_value(const json_t *value, struct text *text)
{
    if (json_is_string(value)) {
        text_append(text, json_string_value(value));
    } else if (json_is_boolean(value)) {
        text_append(text, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        text_append_format(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        text_append_number(text, json_real_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            text_append(text, i == 0 ? "" : ", ");
            facts_append_value(json_array_get(value, i), text);
        }
    } else if (json_is_object(value)) {
        const char *key;
        json_t *member;
        const char *separator = "";
        json_object_foreach((json_t *)value, key, member)
        {
            text_append_format(text, "%s%s: ", separator, key);
            facts_append_value(member, text);
            separator = ", ";
        }
    }
}

// The entry of `key` in an array of {"key": ..., "values": []}, made when absent.
static json_t *facts_find_values(json_t *environment, const char *key)
{
    size_t i;
    json_t *entry;
    json_array_foreach(environment, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "key")), key) == 0) return json_object_get(entry, "values");
    }
    entry = json_pack("{s:s, s:[]}", "key", key, "values");
    json_array_append_new(environment, entry);
    return json_object_get(entry, "values");
}

static void facts_count_value(json_t *values, const char *value)
{
    size_t i;
    json_t *entry;
    json_array_foreach(values, i, entry)
    {
        json_t *runs = json_object_get(entry, "runs");
        if (strcmp(json_string_value(json_object_get(entry, "value")), value) == 0) {
            json_integer_set(runs, json_integer_value(runs) + 1);
            return;
        }
    }
    json_array_append_new(values, json_pack("{s:s, s:i}", "value", value, "runs", 1));
}

static void facts_collect_environment(const struct run_record *run, json_t *environment)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(run->run, "environment"), key, value)
    {
        struct text plain = {0};
        facts_append_value(value, &plain);
        facts_count_value(facts_find_values(environment, key), plain.bytes == NULL ? "" : plain.bytes);
        text_destroy(&plain);
    }
}

static void facts_collect_remarks(const struct run_record *run, json_t *remarks)
{
    size_t i;
    json_t *remark;
    json_array_foreach(json_object_get(run->run, "remarks"), i, remark)
    {
        if (json_is_string(remark)) facts_add_sentence(remarks, "%s", json_string_value(remark));
    }
    if (run->log_message != NULL)
        facts_add_sentence(remarks, "%s: its learning curve is cut short: %s", run->folder, run->log_message);
}

// Teachers come first in the list, so a set that both use is met by them before it is met by targets.
static void facts_collect_data(const struct run_record *run, json_t *data_sets)
{
    json_t *data = json_object_get(run->run, "data"), *entry;
    const char *users = run->teacher ? "teachers" : "targets";
    size_t i;
    json_array_foreach(data_sets, i, entry)
    {
        if (!json_equal(json_object_get(entry, "data"), data)) continue;
        if (strstr(json_string_value(json_object_get(entry, "used_by")), users) == NULL)
            json_object_set_new(entry, "used_by", json_string("teachers and targets"));
        return;
    }
    json_array_append_new(data_sets, json_pack("{s:s, s:O}", "used_by", users, "data", data));
}

void facts_collect(struct report_summary *summary)
{
    for (size_t i = 0; i < summary->selected.count; i++) {
        const struct run_record *run = summary->selected.runs[i];
        facts_collect_data(run, summary->data_sets);
        facts_collect_environment(run, summary->environment);
        facts_collect_remarks(run, summary->remarks);
    }
}

// Lists choose which runs there are and margins how they are judged; every other value changes what a run computes.
static bool facts_decides_result(const char *key)
{
    return strncmp(key, "matrix.", 7) != 0 && strncmp(key, "report.", 7) != 0;
}

static void facts_judge_configuration(const struct run_record *run, json_t *reasons)
{
    const char *key;
    json_t *entry;
    json_object_foreach(json_object_get(run->run, "configuration"), key, entry)
    {
        const char *mark = json_string_value(json_object_get(entry, "mark"));
        if (mark != NULL && strcmp(mark, "override") == 0 && facts_decides_result(key))
            facts_add_sentence(reasons, "The preset\u2019s value of %s was overridden.", key);
    }
}

static void facts_judge_runs(const struct report_summary *summary, json_t *reasons)
{
    const struct run_list *runs = &summary->selected;
    for (size_t i = 0; i < runs->count; i++)
        if (strcmp(runs->runs[i]->preset, summary->preset) != 0)
            facts_add_sentence(reasons, "Some runs were made with the preset %s.", runs->runs[i]->preset);
    for (size_t i = 0; i < runs->count; i++)
        if (!runs->runs[i]->data_official)
            facts_add_sentence(reasons, "The data set %s is not the official one.", runs->runs[i]->data_name);
    for (size_t i = 0; i < runs->count; i++) {
        const char *images = runs->runs[i]->teacher_images;
        if (images == NULL || (strcmp(images, "clean+corrupted") != 0 && strcmp(images, "clean+published") != 0))
            facts_add_sentence(reasons, "The teachers were trained without the corrupted images.");
    }
    for (size_t i = 0; i < runs->count; i++) facts_judge_configuration(runs->runs[i], reasons);
}

void facts_judge_comparability(struct report_summary *summary)
{
    if (strcmp(summary->preset, "paper") != 0)
        facts_add_sentence(summary->reasons, "The preset is %s, not paper.", summary->preset);
    facts_judge_runs(summary, summary->reasons);
    if (summary->states[RUN_DONE] == 0) facts_add_sentence(summary->reasons, "No run is done.");
}
