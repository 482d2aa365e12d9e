// preset_test.c: presets: the shipped ones, every way in which a file or an override can be wrong, values as text.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "harness/embedded_presets.h"
#include "harness/nearest_word.h"
#include "harness/preset_keys.h"
#include "tests/support/temporary_folder.h"

static const struct embedded_file *embedded(const char *name)
{
    const struct embedded_file *file = embedded_presets;
    while (file->name != NULL && strcmp(file->name, name) != 0) file++;
    cr_assert(file->name != NULL, "no preset %s", name);
    return file;
}

// The quick preset with the line of one key replaced: by nothing, or by any text.
static char *preset_with(const char *key, const char *line)
{
    char *text = NULL, value[PRESET_TEXT_SIZE];
    size_t size;
    struct preset quick;
    cr_assert(eq(int, preset_load("quick", &quick).code, STATUS_OK));
    FILE *stream = open_memstream(&text, &size);
    cr_assert(stream != NULL);
    for (int i = 0; i < preset_key_count(); i++) {
        const struct preset_key *each = preset_key_at(i);
        preset_value_format(each, &quick.values, value);
        fprintf(stream, "[%.*s]\n", (int)strcspn(each->name, "."), each->name);
        if (key != NULL && strcmp(each->name, key) == 0)
            fprintf(stream, "%s\n", line);
        else
            fprintf(stream, "%s = %s | chosen | test\n", strchr(each->name, '.') + 1, value);
    }
    fclose(stream);
    preset_destroy(&quick);
    return text;
}

static struct status parse_with(const char *key, const char *line)
{
    struct preset preset;
    char *text = preset_with(key, line);
    struct status status = preset_parse("test", "test.ini", text, strlen(text), &preset);
    preset_destroy(&preset);
    free(text);
    return status;
}

static void expect_refusal(struct status status, const char *first, const char *second)
{
    cr_expect(eq(int, status.code, STATUS_USAGE), "%s", status.message);
    cr_expect(strstr(status.message, first) != NULL, "expected \"%s\" in: %s", first, status.message);
    cr_expect(strstr(status.message, second) != NULL, "expected \"%s\" in: %s", second, status.message);
}

Test(preset, ships_complete_presets)
{
    int count = 0;
    for (const struct embedded_file *file = embedded_presets; file->name != NULL; file++, count++) {
        struct preset preset;
        struct status status = preset_load(file->name, &preset);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        cr_expect(eq(str, preset.name, (char *)file->name));
        for (int i = 0; i < preset_key_count(); i++)
            cr_expect(preset.origins[i].given && preset.origins[i].reason[0] != '\0', "%s", preset_key_at(i)->name);
        preset_destroy(&preset);
    }
    cr_expect(ge(int, count, 3));
    embedded("paper");
    embedded("quick");
    embedded("ci");
}

Test(preset, paper_is_the_paper_s)
{
    struct preset preset;
    cr_assert(eq(int, preset_load("paper", &preset).code, STATUS_OK));
    const struct preset_values *values = &preset.values;
    cr_expect(eq(int, values->data.source, PRESET_SOURCE_CIFAR));
    cr_expect(eq(int, values->network.depth, 40));
    cr_expect(eq(int, values->network.widen, 2));
    cr_expect(eq(int, values->matrix.corruptions.count, CORRUPTION_COUNT));
    cr_expect(eq(int, values->matrix.seeds.count, 5));
    cr_expect(eq(dbl, values->report.delta_cell, 1.0));
    cr_expect(eq(dbl, values->report.delta_mean, 0.5));
    cr_expect(eq(int, values->training.base_augmentation, BASE_AUGMENTATION_NONE));
    static const char *const stated[] = {"data.source", "network.depth", "network.widen", "matrix.corruptions"};
    for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++)
        cr_expect(eq(int, preset.origins[preset_key_find(stated[i])].mark, PRESET_STATED), "%s", stated[i]);
    cr_expect(eq(int, preset.origins[preset_key_find("teacher.epochs")].mark, PRESET_CHOSEN));
    preset_destroy(&preset);
}

Test(preset, quick_and_ci_need_no_archives)
{
    static const char *const names[] = {"quick", "ci"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct preset preset;
        cr_assert(eq(int, preset_load(names[i], &preset).code, STATUS_OK));
        cr_expect(eq(int, preset.values.data.source, PRESET_SOURCE_SYNTHETIC), "%s", names[i]);
        preset_destroy(&preset);
    }
}

