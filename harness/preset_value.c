// preset_value.c: one value of a preset: text to field, field to text and JSON, by the type that its key has. Knows no
// files and no marks. Tests: tests/preset_test.c.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "harness/preset_keys.h"

static void *field_of(const struct preset_key *key, struct preset_values *values)
{
    return (char *)values + key->offset;
}

static const void *field_in(const struct preset_key *key, const struct preset_values *values)
{
    return (const char *)values + key->offset;
}

// ---- expectations, for messages --------------------------------------------------------------------------------

static void append_word(char *text, size_t size, const char *separator, const char *word)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s%s", length == 0 ? "" : separator, word);
}

static void expect_choice(const struct preset_key *key, char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; key->choices[i] != NULL; i++) append_word(text, size, " or ", key->choices[i]);
}

static void expect_codes(const struct preset_key *key, char *text, size_t size)
{
    char codes[160] = "";
    for (int i = 0; key->type == PRESET_CORRUPTIONS && i < CORRUPTION_COUNT; i++)
        append_word(codes, sizeof codes, " ", corruption_at(i)->code);
    const struct method *const *methods = methods_available();
    for (int i = 0; key->type == PRESET_METHODS && methods[i] != NULL; i++)
        append_word(codes, sizeof codes, " ", methods[i]->code);
    snprintf(text, size, "\"all\", or %s codes out of %s, each once",
             key->type == PRESET_METHODS ? "method" : "corruption", codes);
}

static void expect_primitives(char *text, size_t size)
{
    char names[80] = "";
    for (int i = 0; i < PRIMITIVE_COUNT; i++) append_word(names, sizeof names, " ", primitive_name((enum primitive)i));
    snprintf(text, size, "\"all\", or primitives out of %s, each once", names);
}

static struct status wrong_value(const struct preset_key *key, const char *found)
{
    char expected[300], low[32], high[32];
    number_format_double(key->minimum, low);
    number_format_double(key->maximum, high);
    switch (key->type) {
    case PRESET_INTEGER: snprintf(expected, sizeof expected, "a whole number from %s to %s", low, high); break;
    case PRESET_REAL: snprintf(expected, sizeof expected, "a number from %s to %s", low, high); break;
    case PRESET_CHOICE: expect_choice(key, expected, sizeof expected); break;
    case PRESET_CORRUPTIONS:
    case PRESET_METHODS: expect_codes(key, expected, sizeof expected); break;
    case PRESET_PRIMITIVES: expect_primitives(expected, sizeof expected); break;
    case PRESET_SEEDS:
        snprintf(expected, sizeof expected, "up to %d different seeds from 0 to %s", PRESET_SEED_LIMIT, high);
        break;
    case PRESET_WEIGHTS:
        snprintf(expected, sizeof expected, "%d numbers from %s to %s, for severity 0 to %d, not all 0",
                 1 + CORRUPTION_SEVERITIES, low, high, CORRUPTION_SEVERITIES);
        break;
    }
    return status_error(STATUS_USAGE, "expected %s, found \"%s\"", expected, found);
}

// ---- reading ---------------------------------------------------------------------------------------------------

static bool parse_integer(const struct preset_key *key, const char *text, int *value)
{
    int64_t number;
    bool good = number_parse_int64(text, (int64_t)key->minimum, (int64_t)key->maximum, &number);
    if (good) *value = (int)number;
    return good;
}

static bool parse_real(const struct preset_key *key, const char *text, double *value)
{
    double number;
    bool good = number_parse_double(text, &number) && number >= key->minimum && number <= key->maximum;
    if (good) *value = number + 0.0; // -0 becomes 0: one text for one value
    return good;
}

static bool parse_choice(const struct preset_key *key, const char *text, int *value)
{
    for (int i = 0; key->choices[i] != NULL; i++)
        if (strcmp(key->choices[i], text) == 0) {
            *value = i;
            return true;
        }
    return false;
}

