// profile.c: replays a step under an observer with a clock. The first replay lists the calls, so that in the timed ones
// the observer reads the clock and does nothing else. Tests: tests/profile_test.c.
#include "bench/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "base/machine.h"

enum { STEPS_MINIMUM = 3, STEPS_MAXIMUM = 400, BLOCK_MAXIMUM = 16 };

static const double block_seconds = 0.05;    // of steps with as many threads in a row
static const double ceilings_fraction = 0.2; // of all the time, before the steps
static const double after_fraction = 0.05;   // of all the time, after them

// The durations of steps: `calls` of each, then the step's own.
struct step_samples {
    double *seconds;
    int count;
    double processor_seconds, wall_seconds; // of all of them
};

struct measurement {
    const struct profile_request *request;
    struct profile *profile;
    int *call_rows; // which row a call of the step counts for
    int call_capacity, row_capacity;
    struct step_samples samples[2]; // with all threads, with one
    double *durations;              // of the step at work: where its next call goes
    double call_begun;
    struct status status;
};

// ---- the first replay: which calls there are -------------------------------------------------------------------

static bool grow(void **array, int count, int *capacity, size_t item_bytes)
{
    if (count < *capacity) return true;
    const int wanted = *capacity == 0 ? 128 : 2 * *capacity;
    void *grown = realloc(*array, (size_t)wanted * item_bytes);
    if (grown == NULL) return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

static struct profile_row *find_row(struct measurement *measurement, const struct profile_row *wanted)
{
    struct profile *profile = measurement->profile;
    for (int i = 0; i < profile->row_count; i++) {
        struct profile_row *row = &profile->rows[i];
        if (row->operation == wanted->operation && strcmp(row->shape, wanted->shape) == 0 &&
            strcmp(row->algorithm.name, wanted->algorithm.name) == 0)
            return row;
    }
    void *rows = profile->rows;
    if (!grow(&rows, profile->row_count, &measurement->row_capacity, sizeof *wanted)) return NULL;
    profile->rows = rows;
    profile->rows[profile->row_count] = *wanted;
    return &profile->rows[profile->row_count++];
}

static void list_call(void *context, enum operation operation, const void *settings)
{
    struct measurement *measurement = context;
    struct profile *profile = measurement->profile;
    const struct device *device = measurement->request->device;
    const struct operation_cost cost = operation_cost(device_kernels(device), operation, settings);
    struct profile_row wanted = {.operation = operation, .one_thread_seconds = NAN};
    wanted.algorithm = device_algorithm(device, operation, settings);
    operation_shape_text(operation, settings, wanted.shape, sizeof wanted.shape);
    void *call_rows = measurement->call_rows;
    struct profile_row *row = find_row(measurement, &wanted);
    if (row == NULL || !grow(&call_rows, profile->calls, &measurement->call_capacity, sizeof *measurement->call_rows)) {
        measurement->status = status_error(STATUS_NO_MEMORY, "profile of a step: out of memory");
        return;
    }
    measurement->call_rows = call_rows;
    measurement->call_rows[profile->calls++] = (int)(row - profile->rows);
    row->calls++;
    row->cost.flops += cost.flops;
    row->cost.bytes += cost.bytes;
    row->bound_seconds +=
        ceilings_bound_seconds(&profile->ceilings, cost, wanted.algorithm.multiply_fraction, profile->bf16);
}

// A row is memory bound when its traffic alone takes longer than its arithmetic alone.
static void judge_bounds(struct profile *profile)
{
    for (int i = 0; i < profile->row_count; i++) {
        struct profile_row *row = &profile->rows[i];
        const struct operation_cost memory = {0, row->cost.bytes}, arithmetic = {row->cost.flops, 0};
        const double fraction = row->algorithm.multiply_fraction;
        row->memory_bound = ceilings_bound_seconds(&profile->ceilings, memory, fraction, profile->bf16) >
                            ceilings_bound_seconds(&profile->ceilings, arithmetic, fraction, profile->bf16);
    }
}

static struct status replay(const struct measurement *measurement, struct device *device)
{
    const struct profile_request *request = measurement->request;
    if (request->before_step != NULL) request->before_step(request->context);
    device_graph_launch(device, request->step);
    return device_synchronise(device);
}

static struct status list_calls(struct measurement *measurement)
{
    struct device *device = measurement->request->device;
    device_set_observer(device, (struct device_observer){.before = list_call, .context = measurement});
    struct status status = replay(measurement, device);
    device_set_observer(device, (struct device_observer){0});
    if (status.code == STATUS_OK) status = measurement->status;
    if (status.code == STATUS_OK) judge_bounds(measurement->profile);
    return status;
}

// ---- timed replays ---------------------------------------------------------------------------------------------

static void begin_call(void *context, enum operation operation, const void *settings)
{
    (void)operation;
    (void)settings;
    ((struct measurement *)context)->call_begun = clock_seconds();
}

static void end_call(void *context, enum operation operation, const void *settings)
{
    (void)operation;
    (void)settings;
    struct measurement *measurement = context;
    *measurement->durations++ = clock_seconds() - measurement->call_begun;
}

static double processor_seconds(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static struct status time_step(struct measurement *measurement, struct device *device, struct step_samples *samples)
{
    const struct profile_request *request = measurement->request;
    const size_t width = (size_t)measurement->profile->calls + 1;
    if (request->before_step != NULL) request->before_step(request->context);
    measurement->durations = samples->seconds + width * (size_t)samples->count;
    const double processor_begun = processor_seconds(), begun = clock_seconds();
    device_graph_launch(device, request->step);
    struct status status = device_synchronise(device);
    const double seconds = clock_seconds() - begun;
    if (status.code != STATUS_OK) return status;
    *measurement->durations = seconds;
    samples->count++;
    samples->wall_seconds += seconds;
    samples->processor_seconds += processor_seconds() - processor_begun;
    return status;
}

// The first step after the other number of threads finds them asleep; where that shows it is not counted.
static struct status time_block(struct measurement *measurement, struct device *device, int steps,
                                struct step_samples *samples)
{
    struct status status = steps > 1 ? replay(measurement, device) : status_ok();
    device_set_observer(device,
                        (struct device_observer){.before = begin_call, .after = end_call, .context = measurement});
    for (int i = 0; i < steps && status.code == STATUS_OK; i++) {
        status = interrupt_status();
        if (status.code == STATUS_OK && samples->count < STEPS_MAXIMUM)
            status = time_step(measurement, device, samples);
    }
    device_set_observer(device, (struct device_observer){0});
    return status;
}

static int block_steps(double step_seconds)
{
    const double steps = block_seconds / step_seconds;
    return steps < 1 ? 1 : steps > BLOCK_MAXIMUM ? BLOCK_MAXIMUM : (int)steps;
}

// `single` may be NULL.
static struct status time_steps(struct measurement *measurement, struct device *single, double until)
{
    struct device *device = measurement->request->device;
    struct step_samples *all = &measurement->samples[0], *one = &measurement->samples[1];
    struct status status = single != NULL ? replay(measurement, single) : status_ok(); // its first touch of memory
    const double begun = clock_seconds();
    if (status.code == STATUS_OK) status = replay(measurement, device);
    const int steps = block_steps(clock_seconds() - begun);
    while (status.code == STATUS_OK && all->count < STEPS_MAXIMUM &&
           (all->count < STEPS_MINIMUM || clock_seconds() < until)) {
        status = time_block(measurement, device, steps, all);
        if (status.code == STATUS_OK && single != NULL) status = time_block(measurement, single, steps, one);
    }
    return status;
}

// ---- from samples to rows --------------------------------------------------------------------------------------

static int compare_step_seconds(const void *left, const void *right)
{
    const double *const *a = left, *const *b = right;
    return (**a > **b) - (**a < **b);
}

// The mean over the middle half of the steps: of every call, then of the step.
static struct status average_steps(const struct step_samples *samples, int calls, double *means)
{
    const size_t width = (size_t)calls + 1;
    const double **steps = malloc((size_t)samples->count * sizeof *steps); // each points at its own duration
    if (steps == NULL) return status_error(STATUS_NO_MEMORY, "profile of a step: out of memory");
    for (int i = 0; i < samples->count; i++) steps[i] = samples->seconds + (size_t)i * width + (size_t)calls;
    qsort(steps, (size_t)samples->count, sizeof *steps, compare_step_seconds);
    const int first = samples->count / 4, end = samples->count - first;
    memset(means, 0, width * sizeof *means);
    for (int i = first; i < end; i++)
        for (size_t call = 0; call < width; call++) means[call] += *(steps[i] - calls + call) / (end - first);
    free(steps);
    return status_ok();
}

static int compare_rows(const void *left, const void *right)
{
    const struct profile_row *a = left, *b = right;
    return (a->seconds < b->seconds) - (a->seconds > b->seconds);
}

static struct status conclude(const struct measurement *measurement)
{
    struct profile *profile = measurement->profile;
    const struct step_samples *all = &measurement->samples[0], *one = &measurement->samples[1];
    double *means = malloc(((size_t)profile->calls + 1) * sizeof *means);
    if (means == NULL) return status_error(STATUS_NO_MEMORY, "profile of a step: out of memory");
    struct status status = average_steps(all, profile->calls, means);
    for (int i = 0; i < profile->calls && status.code == STATUS_OK; i++) {
        profile->rows[measurement->call_rows[i]].seconds += means[i];
        profile->kernel_seconds += means[i];
    }
    profile->step_seconds = means[profile->calls];
    profile->steps = all->count;
    profile->processor_share = all->processor_seconds / (profile->threads * all->wall_seconds);
    if (status.code == STATUS_OK && one->count > 0) {
        status = average_steps(one, profile->calls, means);
        for (int i = 0; i < profile->row_count; i++) profile->rows[i].one_thread_seconds = 0;
        for (int i = 0; i < profile->calls; i++)
            profile->rows[measurement->call_rows[i]].one_thread_seconds += means[i];
        profile->one_thread_step_seconds = means[profile->calls];
    }
    qsort(profile->rows, (size_t)profile->row_count, sizeof *profile->rows, compare_rows);
    free(means);
    return status;
}

// ---- both ------------------------------------------------------------------------------------------------------

static struct status allocate_samples(struct measurement *measurement)
{
    const size_t width = (size_t)measurement->profile->calls + 1;
    for (int i = 0; i < 2; i++) {
        measurement->samples[i].seconds = malloc(width * STEPS_MAXIMUM * sizeof(double));
        if (measurement->samples[i].seconds == NULL)
            return status_error(STATUS_NO_MEMORY, "profile of a step: out of memory");
    }
    return status_ok();
}

struct status profile_measure(const struct profile_request *request, struct profile *profile)
{
    struct device *single = NULL; // shares the memory of the request's device, which is the host's
    const struct kernels *kernels = device_kernels(request->device);
    if (kernels->launch_graph != NULL) {
        *profile = (struct profile){.threads = 0};
        return status_error(STATUS_DEVICE,
                            "operations of %s go on after they return, so a clock around each tells nothing; "
                            "bench/gpu-check.sh measures this device",
                            kernels->name);
    }
    const double begun = clock_seconds();
    struct measurement measurement = {.request = request, .profile = profile, .status = status_ok()};
    *profile = (struct profile){.threads = device_threads(request->device),
                                .bf16 = kernels->activation_bytes == 2,
                                .one_thread_step_seconds = NAN};
    profile->ceilings = ceilings_measure(profile->threads, ceilings_fraction * request->seconds);
    struct status status = list_calls(&measurement);
    if (status.code == STATUS_OK) status = allocate_samples(&measurement);
    if (status.code == STATUS_OK && profile->threads > 1)
        status = device_open(kernels, (struct device_settings){.threads = 1}, &single);
    const double until = begun + (1 - after_fraction) * request->seconds;
    if (status.code == STATUS_OK) status = time_steps(&measurement, single, until);
    profile->fma_fp32_after = ceilings_measure_fma(profile->threads, after_fraction * request->seconds);
    if (status.code == STATUS_OK) status = conclude(&measurement);
    device_close(single);
    for (int i = 0; i < 2; i++) free(measurement.samples[i].seconds);
    free(measurement.call_rows);
    if (status.code != STATUS_OK) profile_destroy(profile);
    return status;
}

void profile_destroy(struct profile *profile)
{
    free(profile->rows);
    *profile = (struct profile){0};
}

double profile_idle_share(int threads, double seconds, double one_thread_seconds)
{
    return 1 - one_thread_seconds / (threads * seconds);
}
