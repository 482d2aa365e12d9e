// severity_curve.c: see severity_curve.h. Tests: tests/severity_curve_test.c.
#include "harness/severity_curve.h"

#include "harness/corrupted_evaluation.h"
#include "harness/json_text.h"

static struct status measure_cell(struct corrupted_evaluator *evaluator, const struct severity_curve_request *request,
                                  int severity, struct evaluation *cell)
{
    if (severity == 0) return corrupted_evaluator_run_pixels(evaluator, request->clean->pixels, cell);
    if (request->published != NULL)
        return corrupted_evaluator_run_pixels(evaluator, request->published[severity - 1].pixels, cell);
    return corrupted_evaluator_run(evaluator, (enum corruption_kind)corruption_place(request->corruption), severity,
                                   cell);
}

struct status severity_curve_measure(struct device *device, const struct severity_curve_request *request,
                                     struct severity_curve *curve)
{
    const bool frosty = request->published == NULL && corruption_place(request->corruption) == (int)CORRUPTION_FROST;
    const struct corrupted_evaluation_settings settings = {.depth = request->depth,
                                                           .widen = request->widen,
                                                           .batch = request->batch,
                                                           .seed = SEVERITY_CURVE_SEED,
                                                           .frost = frosty ? request->frost : NULL,
                                                           .images = request->clean};
    struct corrupted_evaluator *evaluator = NULL;
    *curve = (struct severity_curve){
        .corruption = request->corruption,
        .published = request->published != NULL,
        .official = request->published != NULL && request->official,
        .frost_textures = frosty && request->frost != NULL ? frost_origin_name(request->frost->origin) : NULL};
    struct status status = corrupted_evaluator_create(device, &settings, request->model, &evaluator);
    for (int severity = 0; status.code == STATUS_OK && severity <= CORRUPTION_SEVERITIES; severity++)
        status = measure_cell(evaluator, request, severity, &curve->cells[severity]);
    corrupted_evaluator_destroy(evaluator);
    return status;
}

json_t *severity_curve_json(const struct severity_curve *curve)
{
    json_t *accuracies = json_array(), *correct = json_array(), *losses = json_array();
    for (int severity = 0; severity <= CORRUPTION_SEVERITIES; severity++) {
        const struct evaluation *cell = &curve->cells[severity];
        json_array_append_new(accuracies, json_number(100 * cell->accuracy));
        json_array_append_new(correct, json_integer(cell->correct));
        json_array_append_new(losses, json_number(cell->loss));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:s?, s:I, s:o, s:o, s:o}", "corruption", curve->corruption->code, "source",
                     curve->published ? "published" : "generated", "official",
                     curve->published ? json_boolean(curve->official) : json_null(), "seed",
                     curve->published ? json_null() : json_integer(SEVERITY_CURVE_SEED), "frost_textures",
                     curve->frost_textures, "images", (json_int_t)curve->cells[0].images, "accuracy_percent",
                     accuracies, "correct", correct, "loss", losses);
}
