// learned_augmentation.c: see learned_augmentation.h. Ranges are those of harness/augmentation_model.c.
// Tests: tests/report_learned_test.c.
#include "report/learned_augmentation.h"

#include <math.h>

#include "report/json_member.h"

static const double learned_large = 1e18; // no loss is larger

// key, low, high, identity, origin, decimals
const struct learned_kind learned_kinds[LEARNED_PRIMITIVES] = {
    [LEARNED_CONTRAST] = {"contrast", 2, {{"scale", 0.2, 1.8, 1, 0, 2}, {"shift", -0.8, 0.8, 0, 0, 2}}},
    [LEARNED_GEOMETRIC] = {"geometric",
                           6,
                           {{"xx", 0.75, 1.25, 1, 1, 2},
                            {"xy", -0.25, 0.25, 0, 0, 2},
                            {"xt", -0.25, 0.25, 0, 0, 2},
                            {"yx", -0.25, 0.25, 0, 0, 2},
                            {"yy", 0.75, 1.25, 1, 1, 2},
                            {"yt", -0.25, 0.25, 0, 0, 2}}},
    [LEARNED_BLUR] = {"blur", 1, {{"sigma", 0.1, 2, 0.1, 0, 2}}},
    [LEARNED_NOISE] = {"noise", 1, {{"sigma", 0, 0.3, 0, 0, 3}}},
};

static void learned_read_part(const json_t *primitives, const struct learned_kind *kind, struct learned_part *part,
                              struct status *status)
{
    if (status->code != STATUS_OK || json_object_get(primitives, kind->key) == NULL) return;
    const json_t *object = json_member_object(primitives, kind->key, status);
    part->present = true;
    part->gate = json_member_number_or_null(object, "gate", 0, 1, status);
    for (int i = 0; i < kind->parameter_count; i++)
        json_member_numbers(object, kind->parameters[i].key, -learned_large, learned_large, part->quantiles[i],
                            LEARNED_QUANTILES, status);
    if (status->code != STATUS_OK)
        *status = status_error(status->code, "\"augmentation\", \"%s\": %s", kind->key, status->message);
}

struct status learned_augmentation_read(const json_t *value, struct learned_augmentation *learned)
{
    struct status status = status_ok();
    *learned = (struct learned_augmentation){.present = false};
    if (value == NULL || json_is_null(value)) return status;
    if (!json_is_object(value)) return json_wrong_type(value, "augmentation", "an object or null");
    learned->present = true;
    learned->adversarial_loss =
        json_member_number_or_null(value, "adversarial_loss", -learned_large, learned_large, &status);
    learned->distance = json_member_number_or_null(value, "distance", -learned_large, learned_large, &status);
    learned->target_agreement = json_member_number_or_null(value, "target_agreement", 0, 1, &status);
    learned->teacher_agreement = json_member_number_or_null(value, "teacher_agreement", 0, 1, &status);
    learned->contrast_kept = json_member_number_or_null(value, "contrast_kept", 0, learned_large, &status);
    const json_t *primitives = json_member_object(value, "primitives", &status);
    if (status.code != STATUS_OK) status = status_error(status.code, "\"augmentation\": %s", status.message);
    for (int p = 0; p < LEARNED_PRIMITIVES; p++)
        learned_read_part(primitives, &learned_kinds[p], &learned->parts[p], &status);
    return status;
}

double learned_augmentation_magnitude(const struct learned_augmentation *learned, enum learned_primitive primitive)
{
    const struct learned_part *part = &learned->parts[primitive];
    const struct learned_kind *kind = &learned_kinds[primitive];
    double sum = 0;
    if (!learned->present || !part->present) return NAN;
    for (int i = 0; i < kind->parameter_count; i++)
        for (int q = 0; q < LEARNED_QUANTILES; q++) sum += fabs(part->quantiles[i][q] - kind->parameters[i].identity);
    return part->gate * sum / (kind->parameter_count * LEARNED_QUANTILES);
}
