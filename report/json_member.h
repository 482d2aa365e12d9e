// json_member.h: members of a JSON object with their type and range checked. The first mistake stays in *status, later
// calls then do nothing: a reader asks for everything it needs and looks at the status once.
#ifndef REPORT_JSON_MEMBER_H
#define REPORT_JSON_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

// Required members; a missing one or one of another type is STATUS_BAD_INPUT naming the key, expected and found.
const char *json_member_string(const json_t *object, const char *key, struct status *status); // "" after a mistake
int64_t json_member_integer(const json_t *object, const char *key, int64_t minimum, int64_t maximum,
                            struct status *status);
double json_member_number(const json_t *object, const char *key, double minimum, double maximum, struct status *status);
const json_t *json_member_object(const json_t *object, const char *key, struct status *status);
// As json_member_number, but null, which stands for what is not finite, is NaN.
double json_member_number_or_null(const json_t *object, const char *key, double minimum, double maximum,
                                  struct status *status);
// An array of exactly `count` such numbers; NaN throughout after a mistake.
void json_member_numbers(const json_t *object, const char *key, double minimum, double maximum, double *numbers,
                         size_t count, struct status *status);

// The sentence for a value of another type than `expected` ("an object"); NULL as value: missing.
struct status json_wrong_type(const json_t *value, const char *key, const char *expected);

// Optional ones: NULL, NaN, false when absent, null or of another type; never a mistake.
const char *json_optional_string(const json_t *object, const char *key);
double json_optional_number(const json_t *object, const char *key);
bool json_optional_boolean(const json_t *object, const char *key);

#endif
