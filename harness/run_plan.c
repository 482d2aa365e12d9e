// run_plan.c: what follows from a run's plan without training: its name, random key and settings.
// Tests: tests/matrix_test.c.
#include <ctype.h>
#include <stdio.h>

#include "harness/published_teacher.h"
#include "harness/run.h"

void run_plan_name(struct run_plan *plan)
{
    snprintf(plan->name, sizeof plan->name, "%s-%s-seed%u-%.8s",
             plan->role == RUN_TEACHER ? "teacher" : plan->method->code,
             plan->corruption != NULL ? plan->corruption->name : plan->data->name, (unsigned)plan->seed,
             plan->configuration_hash);
    for (char *c = plan->name; *c != '\0'; c++) *c = (char)tolower((unsigned char)*c);
}

uint32_t run_random_key(const struct run_plan *plan)
{
    int place = plan->corruption != NULL ? corruption_place(plan->corruption) : CORRUPTION_COUNT;
    return 16 * plan->seed + (uint32_t)place;
}

const char *run_teacher_images(const struct preset *preset, bool corrupted)
{
    if (!corrupted) return "clean";
    return preset->values.data.corrupted_source == PRESET_CORRUPTED_PUBLISHED ? "clean+published" : "clean+corrupted";
}

bool run_uses_published(const struct run_plan *plan)
{
    return plan->role == RUN_TEACHER && plan->corruption != NULL &&
           plan->preset->values.data.corrupted_source == PRESET_CORRUPTED_PUBLISHED;
}

int run_train_count(const struct run_plan *plan)
{
    return run_uses_published(plan)
               ? published_teacher_train_count(plan->data, &plan->preset->values.teacher_severities)
               : plan->data->train.count;
}

int run_test_count(const struct run_plan *plan)
{
    return run_uses_published(plan) ? published_teacher_test_count(plan->data) : plan->data->test.count;
}

// Which of the preset's severities corrupt the training images of this run; NULL: none do.
static const struct preset_weights *find_severities(const struct run_plan *plan)
{
    const struct preset_values *values = &plan->preset->values;
    if (plan->corruption == NULL || run_uses_published(plan)) return NULL;
    if (plan->role == RUN_TEACHER) return &values->teacher_severities;
    return plan->method->corrupts_images ? &values->fa.severities : NULL;
}

static struct corruption_law make_law(const struct run_plan *plan, const struct preset_weights *severities)
{
    struct corruption_law law = {.kind = corruption_place(plan->corruption)};
    for (int i = 0; i <= CORRUPTION_SEVERITIES; i++) law.weights[i] = (float)severities->items[i];
    return law;
}

static struct transinv_settings transinv_settings(const struct preset_values *values)
{
    struct transinv_settings settings = {
        .augmentation = {.hidden = values->transinv.hidden,
                         .temperature = (float)values->transinv.temperature,
                         .gate_start = (float)values->transinv.gate_start,
                         .blur_start = (float)values->transinv.blur_start,
                         .noise_start = (float)values->transinv.noise_start},
        .distance = (enum transinv_distance)values->transinv.distance,
        .lambda = (float)values->transinv.lambda,
        .label_smoothing = (float)values->transinv.label_smoothing,
        .inner_steps = values->transinv.inner_steps,
        .learning_rate = values->transinv.learning_rate,
        .weight_decay = (float)values->transinv.weight_decay,
        .clip = (float)values->transinv.clip,
        .replay_epochs = values->transinv.replay_epochs,
    };
    for (int i = 0; i < PRIMITIVE_COUNT; i++)
        settings.augmentation.primitives[i] = values->transinv.primitives.items[i];
    return settings;
}

struct training_settings run_training_settings(const struct run_plan *plan)
{
    const struct preset_values *values = &plan->preset->values;
    const struct preset_training *own = plan->role == RUN_TEACHER ? &values->teacher : &values->target;
    const struct preset_weights *severities = find_severities(plan);
    return (struct training_settings){
        .depth = values->network.depth,
        .widen = values->network.widen,
        .batch_size = values->training.batch_size,
        .epochs = own->epochs,
        .learning_rate = own->learning_rate,
        .learning_rate_minimum = values->training.learning_rate_minimum,
        .warmup_epochs = values->training.warmup_epochs,
        .warmup = (enum schedule_warmup)values->training.warmup_kind,
        .momentum = (float)values->training.momentum,
        .weight_decay = (float)values->training.weight_decay,
        .label_smoothing = (float)values->training.label_smoothing,
        .base_augmentation = (enum base_augmentation)values->training.base_augmentation,
        .corrupts = severities != NULL,
        .law = severities != NULL ? make_law(plan, severities) : (struct corruption_law){.kind = 0},
        .seed = run_random_key(plan),
        .evaluate_every = values->training.evaluate_every,
        .method = plan->method != NULL ? plan->method : &method_ft, // a teacher's loss is plain cross entropy too
        .augmix = {.severity = values->augmix.severity,
                   .all_operations = values->augmix.operations == PRESET_AUGMIX_ALL},
        .transinv = transinv_settings(values),
    };
}

double run_training_images(const struct run_plan *plan)
{
    struct training_settings settings = run_training_settings(plan);
    int steps = run_train_count(plan) / settings.batch_size;
    return (double)steps * settings.batch_size * settings.epochs;
}
