// augmentation_record.c: see augmentation_record.h. Tests: tests/augmentation_record_test.c.
#include "harness/augmentation_record.h"

#include "harness/json_text.h"

const char *primitive_parameter_name(enum primitive primitive, int parameter)
{
    static const char *const names[PRIMITIVE_COUNT][PRIMITIVE_PARAMETERS_LIMIT] = {
        [PRIMITIVE_CONTRAST] = {"scale", "shift"},
        [PRIMITIVE_GEOMETRIC] = {"xx", "xy", "xt", "yx", "yy", "yt"},
        [PRIMITIVE_BLUR] = {"sigma"},
        [PRIMITIVE_NOISE] = {"sigma"},
    };
    return names[primitive][parameter];
}

static json_t *primitive_json(enum primitive primitive, const struct primitive_record *record)
{
    json_t *object = json_pack("{s:o}", "gate", json_number(record->gate));
    for (int i = 0; i < primitive_parameters(primitive); i++) {
        json_t *quantiles = json_array();
        for (int q = 0; q < AUGMENTATION_QUANTILES; q++)
            json_array_append_new(quantiles, json_number(record->quantiles[i][q]));
        json_object_set_new(object, primitive_parameter_name(primitive, i), quantiles);
    }
    return object;
}

json_t *augmentation_record_json(const struct augmentation_record *record)
{
    json_t *primitives = json_object();
    if (!record->present) {
        json_decref(primitives);
        return json_null();
    }
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        if (record->primitives[p].present)
            json_object_set_new(primitives, primitive_name((enum primitive)p),
                                primitive_json((enum primitive)p, &record->primitives[p]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "adversarial_loss", json_number(record->adversarial_loss),
                     "distance", json_number(record->distance), "target_agreement",
                     json_number(record->target_agreement), "teacher_agreement", json_number(record->teacher_agreement),
                     "contrast_kept", json_number(record->contrast_kept), "primitives", primitives);
}

static bool read_number(const json_t *object, const char *key, double *value)
{
    const json_t *number = json_object_get(object, key);
    *value = json_number_value(number);
    return json_is_number(number);
}

static bool read_primitive(const json_t *object, enum primitive primitive, struct primitive_record *record)
{
    record->present = object != NULL;
    if (object == NULL) return true;
    bool good = read_number(object, "gate", &record->gate);
    for (int i = 0; good && i < primitive_parameters(primitive); i++) {
        const json_t *quantiles = json_object_get(object, primitive_parameter_name(primitive, i));
        good = json_array_size(quantiles) == AUGMENTATION_QUANTILES;
        for (size_t q = 0; good && q < AUGMENTATION_QUANTILES; q++) {
            good = json_is_number(json_array_get(quantiles, q));
            record->quantiles[i][q] = json_number_value(json_array_get(quantiles, q));
        }
    }
    return good;
}

bool augmentation_record_from_json(const json_t *object, struct augmentation_record *record)
{
    *record = (struct augmentation_record){.present = json_is_object(object)};
    if (!record->present) return json_is_null(object);
    const json_t *primitives = json_object_get(object, "primitives");
    bool good = json_is_object(primitives) && read_number(object, "adversarial_loss", &record->adversarial_loss) &&
                read_number(object, "distance", &record->distance) &&
                read_number(object, "target_agreement", &record->target_agreement) &&
                read_number(object, "teacher_agreement", &record->teacher_agreement) &&
                read_number(object, "contrast_kept", &record->contrast_kept);
    for (int p = 0; good && p < PRIMITIVE_COUNT; p++)
        good = read_primitive(json_object_get(primitives, primitive_name((enum primitive)p)), (enum primitive)p,
                              &record->primitives[p]);
    return good;
}