Test(preset, unchanged_text_is_accepted)
{
    struct status status = parse_with(NULL, NULL);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
}

// Each line stands in the place of the key's own. Expected: what the message must contain.
Test(preset, refuses_lines_with_place_and_reason)
{
    static const struct {
        const char *key, *line, *first, *second;
    } cases[] = {
        {"network.depth", "depht = 10 | chosen | r", "test.ini:14: unknown key \"network.depht\"",
         "\"network.depth\"?"},
        {"network.depth", "completely_different = 10 | chosen | r", "test.ini:14: unknown key",
         "completely_different\""},
        {"network.depth", "depth = 10", "test.ini:14: network.depth: expected \"VALUE | stated | WHERE\"",
         "found \"10\""},
        {"network.depth", "depth = 10 | chosen", "test.ini:14: network.depth", "found \"10 | chosen\""},
        {"network.depth", "depth = 10 | chosen |", "test.ini:14: network.depth", "VALUE | chosen | REASON"},
        {"network.depth", "depth = 10 | guessed | r", "test.ini:14: network.depth", "guessed"},
        {"network.depth", "depth = 10 | override | r", "test.ini:14: network.depth", "override"},
        {"network.depth", "depth = ten | chosen | r", "a whole number from 10 to 1000", "found \"ten\""},
        {"network.depth", "depth = 10.5 | chosen | r", "a whole number", "found \"10.5\""},
        {"network.depth", "depth = | chosen | r", "a whole number", "found \"\""},
        {"network.depth", "depth = 4 | chosen | r", "from 10 to 1000", "found \"4\""},
        {"network.depth", "depth = 11 | chosen | r", "network.depth is 11", "6 n + 4"},
        {"network.depth", "depth = 99999999999999999999 | chosen | r", "from 10 to 1000", "found \"9999"},
        {"network.depth", "depth 10", "test.ini:14", "depth 10"},
        {"training.momentum", "momentum = 1 | chosen | r", "a number from 0 to 0.9999", "found \"1\""},
        {"training.momentum", "momentum = nan | chosen | r", "a number from 0 to 0.9999", "found \"nan\""},
        {"training.momentum", "momentum = 0,9 | chosen | r", "training.momentum", "found \"0,9\""},
        {"training.weight_decay", "weight_decay = -0.1 | chosen | r", "from 0 to 1", "found \"-0.1\""},
        {"training.base_augmentation", "base_augmentation = flip | chosen | r", "none or flip_crop", "found \"flip\""},
        {"training.warmup_epochs", "warmup_epochs = 1000 | chosen | r", "training.warmup_epochs is 1000",
         "teacher.epochs"},
        {"training.learning_rate_minimum", "learning_rate_minimum = 7 | chosen | r", "learning_rate_minimum is 7",
         "teacher.learning_rate"},
        {"training.batch_size", "batch_size = 60000 | chosen | r", "training.batch_size is 60000",
         "data.synthetic_train_images_teacher"},
        {"matrix.corruptions", "corruptions = GN XX | chosen | r", "corruption codes out of GN SN IN",
         "found \"GN XX\""},
        {"matrix.corruptions", "corruptions = GN GN | chosen | r", "each once", "found \"GN GN\""},
        {"matrix.corruptions", "corruptions = , | chosen | r", "matrix.corruptions", "found \",\""},
        {"matrix.methods", "methods = ft | chosen | r", "method codes out of FT", "found \"ft\""},
        {"matrix.seeds", "seeds = 1 1 | chosen | r", "different seeds from 0 to 268435455", "found \"1 1\""},
        {"matrix.seeds", "seeds = 268435456 | chosen | r", "different seeds", "found \"268435456\""},
        {"matrix.seeds", "seeds = -1 | chosen | r", "different seeds", "found \"-1\""},
        {"fa.severity_weights", "severity_weights = 1 1 1 1 1 | chosen | r", "expected 6 numbers from 0",
         "found \"1 1"},
        {"fa.severity_weights", "severity_weights = 1 1 1 1 1 1 1 | chosen | r", "for severity 0 to 5", "1 1\""},
        {"fa.severity_weights", "severity_weights = 0 0 0 0 0 0 | chosen | r", "not all 0", "fa.severity_weights"},
        {"fa.severity_weights", "severity_weights = 1 1 -1 1 1 1 | chosen | r", "6 numbers", "found \"1 1 -1"},
        {"teacher.severity_weights", "severity_weights = 1 nan 1 1 1 1 | chosen | r", "6 numbers", "nan"},
        {"data.corrupted_source", "corrupted_source = published | chosen | r", "data.corrupted_source is published",
         "CIFAR-10 only"},
        {"report.delta_cell", "delta_cell = 0 | chosen | r", "from 0.001 to 100", "found \"0\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refusal(parse_with(cases[i].key, cases[i].line), cases[i].first, cases[i].second);
}

Test(preset, names_what_is_missing_or_double)
{
    expect_refusal(parse_with("network.widen", ""), "test.ini: 1 of ", "keys missing: network.widen");
    expect_refusal(parse_with("network.widen", "widen = 1 | chosen | r\nwiden = 2 | chosen | r"), "test.ini:17",
                   "line 16");
    struct preset preset;
    expect_refusal(preset_parse("test", "test.ini", "", 0, &preset), "test.ini: ", "keys missing: data.source");
}

Test(preset, keeps_bars_in_reasons)
{
    struct preset preset;
    char *text = preset_with("network.widen", "widen = 3 |chosen|  a | b ; c # d  ");
    struct status status = preset_parse("test", "test.ini", text, strlen(text), &preset);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(str, preset.origins[preset_key_find("network.widen")].reason, "a | b ; c # d"));
    cr_expect(eq(int, preset.values.network.widen, 3));
    preset_destroy(&preset);
    free(text);
}

Test(preset, unknown_names_bring_a_suggestion)
{
    struct preset preset;
    expect_refusal(preset_load("papr", &preset), "unknown preset \"papr\"", "\"paper\"?");
    expect_refusal(preset_load("something", &preset), "unknown preset \"something\"", "ci, paper, quick");
    cr_expect(eq(int, preset_load("/nonexistent/x.ini", &preset).code, STATUS_MISSING));
}

Test(preset, files_may_not_borrow_a_name)
{
    char folder[TEMPORARY_PATH_SIZE];
    struct preset preset;
    temporary_folder_create(folder);
    char *text = preset_with("network.widen", "widen = 3 | chosen | r");
    temporary_file_write(folder, "paper.ini", text);
    temporary_file_write(folder, "mine.ini", text);
    temporary_file_write(folder, "No Folder.ini", text);
    temporary_file_write(folder, "quick.ini", embedded("quick")->text);
    char *paper = path_join(folder, "paper.ini"), *mine = path_join(folder, "mine.ini"),
         *quick = path_join(folder, "quick.ini"), *odd = path_join(folder, "No Folder.ini");
    expect_refusal(preset_load(paper, &preset), "paper.ini", "another name");
    expect_refusal(preset_load(odd, &preset), "No Folder", "a-z");
    struct status status = preset_load(mine, &preset);
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(str, preset.name, "mine"));
    preset_destroy(&preset);
    status = preset_load(quick, &preset); // an unchanged copy is the preset itself
    cr_expect(eq(int, status.code, STATUS_OK), "%s", status.message);
    preset_destroy(&preset);
    free(paper);
    free(mine);
    free(quick);
    free(odd);
    free(text);
    temporary_folder_remove(folder);
}

