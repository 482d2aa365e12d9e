// augmentation_record_test.c: what log.jsonl and checkpoints say about a learned augmentation, there and back.
#include "harness/augmentation_record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static struct augmentation_record sample(void)
{
    struct augmentation_record record = {.present = true,
                                         .adversarial_loss = 0.1 + 0.2,
                                         .distance = 1.0 / 3,
                                         .target_agreement = 0.75,
                                         .teacher_agreement = 1,
                                         .contrast_kept = 0.9};
    for (int p = 0; p < PRIMITIVE_COUNT; p++) {
        struct primitive_record *primitive = &record.primitives[p];
        if (p == PRIMITIVE_BLUR) continue;
        primitive->present = true;
        primitive->gate = 0.1 * p;
        for (int i = 0; i < primitive_parameters((enum primitive)p); i++)
            for (int q = 0; q < AUGMENTATION_QUANTILES; q++) primitive->quantiles[i][q] = p + i / 7.0 + q / 11.0;
    }
    return record;
}

Test(augmentation_record, comes_back_as_it_was)
{
    const struct augmentation_record record = sample(), none = {.present = false};
    struct augmentation_record found;
    json_t *object = augmentation_record_json(&record), *empty = augmentation_record_json(&none);
    char *text = json_dumps(object, JSON_COMPACT);
    json_t *read = json_loads(text, 0, NULL);
    cr_assert(augmentation_record_from_json(read, &found));
    json_t *again = augmentation_record_json(&found);
    cr_expect(json_equal(object, again) && found.present);
    cr_expect(eq(dbl, found.primitives[PRIMITIVE_GEOMETRIC].quantiles[5][4],
                 record.primitives[PRIMITIVE_GEOMETRIC].quantiles[5][4]));
    json_decref(again);
    cr_expect(augmentation_record_from_json(empty, &found));
    cr_expect(not(found.present));
    cr_expect(json_object_get(json_object_get(object, "primitives"), "blur") == NULL);
    free(text);
    json_decref(read);
    json_decref(empty);
    json_decref(object);
}

Test(augmentation_record, refuses_what_is_none)
{
    static const char *const texts[] = {
        "[]", "{}",
        "{\"adversarial_loss\": null, \"distance\": 0, \"target_agreement\": 0, \"teacher_agreement\": 0, "
        "\"contrast_kept\": 1, \"primitives\": {}}",
        "{\"adversarial_loss\": 1, \"distance\": 0, \"target_agreement\": 0, \"teacher_agreement\": 0, "
        "\"contrast_kept\": 1, \"primitives\": {\"blur\": {\"gate\": 0.5, \"sigma\": [1, 2, 3, 4]}}}"};
    struct augmentation_record found;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *object = json_loads(texts[i], 0, NULL);
        cr_assert(object != NULL);
        cr_expect(not(augmentation_record_from_json(object, &found)), "%s", texts[i]);
        json_decref(object);
    }
}
