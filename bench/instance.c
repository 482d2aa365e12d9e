// instance.c: see instance.h. Tests: tests/bench_case_test.c.
#include "bench/instance.h"

#include <stdlib.h>
#include <string.h>

#include "bench/values.h"

static size_t value_bytes(const struct device *device, enum field_kind kind)
{
    switch (kind) {
    case FIELD_ACTIVATIONS: return device_kernels(device)->activation_bytes;
    case FIELD_FLOATS:
    case FIELD_PER_RUN: return sizeof(float);
    case FIELD_INTEGERS: return sizeof(int32_t);
    case FIELD_BYTES: return 1;
    case FIELD_STATISTICS: return device_kernels(device)->statistics_bytes;
    case FIELD_STATES: return sizeof(struct training_state);
    case FIELD_METRICS: return sizeof(struct metrics);
    }
    return 0;
}

// ---- creation --------------------------------------------------------------------------------------------------

static void set_pointer(struct instance *instance, const struct field *field, void *memory)
{
    char *place = (char *)&instance->bench_case.settings + field->offset;
    if (field->kind == FIELD_PER_RUN) {
        const struct per_run array = {memory, field->count};
        memcpy(place, &array, sizeof array);
    } else {
        memcpy(place, &memory, sizeof memory);
    }
}

// The float type that a field has on this device, uploaded from `values`.
static struct status upload_floats(const struct instance *instance, int index, const float *values)
{
    const struct field *field = &instance->fields[index];
    const size_t bytes = value_bytes(instance->device, field->kind);
    if (bytes == sizeof(float)) {
        device_upload(instance->device, instance->memory[index], values, field->count * bytes);
        return status_ok();
    }
    uint16_t *rounded = malloc(field->count * sizeof *rounded);
    if (rounded == NULL) return status_error(STATUS_NO_MEMORY, "bench: no memory for %zu values", field->count);
    values_to_bfloat16(values, field->count, rounded);
    device_upload(instance->device, instance->memory[index], rounded, field->count * bytes);
    free(rounded);
    return status_ok();
}

static struct status fill_field(const struct instance *instance, int index, size_t period)
{
    const struct field *field = &instance->fields[index];
    if (field->kind == FIELD_STATISTICS)
        return statistics_produce(instance->device, field, (uint32_t)index, instance->memory[index]);
    if (field->kind == FIELD_STATES || field->kind == FIELD_METRICS) return status_ok(); // fresh memory is zero
    float *values = malloc(field->count * sizeof *values);                               // of any of the types below
    if (values == NULL) return status_error(STATUS_NO_MEMORY, "bench: no memory for %zu values", field->count);
    struct status status = status_ok();
    if (field->kind == FIELD_INTEGERS || field->kind == FIELD_BYTES) {
        if (field->kind == FIELD_INTEGERS)
            values_fill_integers(field, (uint32_t)index, field->count, (int32_t *)values);
        else
            values_fill_bytes(field, (uint32_t)index, field->count, (uint8_t *)values);
        device_upload(instance->device, instance->memory[index], values,
                      field->count * value_bytes(instance->device, field->kind));
    } else {
        values_fill_floats(field, (uint32_t)index, period, field->count, values);
        status = upload_floats(instance, index, values);
    }
    free(values);
    return status;
}

struct status instance_create(struct device *device, const struct bench_case *bench_case, int period,
                              struct instance *instance)
{
    *instance = (struct instance){.device = device, .bench_case = *bench_case};
    instance->field_count = bench_case_fields(bench_case, instance->fields);
    const size_t images = (size_t)bench_case_images(bench_case);
    struct status status = status_ok();
    for (int i = 0; i < instance->field_count && status.code == STATUS_OK; i++) {
        const struct field *field = &instance->fields[i];
        const size_t repeat = field->growth == GROWTH_TILE ? field->count / images * (size_t)period : field->count;
        status = device_allocate(device, field->count * value_bytes(device, field->kind), &instance->memory[i]);
        if (status.code != STATUS_OK) break;
        set_pointer(instance, field, instance->memory[i]);
        if (field->role != FIELD_OUTPUT) status = fill_field(instance, i, repeat);
    }
    return status.code == STATUS_OK ? device_synchronise(device) : status;
}

void instance_destroy(struct instance *instance)
{
    for (int i = 0; i < instance->field_count; i++) device_release(instance->device, instance->memory[i]);
    *instance = (struct instance){.device = NULL};
}

// ---- reading back ----------------------------------------------------------------------------------------------

static void widen_floats(const float *from, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++) to[i] = (double)from[i];
}

static void widen_integers(const int32_t *from, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++) to[i] = from[i];
}

// Raw bytes of a field as numbers; `raw` is large enough for a float for each of them.
static size_t widen(const struct field *field, size_t bytes, void *raw, double *values)
{
    const struct training_state *state = raw;
    const struct metrics *metrics = raw;
    switch (field->kind) {
    case FIELD_STATES:
        values[0] = (double)state->step;
        values[1] = (double)state->position;
        return 2;
    case FIELD_METRICS:
        values[0] = metrics->loss_sum;
        values[1] = (double)metrics->correct;
        values[2] = (double)metrics->images;
        return 3;
    case FIELD_INTEGERS: widen_integers(raw, field->count, values); return field->count;
    default: break;
    }
    if (bytes == sizeof(uint16_t)) {
        float *floats = (float *)raw;
        for (size_t i = field->count; i-- > 0;) // from the end: the floats grow over the halves
            values_from_bfloat16((const uint16_t *)raw + i, 1, &floats[i]);
    }
    widen_floats(raw, field->count, values);
    return field->count;
}

struct status instance_read(const struct instance *instance, int index, double **values, size_t *count, int *parts)
{
    enum { SMALLEST = 64 }; // bytes: more than a state or metrics
    const struct field *field = &instance->fields[index];
    const size_t bytes = value_bytes(instance->device, field->kind);
    struct status status = status_ok();
    void *raw = malloc(field->count * 2 * sizeof(float) + SMALLEST);
    *values = malloc((2 * field->count + SMALLEST) * sizeof **values);
    *parts = field->kind == FIELD_STATISTICS ? 2 : 1;
    if (raw == NULL || *values == NULL) {
        status = status_error(STATUS_NO_MEMORY, "bench: no memory for %zu values", field->count);
    } else if (field->kind == FIELD_STATISTICS) {
        status = statistics_read(instance->device, field, instance->memory[index], raw);
        *count = 2 * field->count;
        widen_floats(raw, *count, *values);
    } else {
        device_download(instance->device, raw, instance->memory[index], field->count * bytes);
        status = device_synchronise(instance->device);
        *count = widen(field, bytes, raw, *values);
    }
    free(raw);
    if (status.code == STATUS_OK) return status;
    free(*values);
    *values = NULL;
    return status;
}
