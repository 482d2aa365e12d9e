// bench.c: see bench.h. Tests: tests/bench_run_test.c.
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bench/measure.h"
#include "kernels/vendor/vendor.h"

const char *const bench_rival_names[RIVAL_COUNT] = {"vendor", "reference"};

static const double ceilings_seconds = 1, fma_seconds = 0.03, relative_error = 0.005, sample_seconds = 200e-6,
                    cold_share = 0.25;
static const double reference_check_seconds = 0.3, reference_rival_seconds = 0.05;

struct bench {
    struct bench_request request;
    struct device *device, *reference;
    const struct vendor *vendor;
    struct ceilings ceilings;
    size_t evict_bytes;
};

// ---- opening ---------------------------------------------------------------------------------------------------

struct status bench_open(const struct bench_request *request, struct bench **bench)
{
    *bench = calloc(1, sizeof **bench);
    if (*bench == NULL) return status_error(STATUS_NO_MEMORY, "bench: out of memory");
    struct bench *opened = *bench;
    opened->request = *request;
    opened->device = request->device;
    opened->vendor = vendor_available();
    opened->evict_bytes = 2 * machine_state_read().last_cache_bytes;
    struct status status = status_ok();
    if (request->rivals[RIVAL_VENDOR] && opened->vendor == NULL)
        status =
            status_error(STATUS_USAGE, "--vs vendor: this program was built without oneDNN; install libdnnl-dev, or "
                                       "build with ONEDNN=DIR (make help)");
    if (status.code == STATUS_OK)
        status = device_open(kernels_find("reference"), (struct device_settings){.threads = 1}, &opened->reference);
    if (status.code == STATUS_OK) {
        opened->ceilings = ceilings_measure(device_threads(request->device), ceilings_seconds);
    } else {
        bench_close(opened);
        *bench = NULL;
    }
    return status;
}

void bench_close(struct bench *bench)
{
    if (bench == NULL) return;
    device_close(bench->reference);
    free(bench);
}

const struct ceilings *bench_ceilings(const struct bench *bench)
{
    return &bench->ceilings;
}

// ---- subjects --------------------------------------------------------------------------------------------------

static void run_instance(void *context)
{
    instance_run(context);
}

static struct status finish_instance(void *context)
{
    const struct instance *instance = context;
    return device_synchronise(instance->device);
}

static struct subject subject_of(struct instance *instance)
{
    return (struct subject){run_instance, finish_instance, instance};
}

// A vendor's task as something to time; the first error sticks.
struct vendor_subject {
    const struct vendor *vendor;
    struct vendor_task *task;
    struct status status;
};

static void run_vendor(void *context)
{
    struct vendor_subject *subject = context;
    if (subject->status.code == STATUS_OK) subject->status = subject->vendor->run(subject->task);
}

static struct status finish_vendor(void *context)
{
    const struct vendor_subject *subject = context;
    return subject->status;
}

static struct measure_limits limits_of(const struct bench *bench, double share)
{
    return (struct measure_limits){bench->request.time_limit_seconds * share, relative_error, sample_seconds};
}

// ---- correctness -----------------------------------------------------------------------------------------------

// What is right: `bench_case` on `images` images, run once on the reference.
static struct status create_expected(struct bench *bench, const struct bench_case *bench_case, int images,
                                     struct instance *expected)
{
    const struct bench_case part = bench_case_resize(bench_case, images);
    struct status status = instance_create(bench->reference, &part, bench_case_images(&part), expected);
    if (status.code != STATUS_OK) return status;
    instance_run(expected);
    return device_synchronise(bench->reference);
}

// Creates the case on the device, runs it once and compares.
static struct status create_checked(struct bench *bench, const struct bench_case *bench_case, int reference_images,
                                    struct instance *tested, struct check_result *check)
{
    struct instance expected = {.device = NULL};
    *tested = (struct instance){.device = NULL};
    struct status status = create_expected(bench, bench_case, reference_images, &expected);
    if (status.code == STATUS_OK)
        status = instance_create(bench->device, bench_case, bench_case_images(&expected.bench_case), tested);
    if (status.code == STATUS_OK) {
        instance_run(tested);
        status = device_synchronise(bench->device);
    }
    if (status.code == STATUS_OK) status = check_compare(tested, &expected, check);
    instance_destroy(&expected);
    return status;
}

// ---- rivals ----------------------------------------------------------------------------------------------------

static struct status check_vendor(struct bench *bench, const struct vendor_subject *subject, struct instance *tensors,
                                  int reference_images, struct check_result *check)
{
    struct instance expected = {.device = NULL};
    struct status status = subject->vendor->run(subject->task);
    if (status.code == STATUS_OK) status = subject->vendor->fetch(subject->task);
    if (status.code == STATUS_OK) status = create_expected(bench, &tensors->bench_case, reference_images, &expected);
    if (status.code == STATUS_OK) status = check_compare(tensors, &expected, check);
    instance_destroy(&expected);
    return status;
}

