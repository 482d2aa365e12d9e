// json_member.c: checked access to the members of a JSON object. Tests: through tests/report_test.c.
#include "report/json_member.h"

#include <inttypes.h>
#include <math.h>

static const char *json_member_type(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null",
    };
    return value == NULL ? "nothing" : names[json_typeof(value)];
}

struct status json_wrong_type(const json_t *value, const char *key, const char *expected)
{
    return status_error(STATUS_BAD_INPUT, "\"%s\": expected %s, found %s", key, expected, json_member_type(value));
}

const char *json_member_string(const json_t *object, const char *key, struct status *status)
{
    if (status->code != STATUS_OK) return "";
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value)) return json_string_value(value);
    *status = json_wrong_type(value, key, "a string");
    return "";
}

int64_t json_member_integer(const json_t *object, const char *key, int64_t minimum, int64_t maximum,
                            struct status *status)
{
    if (status->code != STATUS_OK) return 0;
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        *status = json_wrong_type(value, key, "an integer");
        return 0;
    }
    int64_t number = json_integer_value(value);
    if (number < minimum || number > maximum)
        *status = status_error(STATUS_BAD_INPUT, "\"%s\": expected %" PRId64 " to %" PRId64 ", found %" PRId64, key,
                               minimum, maximum, number);
    return number;
}

static double json_check_number(const json_t *value, const char *key, double minimum, double maximum,
                                struct status *status)
{
    if (!json_is_number(value)) {
        *status = json_wrong_type(value, key, "a number");
        return NAN;
    }
    double number = json_number_value(value);
    if (!(number >= minimum && number <= maximum)) {
        *status = status_error(STATUS_BAD_INPUT, "\"%s\": expected %g to %g, found %g", key, minimum, maximum, number);
        return NAN;
    }
    return number;
}

double json_member_number(const json_t *object, const char *key, double minimum, double maximum, struct status *status)
{
    if (status->code != STATUS_OK) return NAN;
    return json_check_number(json_object_get(object, key), key, minimum, maximum, status);
}

double json_member_number_or_null(const json_t *object, const char *key, double minimum, double maximum,
                                  struct status *status)
{
    if (json_is_null(json_object_get(object, key))) return NAN;
    return json_member_number(object, key, minimum, maximum, status);
}

void json_member_numbers(const json_t *object, const char *key, double minimum, double maximum, double *numbers,
                         size_t count, struct status *status)
{
    const json_t *array = json_object_get(object, key);
    for (size_t i = 0; i < count; i++) numbers[i] = NAN;
    if (status->code != STATUS_OK) return;
    if (!json_is_array(array)) {
        *status = json_wrong_type(array, key, "an array");
    } else if (json_array_size(array) != count) {
        *status = status_error(STATUS_BAD_INPUT, "\"%s\": expected %zu numbers, found %zu", key, count,
                               json_array_size(array));
    }
    for (size_t i = 0; i < count && status->code == STATUS_OK; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_null(value)) numbers[i] = json_check_number(value, key, minimum, maximum, status);
    }
}

const json_t *json_member_object(const json_t *object, const char *key, struct status *status)
{
    if (status->code != STATUS_OK) return NULL;
    const json_t *value = json_object_get(object, key);
    if (json_is_object(value)) return value;
    *status = json_wrong_type(value, key, "an object");
    return NULL;
}

const char *json_optional_string(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

double json_optional_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool json_optional_boolean(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