// Calls `take` with every word between blanks and commas; false when there is none, or `take` refuses one.
static bool parse_words(const char *text, bool (*take)(void *context, const char *word), void *context)
{
    static const char separators[] = " \t,";
    bool good = true, some = false;
    char *copy = strdup(text), *rest = NULL;
    if (copy == NULL) return false;
    for (char *word = strtok_r(copy, separators, &rest); good && word != NULL;
         word = strtok_r(NULL, separators, &rest)) {
        some = true;
        good = take(context, word);
    }
    free(copy);
    return good && some;
}

static bool take_corruption(void *context, const char *word)
{
    bool *wanted = context;
    const struct corruption *corruption = corruption_find(word);
    if (corruption == NULL || wanted[corruption_place(corruption)]) return false;
    wanted[corruption_place(corruption)] = true;
    return true;
}

static bool parse_corruptions(const char *text, struct preset_corruptions *list)
{
    bool wanted[CORRUPTION_COUNT] = {false}, all = strcmp(text, "all") == 0;
    if (!all && !parse_words(text, take_corruption, wanted)) return false;
    list->count = 0;
    for (int i = 0; i < CORRUPTION_COUNT; i++)
        if (all || wanted[i]) list->items[list->count++] = corruption_at(i);
    return true;
}

static bool take_method(void *context, const char *word)
{
    bool *wanted = context;
    const struct method *const *methods = methods_available();
    int i = 0;
    while (methods[i] != NULL && strcmp(methods[i]->code, word) != 0) i++;
    if (methods[i] == NULL || wanted[i]) return false;
    wanted[i] = true;
    return true;
}

static bool parse_methods(const char *text, struct preset_methods *list)
{
    bool wanted[PRESET_METHOD_LIMIT] = {false}, all = strcmp(text, "all") == 0;
    const struct method *const *methods = methods_available();
    if (!all && !parse_words(text, take_method, wanted)) return false;
    list->count = 0;
    for (int i = 0; methods[i] != NULL; i++) {
        assert(i < PRESET_METHOD_LIMIT);
        if (all || wanted[i]) list->items[list->count++] = methods[i];
    }
    return true;
}

static bool take_seed(void *context, const char *word)
{
    struct preset_seeds *list = context;
    int64_t seed;
    if (list->count == PRESET_SEED_LIMIT || !number_parse_int64(word, 0, PRESET_SEED_MAXIMUM, &seed)) return false;
    for (int i = 0; i < list->count; i++)
        if (list->items[i] == (uint32_t)seed) return false;
    list->items[list->count++] = (uint32_t)seed;
    return true;
}

static bool parse_seeds(const char *text, struct preset_seeds *list)
{
    struct preset_seeds seeds = {.count = 0};
    if (!parse_words(text, take_seed, &seeds)) return false;
    *list = seeds;
    return true;
}

static bool take_primitive(void *context, const char *word)
{
    struct preset_primitives *list = context;
    int i = 0;
    while (i < PRIMITIVE_COUNT && strcmp(primitive_name((enum primitive)i), word) != 0) i++;
    if (i == PRIMITIVE_COUNT || list->items[i]) return false;
    list->items[i] = true;
    return true;
}

static bool parse_primitives(const char *text, struct preset_primitives *list)
{
    const bool all = strcmp(text, "all") == 0;
    struct preset_primitives wanted = {{all, all, all, all}};
    if (!all && !parse_words(text, take_primitive, &wanted)) return false;
    *list = wanted;
    return true;
}

struct weight_words {
    const struct preset_key *key;
    struct preset_weights weights;
    int count;
};

static bool take_weight(void *context, const char *word)
{
    struct weight_words *words = context;
    return words->count <= CORRUPTION_SEVERITIES && parse_real(words->key, word, &words->weights.items[words->count++]);
}

static bool parse_weights(const struct preset_key *key, const char *text, struct preset_weights *weights)
{
    struct weight_words words = {.key = key};
    double sum = 0;
    if (!parse_words(text, take_weight, &words) || words.count != 1 + CORRUPTION_SEVERITIES) return false;
    for (int i = 0; i < words.count; i++) sum += words.weights.items[i];
    if (!(sum > 0)) return false;
    *weights = words.weights;
    return true;
}