// Checks the vendor's task, and when it is right times it beside ours with all that ours fuses.
static struct status measure_vendor_task(struct bench *bench, struct vendor_subject *theirs, struct instance *tensors,
                                         struct instance *ours, int reference_images, struct rival_result *rival)
{
    snprintf(rival->implementation, sizeof rival->implementation, "%s", theirs->vendor->implementation(theirs->task));
    struct status status = check_vendor(bench, theirs, tensors, reference_images, &rival->check);
    if (status.code != STATUS_OK || !rival->check.right) return status;
    const struct subject first = subject_of(ours), second = {run_vendor, finish_vendor, theirs};
    const struct measure_limits limits = limits_of(bench, 1);
    status = measure_pairs(&first, &second, &limits, &rival->pair);
    rival->measured = status.code == STATUS_OK;
    return status;
}

// A vendor that refuses a shape is no reason to stop.
static struct status measure_vendor(struct bench *bench, struct instance *ours, int reference_images,
                                    struct rival_result *rival)
{
    const struct bench_case bare = bench_case_strip(&ours->bench_case);
    const struct bench_case part = bench_case_resize(&bare, reference_images);
    struct vendor_subject theirs = {bench->vendor, NULL, status_ok()};
    struct instance tensors = {.device = NULL}; // in host memory
    rival->does = bench->vendor->does(bare.operation);
    if (rival->does == NULL) return status_ok();
    snprintf(rival->leaves_out, sizeof rival->leaves_out, "%s", ours->bench_case.options);
    rival->images = bench_case_images(&bare);
    struct status status = instance_create(bench->reference, &bare, bench_case_images(&part), &tensors);
    if (status.code != STATUS_OK) goto done;
    status = bench->vendor->create(bare.operation, &tensors.bench_case.settings, device_threads(bench->device),
                                   &theirs.task);
    if (status.code == STATUS_OK) {
        status = measure_vendor_task(bench, &theirs, &tensors, ours, reference_images, rival);
        bench->vendor->destroy(theirs.task);
    } else if (status.code == STATUS_DEVICE) {
        log_message(LOG_WARNING, "%s: %s", bare.name, status.message);
        rival->does = NULL;
        status = status_ok();
    }
done:
    instance_destroy(&tensors);
    return status;
}

// Both on as many images as the reference does in a twentieth of a second.
static struct status measure_reference(struct bench *bench, const struct bench_case *bench_case,
                                       struct rival_result *rival)
{
    struct instance ours = {.device = NULL}, theirs = {.device = NULL};
    const struct bench_case part =
        bench_case_resize(bench_case, check_reference_images(bench_case, reference_rival_seconds));
    const int images = bench_case_images(&part);
    rival->does = "all of it";
    rival->images = images;
    rival->check = (struct check_result){.right = true, .field = ""};
    struct status status = instance_create(bench->device, &part, images, &ours);
    if (status.code == STATUS_OK) status = instance_create(bench->reference, &part, images, &theirs);
    if (status.code == STATUS_OK) {
        const struct subject first = subject_of(&ours), second = subject_of(&theirs);
        const struct measure_limits limits = limits_of(bench, 1);
        status = measure_pairs(&first, &second, &limits, &rival->pair);
        rival->measured = status.code == STATUS_OK;
    }
    instance_destroy(&ours);
    instance_destroy(&theirs);
    return status;
}

// ---- one case --------------------------------------------------------------------------------------------------

// The ceilings with the FMA rate as it is around the measurement; bfloat16's moves along.
static struct ceilings ceilings_around(const struct bench *bench, const struct case_result *result)
{
    struct ceilings ceilings = bench->ceilings;
    ceilings.fma_bf16 *= result->fma_rate / ceilings.fma_fp32;
    ceilings.fma_fp32 = result->fma_rate;
    return ceilings;
}

static void describe_case(const struct bench *bench, struct case_result *result)
{
    const struct bench_case *bench_case = &result->listed.bench_case;
    const struct kernels *kernels = device_kernels(bench->device);
    const bool bf16 = kernels->activation_bytes < sizeof(float);
    const struct ceilings ceilings = ceilings_around(bench, result);
    result->algorithm = device_algorithm(bench->device, bench_case->operation, &bench_case->settings);
    result->cost = operation_cost(kernels, bench_case->operation, &bench_case->settings);
    const double fraction = result->algorithm.multiply_fraction;
    const struct operation_cost traffic = {0, result->cost.bytes};
    result->bound_seconds = ceilings_bound_seconds(&ceilings, result->cost, fraction, bf16);
    result->direct_bound_seconds = ceilings_bound_seconds(&ceilings, result->cost, 1, bf16);
    result->memory_bound = ceilings_bound_seconds(&ceilings, traffic, 1, bf16) >= result->bound_seconds;
}