Test(preset, overrides_carry_their_mark)
{
    struct preset preset;
    cr_assert(eq(int, preset_load("quick", &preset).code, STATUS_OK));
    struct status status = preset_override(&preset, " teacher.learning_rate = 0.25 ", "command line");
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    const struct preset_origin *origin = &preset.origins[preset_key_find("teacher.learning_rate")];
    cr_expect(eq(dbl, preset.values.teacher.learning_rate, 0.25));
    cr_expect(eq(int, origin->mark, PRESET_OVERRIDE));
    cr_expect(eq(str, origin->reason, "command line"));
    expect_refusal(preset_override(&preset, "teacher.epochs", "command line"), "teacher.epochs", "no \"=\"");
    expect_refusal(preset_override(&preset, "teacher.epocs=3", "command line"), "command line", "\"teacher.epochs\"?");
    expect_refusal(preset_override(&preset, "batch_size=3", "command line"), "\"batch_size\"",
                   "\"training.batch_size\"?");
    expect_refusal(preset_override(&preset, "teacher.epochs=0", "command line"), "teacher.epochs", "found \"0\"");
    cr_assert(eq(int, preset_override(&preset, "network.depth=12", "command line").code, STATUS_OK));
    expect_refusal(preset_check(&preset), "network.depth is 12", "6 n + 4");
    preset_destroy(&preset);
}