struct status preset_value_parse(const struct preset_key *key, const char *text, struct preset_values *values)
{
    void *field = field_of(key, values);
    bool good = false;
    switch (key->type) {
    case PRESET_INTEGER: good = parse_integer(key, text, field); break;
    case PRESET_REAL: good = parse_real(key, text, field); break;
    case PRESET_CHOICE: good = parse_choice(key, text, field); break;
    case PRESET_CORRUPTIONS: good = parse_corruptions(text, field); break;
    case PRESET_METHODS: good = parse_methods(text, field); break;
    case PRESET_SEEDS: good = parse_seeds(text, field); break;
    case PRESET_WEIGHTS: good = parse_weights(key, text, field); break;
    case PRESET_PRIMITIVES: good = parse_primitives(text, field); break;
    }
    return good ? status_ok() : wrong_value(key, text);
}

// ---- writing ---------------------------------------------------------------------------------------------------

json_t *preset_value_json(const struct preset_key *key, const struct preset_values *values)
{
    const void *field = field_in(key, values);
    const struct preset_corruptions *corruptions = field;
    const struct preset_methods *methods = field;
    const struct preset_seeds *seeds = field;
    const struct preset_weights *weights = field;
    const struct preset_primitives *primitives = field;
    json_t *array = NULL;
    switch (key->type) {
    case PRESET_INTEGER: return json_integer(*(const int *)field);
    case PRESET_REAL: return json_real(*(const double *)field);
    case PRESET_CHOICE: return json_string(key->choices[*(const int *)field]);
    case PRESET_CORRUPTIONS:
        array = json_array();
        for (int i = 0; i < corruptions->count; i++)
            json_array_append_new(array, json_string(corruptions->items[i]->code));
        break;
    case PRESET_METHODS:
        array = json_array();
        for (int i = 0; i < methods->count; i++) json_array_append_new(array, json_string(methods->items[i]->code));
        break;
    case PRESET_SEEDS:
        array = json_array();
        for (int i = 0; i < seeds->count; i++) json_array_append_new(array, json_integer(seeds->items[i]));
        break;
    case PRESET_PRIMITIVES:
        array = json_array();
        for (int i = 0; i < PRIMITIVE_COUNT; i++)
            if (primitives->items[i]) json_array_append_new(array, json_string(primitive_name((enum primitive)i)));
        break;
    case PRESET_WEIGHTS:
        array = json_array();
        for (int i = 0; i <= CORRUPTION_SEVERITIES; i++) json_array_append_new(array, json_real(weights->items[i]));
        break;
    }
    return array;
}

static void format_list(const json_t *array, char text[PRESET_TEXT_SIZE])
{
    size_t i;
    const json_t *item;
    text[0] = '\0';
    json_array_foreach(array, i, item)
    {
        char number[32];
        if (json_is_real(item))
            number_format_double(json_real_value(item), number);
        else
            snprintf(number, sizeof number, "%lld", (long long)json_integer_value(item));
        append_word(text, PRESET_TEXT_SIZE, " ", json_is_string(item) ? json_string_value(item) : number);
    }
}

void preset_value_format(const struct preset_key *key, const struct preset_values *values, char text[PRESET_TEXT_SIZE])
{
    const void *field = field_in(key, values);
    char number[32];
    switch (key->type) {
    case PRESET_INTEGER: snprintf(text, PRESET_TEXT_SIZE, "%d", *(const int *)field); break;
    case PRESET_REAL:
        number_format_double(*(const double *)field, number);
        snprintf(text, PRESET_TEXT_SIZE, "%s", number);
        break;
    case PRESET_CHOICE: snprintf(text, PRESET_TEXT_SIZE, "%s", key->choices[*(const int *)field]); break;
    case PRESET_CORRUPTIONS:
    case PRESET_METHODS:
    case PRESET_SEEDS:
    case PRESET_WEIGHTS:
    case PRESET_PRIMITIVES: {
        json_t *array = preset_value_json(key, values);
        format_list(array, text);
        json_decref(array);
        break;
    }
    }
}