// The warm samples are those of the pairs where a vendor takes turns.
static struct status time_case(struct bench *bench, struct instance *instance, struct case_result *result)
{
    const struct subject subject = subject_of(instance);
    const struct measure_limits limits = limits_of(bench, 1), cold_limits = limits_of(bench, cold_share);
    struct rival_result *vendor = &result->rivals[RIVAL_VENDOR], *reference = &result->rivals[RIVAL_REFERENCE];
    struct status status = status_ok();
    if (bench->request.rivals[RIVAL_VENDOR]) status = measure_vendor(bench, instance, result->reference_images, vendor);
    if (status.code == STATUS_OK && vendor->measured) {
        result->warm = vendor->pair.first;
        vendor->pair.first = (struct measurement){.count = 0};
    } else if (status.code == STATUS_OK) {
        status = measure_warm(&subject, &limits, &result->warm);
    }
    if (status.code == STATUS_OK && bench->request.rivals[RIVAL_REFERENCE])
        status = measure_reference(bench, &result->listed.bench_case, reference);
    if (status.code == STATUS_OK)
        status = measure_cold(&subject, &cold_limits, bench->evict_bytes, device_threads(bench->device), &result->cold);
    return status;
}

struct status bench_measure_case(struct bench *bench, const struct listed_case *listed, struct case_result *result)
{
    struct instance instance = {.device = NULL};
    *result = (struct case_result){.listed = *listed};
    result->reference_images = check_reference_images(&listed->bench_case, reference_check_seconds);
    struct status status =
        create_checked(bench, &listed->bench_case, result->reference_images, &instance, &result->check);
    const int threads = device_threads(bench->device);
    result->fma_rate = ceilings_measure_fma(threads, fma_seconds);
    if (status.code == STATUS_OK && result->check.right) status = time_case(bench, &instance, result);
    result->fma_rate = fmax(result->fma_rate, ceilings_measure_fma(threads, fma_seconds));
    describe_case(bench, result);
    instance_destroy(&instance);
    return status;
}

void case_result_destroy(struct case_result *result)
{
    measurement_destroy(&result->warm);
    measurement_destroy(&result->cold);
    for (int i = 0; i < RIVAL_COUNT; i++) pair_measurement_destroy(&result->rivals[i].pair);
}

// ---- again, and against itself ---------------------------------------------------------------------------------

struct status bench_measure_again(struct bench *bench, const struct listed_case *listed, struct measurement *warm)
{
    struct instance instance;
    const struct measure_limits limits = limits_of(bench, 1);
    *warm = (struct measurement){.count = 0};
    struct status status = instance_create(bench->device, &listed->bench_case, 1, &instance);
    const struct subject subject = subject_of(&instance);
    if (status.code == STATUS_OK) status = measure_warm(&subject, &limits, warm);
    instance_destroy(&instance);
    return status;
}

static struct status append_ratios(const struct pair_measurement *pair, double **ratios, size_t *count)
{
    double *grown = realloc(*ratios, (*count + pair->ratio_count + 1) * sizeof *grown);
    if (grown == NULL) return status_error(STATUS_NO_MEMORY, "bench: no memory for %zu ratios", pair->ratio_count);
    memcpy(grown + *count, pair->ratios, pair->ratio_count * sizeof *grown);
    *ratios = grown;
    *count += pair->ratio_count;
    return status_ok();
}

struct status bench_measure_self(struct bench *bench, const struct listed_case *listed, double **ratios, size_t *count)
{
    struct instance instance;
    struct pair_measurement pair = {.ratio_count = 0};
    const struct measure_limits limits = {bench->request.time_limit_seconds, 0,
                                          sample_seconds}; // all the time: tails count
    struct status status = instance_create(bench->device, &listed->bench_case, 1, &instance);
    const struct subject subject = subject_of(&instance);
    if (status.code == STATUS_OK) status = measure_pairs(&subject, &subject, &limits, &pair);
    if (status.code == STATUS_OK) {
        status = append_ratios(&pair, ratios, count);
        pair_measurement_destroy(&pair);
    }
    instance_destroy(&instance);
    return status;
}

struct noise_floor noise_floor_of(const double *ratios, size_t count, size_t cases)
{
    struct noise_floor noise = {.cases = cases, .pairs = count};
    if (count == 0) return noise;
    noise.median = samples_quantile(ratios, count, 0.5);
    noise.first_quartile = samples_quantile(ratios, count, 0.25);
    noise.third_quartile = samples_quantile(ratios, count, 0.75);
    noise.low = samples_quantile(ratios, count, 0.025);
    noise.high = samples_quantile(ratios, count, 0.975);
    noise.floor = fmax(fabs(noise.low - 1), fabs(noise.high - 1));
    return noise;
}
