// severity_curve_test.c: the curve in result.json is what the corrupted evaluation measures, severity by severity.
#include "harness/severity_curve.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "datasets/synthetic.h"
#include "harness/corrupted_evaluation.h"
#include "tests/support/device_array.h"
#include "tests/support/training_jobs.h"

enum { IMAGES = 50 };

struct scene {
    struct device *device;
    struct image_set images;
    struct frost frost;
    struct state_dict model;
};

// A network that has learned a little, so that severities make a difference.
static void scene_create(struct scene *scene)
{
    struct small_job small;
    *scene = (struct scene){.model = {0}};
    small_job_create(&small);
    small_job_run(&small, "cpu", 1, &scene->model);
    small_job_destroy(&small);
    scene->device = device_for_test(kernels_find("cpu"), 1);
    cr_assert(eq(int, synthetic_generate(1, 10, 200, IMAGES, &scene->images).code, STATUS_OK));
    cr_assert(eq(int, frost_load(NULL, &scene->frost).code, STATUS_OK));
}

static void scene_destroy(struct scene *scene)
{
    state_dict_destroy(&scene->model);
    frost_destroy(&scene->frost);
    image_set_destroy(&scene->images);
    device_end_test(scene->device);
}

static struct severity_curve measure(const struct scene *scene, const char *code, const struct image_set *published)
{
    struct severity_curve curve;
    const struct severity_curve_request request = {.depth = 10,
                                                   .widen = 1,
                                                   .batch = 16,
                                                   .corruption = corruption_find(code),
                                                   .model = &scene->model,
                                                   .clean = &scene->images,
                                                   .published = published,
                                                   .official = true,
                                                   .frost = &scene->frost};
    struct status status = severity_curve_measure(scene->device, &request, &curve);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    return curve;
}

static void expect_generated(const struct scene *scene, const char *code, const struct severity_curve *curve)
{
    const struct corrupted_evaluation_settings settings = {.depth = 10,
                                                           .widen = 1,
                                                           .batch = 7,
                                                           .seed = SEVERITY_CURVE_SEED,
                                                           .frost = &scene->frost,
                                                           .images = &scene->images};
    struct corrupted_evaluator *evaluator = NULL;
    cr_assert(eq(int, corrupted_evaluator_create(scene->device, &settings, &scene->model, &evaluator).code, STATUS_OK));
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) {
        struct evaluation expected;
        const enum corruption_kind kind = (enum corruption_kind)corruption_place(corruption_find(code));
        cr_assert(eq(int, corrupted_evaluator_run(evaluator, kind, severity, &expected).code, STATUS_OK));
        cr_expect(eq(i64, curve->cells[severity].correct, expected.correct), "%s, severity %d", code, severity);
        cr_expect(eq(i64, curve->cells[severity].images, IMAGES));
    }
    corrupted_evaluator_destroy(evaluator);
}

Test(severity_curve, measures_what_the_evaluation_measures)
{
    struct scene scene;
    scene_create(&scene);
    const struct severity_curve contrast = measure(&scene, "Co", NULL), frost = measure(&scene, "Fr", NULL);
    expect_generated(&scene, "Co", &contrast);
    expect_generated(&scene, "Fr", &frost);
    cr_expect(contrast.cells[5].loss > contrast.cells[0].loss, "severe contrast must hurt: %g against %g",
              contrast.cells[5].loss, contrast.cells[0].loss);
    json_t *found = severity_curve_json(&frost), *other = severity_curve_json(&contrast);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(found, "corruption")), "Fr"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(found, "source")), "generated"));
    cr_expect(eq(str, (char *)json_string_value(json_object_get(found, "frost_textures")), "procedural"));
    cr_expect(eq(int, json_typeof(json_object_get(other, "frost_textures")), JSON_NULL));
    cr_expect(eq(int, json_typeof(json_object_get(found, "official")), JSON_NULL),
              "nothing published has a part in it");
    cr_expect(eq(sz, json_array_size(json_object_get(found, "accuracy_percent")), 1 + CORRUPTION_SEVERITIES));
    json_decref(found);
    json_decref(other);
    scene_destroy(&scene);
}

Test(severity_curve, takes_published_images_as_they_are)
{
    struct scene scene;
    struct image_set published[CORRUPTION_SEVERITIES];
    scene_create(&scene);
    for (int s = 0; s < CORRUPTION_SEVERITIES; s++) published[s] = scene.images;
    const struct severity_curve curve = measure(&scene, "Fr", published);
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        cr_expect(eq(i64, curve.cells[severity].correct, curve.cells[0].correct), "severity %d", severity);
    json_t *found = severity_curve_json(&curve);
    cr_expect(eq(str, (char *)json_string_value(json_object_get(found, "source")), "published"));
    cr_expect(eq(int, json_typeof(json_object_get(found, "official")), JSON_TRUE));
    cr_expect(eq(int, json_typeof(json_object_get(found, "seed")), JSON_NULL));
    json_decref(found);
    scene_destroy(&scene);
}