Test(preset, lists_come_in_the_order_of_the_table)
{
    struct preset preset;
    cr_assert(eq(int, preset_load("quick", &preset).code, STATUS_OK));
    const struct preset_key *key = preset_key_at(preset_key_find("matrix.corruptions"));
    char text[PRESET_TEXT_SIZE];
    cr_assert(eq(int, preset_override(&preset, "matrix.corruptions=snow,GN ,  Co,shot_noise", "r").code, STATUS_OK));
    preset_value_format(key, &preset.values, text);
    cr_expect(eq(str, text, "GN SN Co Sn"));
    cr_assert(eq(int, preset_override(&preset, "matrix.corruptions=all", "r").code, STATUS_OK));
    cr_expect(eq(int, preset.values.matrix.corruptions.count, CORRUPTION_COUNT));
    cr_assert(eq(int, preset_override(&preset, "matrix.seeds=3 1,268435455", "r").code, STATUS_OK));
    preset_value_format(preset_key_at(preset_key_find("matrix.seeds")), &preset.values, text);
    cr_expect(eq(str, text, "3 1 268435455"));
    preset_destroy(&preset);
}

Test(preset, values_read_back_from_their_text)
{
    for (const struct embedded_file *file = embedded_presets; file->name != NULL; file++) {
        struct preset preset;
        cr_assert(eq(int, preset_load(file->name, &preset).code, STATUS_OK));
        for (int i = 0; i < preset_key_count(); i++) {
            char text[PRESET_TEXT_SIZE], again[PRESET_TEXT_SIZE];
            preset_value_format(preset_key_at(i), &preset.values, text);
            struct status status = preset_value_parse(preset_key_at(i), text, &preset.values);
            cr_expect(eq(int, status.code, STATUS_OK), "%s: %s", preset_key_at(i)->name, status.message);
            preset_value_format(preset_key_at(i), &preset.values, again);
            cr_expect(eq(str, again, text), "%s", preset_key_at(i)->name);
        }
        preset_destroy(&preset);
    }
}

Test(preset, becomes_json_with_marks)
{
    struct preset preset;
    cr_assert(eq(int, preset_load("paper", &preset).code, STATUS_OK));
    cr_assert(eq(int, preset_override(&preset, "training.weight_decay=0.1", "command line").code, STATUS_OK));
    json_t *object = preset_to_json(&preset);
    cr_assert(eq(sz, json_object_size(object), (size_t)preset_key_count()));
    const json_t *decay = json_object_get(object, "training.weight_decay"),
                 *depth = json_object_get(object, "network.depth");
    cr_expect(eq(dbl, json_real_value(json_object_get(decay, "value")), 0.1));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(decay, "mark")), "override"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(depth, "mark")), "stated"));
    cr_expect(eq(int, (int)json_integer_value(json_object_get(depth, "value")), 40));
    cr_expect(eq(sz, json_array_size(json_object_get(json_object_get(object, "matrix.corruptions"), "value")), 15));
    json_decref(object);
    preset_destroy(&preset);
}

Test(nearest_word, suggests_slips_only)
{
    static const char *const words[] = {"reproduce", "report", "train"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"reprduce", "reproduce"}, {"repotr", "report"}, {"tain", "train"}, {"train", "train"},
                 {"bench", NULL},           {"", NULL},           {"x", NULL},       {"maintain", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = nearest_word(cases[i].word, words, 3);
        bool same = nearest == NULL || cases[i].nearest == NULL ? nearest == cases[i].nearest
                                                                : strcmp(nearest, cases[i].nearest) == 0;
        cr_expect(same, "\"%s\": expected %s, found %s", cases[i].word,
                  cases[i].nearest != NULL ? cases[i].nearest : "none", nearest != NULL ? nearest : "none");
    }
}
