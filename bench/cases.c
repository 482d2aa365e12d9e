// cases.c: see cases.h. Tests: tests/bench_cases_test.c.
#include "bench/cases.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/recorder.h"
#include "datasets/image_set.h"
#include "harness/methods/method.h"
#include "harness/preset.h"

enum { SET_BATCHES = 4 }; // batches in the data set that batch_load picks from

// ---- the list --------------------------------------------------------------------------------------------------

// What the recorder is writing to.
struct recording {
    struct case_list *list;
    size_t capacity;
    struct status status;
};

static struct listed_case *find_case(const struct case_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].bench_case.name, name) == 0) return &list->items[i];
    return NULL;
}

static struct listed_case *append_case(struct recording *recording, const struct bench_case *bench_case)
{
    struct case_list *list = recording->list;
    if (list->count == recording->capacity) {
        const size_t capacity = recording->capacity == 0 ? 64 : 2 * recording->capacity;
        struct listed_case *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            recording->status = status_error(STATUS_NO_MEMORY, "bench: no memory for %zu cases", capacity);
            return NULL;
        }
        list->items = items;
        recording->capacity = capacity;
    }
    list->items[list->count] = (struct listed_case){.bench_case = *bench_case};
    return &list->items[list->count++];
}

static void record(void *context, enum operation operation, const void *settings)
{
    struct recording *recording = context;
    struct bench_case bench_case;
    if (recording->status.code != STATUS_OK) return;
    recording->status = bench_case_create(operation, settings, &bench_case);
    if (recording->status.code != STATUS_OK) return;
    struct listed_case *listed = find_case(recording->list, bench_case.name);
    if (listed == NULL) listed = append_case(recording, &bench_case);
    if (listed != NULL) listed->calls[recording->list->step_count]++; // the step under way
}

// ---- one training step -----------------------------------------------------------------------------------------

// Arrays that the recorder gives addresses to; their sizes matter to nobody.
static struct status create_set(struct device *device, int images, struct resident_set *set)
{
    void **pointers[] = {(void **)&set->pixels, (void **)&set->labels,       (void **)&set->order,
                         (void **)&set->state,  (void **)&set->batch_labels, (void **)&set->metrics};
    struct status status = status_ok();
    set->count = images;
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0] && status.code == STATUS_OK; i++)
        status = device_allocate(device, 1, pointers[i]);
    return status;
}

static void enqueue_optimiser(const struct training_step *step, struct per_run rates, struct per_run velocity)
{
    sgd_update(step->device, &(struct sgd_update){.runs = 1,
                                                  .count = network_parameter_count(step->network),
                                                  .momentum = step->settings->momentum,
                                                  .weight_decay = step->settings->weight_decay,
                                                  .rates = rates,
                                                  .states = step->train->state,
                                                  .gradient = network_gradients(step->network),
                                                  .velocity = velocity,
                                                  .parameter = network_parameters(step->network)});
    step_advance(step->device, &(struct step_advance){.runs = 1,
                                                      .images = step->settings->batch_size,
                                                      .count_step = true,
                                                      .states = step->train->state});
}

// As the training loop does it: the method's step, the optimiser, the counter.
static struct status run_step(struct device *device, const struct training_settings *settings)
{
    const struct network_shape shape = {.depth = settings->depth,
                                        .widen = settings->widen,
                                        .classes = BENCH_CLASSES,
                                        .side = IMAGE_SIDE,
                                        .channels = IMAGE_CHANNELS,
                                        .runs = 1,
                                        .images = settings->batch_size};
    struct network *network = NULL;
    struct resident_set set = {.count = 0};
    struct image_loader loader = {.device = NULL};
    struct per_run rates = {NULL, 1}, velocity = {NULL, 1};
    const struct image_loader_settings loading = {.batch = settings->batch_size,
                                                  .augmentation = settings->base_augmentation};
    struct status status = network_create(device, &shape, true, &network);
    if (status.code == STATUS_OK) status = create_set(device, SET_BATCHES * settings->batch_size, &set);
    if (status.code == STATUS_OK) status = image_loader_create(device, &set, &loading, &loader);
    if (status.code == STATUS_OK) status = device_allocate(device, 1, (void **)&rates.data);
    if (status.code == STATUS_OK) status = device_allocate(device, 1, (void **)&velocity.data);
    if (status.code == STATUS_OK) {
        const struct training_step step = {.device = device,
                                           .network = network,
                                           .settings = settings,
                                           .classes = BENCH_CLASSES,
                                           .train = &set,
                                           .loader = &loader};
        settings->method->enqueue_step(&step);
        enqueue_optimiser(&step, rates, velocity);
        status = device_synchronise(device);
    }
    image_loader_destroy(&loader);
    network_destroy(network);
    return status;
}

static struct status record_preset(const char *preset_name, const int *batches, int batch_count,
                                   struct recording *recording, struct device *device)
{
    struct preset preset;
    struct status status = preset_load(preset_name, &preset);
    if (status.code != STATUS_OK) return status;
    struct training_settings settings = {.depth = preset.values.network.depth,
                                         .widen = preset.values.network.widen,
                                         .momentum = (float)preset.values.training.momentum,
                                         .weight_decay = (float)preset.values.training.weight_decay,
                                         .label_smoothing = (float)preset.values.training.label_smoothing,
                                         .base_augmentation = preset.values.training.base_augmentation,
                                         .method = &method_ft};
    for (int i = 0; i < batch_count && status.code == STATUS_OK; i++) {
        struct case_list *list = recording->list;
        settings.batch_size = batches[i];
        snprintf(list->steps[list->step_count], BENCH_STEP_NAME_SIZE, "wrn-%d-%d n%d", settings.depth, settings.widen,
                 settings.batch_size);
        status = run_step(device, &settings);
        if (status.code == STATUS_OK) status = recording->status;
        list->step_count++;
    }
    preset_destroy(&preset);
    return status;
}

// ---- public ----------------------------------------------------------------------------------------------------

// Stable: cases of one operation keep the order of the step.
static void sort_by_operation(struct case_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        const struct listed_case moved = list->items[i];
        size_t at = i;
        for (; at > 0 && list->items[at - 1].bench_case.operation > moved.bench_case.operation; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

struct status case_list_create(const int *batches, int batch_count, struct case_list *list)
{
    static const char *const presets[] = {"paper", "quick"};
    *list = (struct case_list){.count = 0};
    struct recording recording = {.list = list, .status = status_ok()};
    struct device *device = NULL;
    struct status status = recorder_open(record, &recording, &device);
    for (size_t i = 0; i < sizeof presets / sizeof presets[0] && status.code == STATUS_OK; i++)
        status = record_preset(presets[i], batches, batch_count, &recording, device);
    device_close(device);
    if (status.code == STATUS_OK)
        sort_by_operation(list);
    else
        case_list_destroy(list);
    return status;
}

void case_list_destroy(struct case_list *list)
{
    free(list->items);
    *list = (struct case_list){.count = 0};
}

struct status case_list_filter(struct case_list *list, const char *pattern)
{
    regex_t expression;
    char reason[120];
    const int error = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        regerror(error, &expression, reason, sizeof reason);
        return status_error(STATUS_USAGE, "--filter \"%s\": no regular expression: %s", pattern, reason);
    }
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (regexec(&expression, list->items[i].bench_case.name, 0, NULL, 0) == 0) list->items[kept++] = list->items[i];
    regfree(&expression);
    list->count = kept;
    if (kept == 0) return status_error(STATUS_USAGE, "--filter \"%s\": no case has such a name; see --list", pattern);
    return status_ok();
}
