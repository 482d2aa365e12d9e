// step_profile.c: reads profile.json strictly, adds the shapes of an operation up. Tests: tests/report_profile_test.c.
#include "report/step_profile.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "report/json_member.h"

enum { STEP_PROFILE_SIZE_LIMIT = 4 << 20, STEP_PROFILE_LINES_LIMIT = 5000, STEP_PROFILE_FORMAT = 1 };

static const double step_profile_large = 1e18; // no number of a step is larger

static const struct status no_memory = {STATUS_NO_MEMORY, "read profile.json: out of memory"};

static bool is_plain_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const size_t length = strlen(name);
    return length > 0 && length < 64 && strspn(name, allowed) == length;
}

static void read_line(const json_t *object, struct step_profile_line *line, struct status *status)
{
    line->operation = json_member_string(object, "operation", status);
    line->shape = json_member_string(object, "shape", status);
    line->algorithm = json_member_string(object, "algorithm", status);
    line->calls = (double)json_member_integer(object, "calls", 1, INT32_MAX, status);
    line->seconds = json_member_number(object, "seconds", 0, step_profile_large, status);
    line->flops = json_member_number(object, "flops", 0, step_profile_large, status);
    line->bytes = json_member_number(object, "bytes", 0, step_profile_large, status);
    line->bound_seconds = json_member_number(object, "bound_seconds", 0, step_profile_large, status);
    line->memory_bound = strcmp(json_member_string(object, "bound_by", status), "memory") == 0;
    line->one_thread_seconds = json_optional_number(object, "one_thread_seconds");
    if (status->code == STATUS_OK && !is_plain_name(line->operation))
        *status = status_error(STATUS_BAD_INPUT, "\"operation\": expected a name of small letters, digits and _");
}

static int compare_lines(const void *left, const void *right)
{
    const struct step_profile_line *a = left, *b = right;
    if (a->seconds != b->seconds) return a->seconds < b->seconds ? 1 : -1;
    return strcmp(a->operation, b->operation);
}

static struct status read_lines(struct step_profile *profile)
{
    struct status status = status_ok();
    const json_t *array = json_object_get(profile->root, "operations");
    const size_t count = json_array_size(array);
    if (!json_is_array(array) || count == 0 || count > STEP_PROFILE_LINES_LIMIT)
        return status_error(STATUS_BAD_INPUT, "\"operations\": expected an array of 1 to %d, found %s%zu",
                            STEP_PROFILE_LINES_LIMIT, json_is_array(array) ? "" : "no array, ", count);
    profile->shapes = calloc(count, sizeof *profile->shapes);
    if (profile->shapes == NULL) return no_memory;
    for (size_t i = 0; i < count; i++) read_line(json_array_get(array, i), &profile->shapes[i], &status);
    profile->shape_count = count;
    qsort(profile->shapes, count, sizeof *profile->shapes, compare_lines);
    return status;
}

static struct step_profile_line *find_operation(struct step_profile *profile, const char *operation)
{
    for (size_t i = 0; i < profile->operation_count; i++)
        if (strcmp(profile->operations[i].operation, operation) == 0) return &profile->operations[i];
    struct step_profile_line *line = &profile->operations[profile->operation_count++];
    *line = (struct step_profile_line){.operation = operation};
    return line;
}

static struct status add_up_operations(struct step_profile *profile)
{
    profile->operations = calloc(profile->shape_count, sizeof *profile->operations);
    if (profile->operations == NULL) return no_memory;
    profile->operation_count = 0;
    for (size_t i = 0; i < profile->shape_count; i++) {
        const struct step_profile_line *shape = &profile->shapes[i];
        struct step_profile_line *sum = find_operation(profile, shape->operation);
        sum->calls += shape->calls;
        sum->seconds += shape->seconds;
        sum->flops += shape->flops;
        sum->bytes += shape->bytes;
        sum->bound_seconds += shape->bound_seconds;
        sum->one_thread_seconds += shape->one_thread_seconds;
    }
    qsort(profile->operations, profile->operation_count, sizeof *profile->operations, compare_lines);
    return status_ok();
}

static void read_step(struct step_profile *profile, struct status *status)
{
    const json_t *step = json_member_object(profile->root, "step", status);
    const json_t *ceilings = json_member_object(profile->root, "ceilings", status);
    profile->images = (double)json_member_integer(step, "images", 1, INT32_MAX, status);
    profile->calls = (double)json_member_integer(step, "calls", 1, INT32_MAX, status);
    profile->seconds = json_member_number(step, "seconds", 1e-12, step_profile_large, status);
    profile->kernel_seconds = json_member_number(step, "kernel_seconds", 0, step_profile_large, status);
    profile->one_thread_seconds = json_optional_number(step, "one_thread_seconds");
    profile->processor_percent = json_optional_number(step, "processor_percent");
    profile->fma_fp32_gflops_before = json_optional_number(ceilings, "fma_fp32_gflops");
    profile->fma_fp32_gflops_after = json_optional_number(step, "fma_fp32_gflops_after");
    const bool bf16 = strcmp(profile->precision, "bf16") == 0;
    profile->fma_gflops = json_optional_number(ceilings, bf16 ? "fma_bf16_gflops" : "fma_fp32_gflops");
    profile->copy_gigabytes_per_second = json_optional_number(ceilings, "copy_gigabytes_per_second");
    profile->instructions = json_member_string(ceilings, "instructions", status);
}

static struct status read_members(struct step_profile *profile)
{
    struct status status = status_ok();
    const json_t *root = profile->root;
    json_member_integer(root, "format", STEP_PROFILE_FORMAT, STEP_PROFILE_FORMAT, &status);
    profile->configuration_hash = json_member_string(root, "configuration_hash", &status);
    profile->method = json_member_string(root, "method", &status);
    profile->measured = json_member_string(root, "measured", &status);
    profile->precision = json_member_string(root, "precision", &status);
    profile->depth = (double)json_member_integer(root, "depth", 1, INT32_MAX, &status);
    profile->widen = (double)json_member_integer(root, "widen", 1, INT32_MAX, &status);
    profile->threads = (double)json_member_integer(root, "threads", 1, INT32_MAX, &status);
    profile->backend = json_member_string(json_member_object(root, "environment", &status), "backend", &status);
    read_step(profile, &status);
    if (status.code == STATUS_OK) status = read_lines(profile);
    if (status.code == STATUS_OK) status = add_up_operations(profile);
    return status;
}

static struct status parse(const uint8_t *bytes, size_t size, struct step_profile *profile)
{
    json_error_t error;
    profile->root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (profile->root == NULL) return status_error(STATUS_BAD_INPUT, "line %d: %s", error.line, error.text);
    if (!json_is_object(profile->root)) return status_error(STATUS_BAD_INPUT, "expected an object");
    return read_members(profile);
}

struct status step_profile_read(const char *folder, const char *refused, struct step_profile *profile)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *profile = (struct step_profile){0};
    if (refused != NULL) {
        snprintf(profile->absent, sizeof profile->absent, "%s", refused);
        return status_ok();
    }
    struct stat information;
    char *path = path_join(folder, STEP_PROFILE_FILE);
    struct status status = status_ok();
    if (stat(path, &information) == 0 && !S_ISREG(information.st_mode))
        status = status_error(STATUS_BAD_INPUT, "it is not a plain file");
    else
        status = file_read(path, STEP_PROFILE_SIZE_LIMIT, &bytes, &size);
    const bool missing = status.code == STATUS_MISSING;
    if (status.code == STATUS_OK) status = parse(bytes, size, profile);
    free(bytes);
    free(path);
    if (status.code == STATUS_OK) return status;
    step_profile_destroy(profile);
    if (status.code == STATUS_NO_MEMORY) return status;
    profile->damaged = !missing;
    if (missing)
        snprintf(profile->absent, sizeof profile->absent,
                 "No profile has been measured; transinv reproduce does so at its end.");
    else
        snprintf(profile->absent, sizeof profile->absent, "%s cannot be read: %s.", STEP_PROFILE_FILE, status.message);
    return status_ok();
}

void step_profile_destroy(struct step_profile *profile)
{
    free(profile->shapes);
    free(profile->operations);
    json_decref(profile->root);
    *profile = (struct step_profile){0};
}

// ---- derived numbers -------------------------------------------------------------------------------------------

static double ratio(double above, double below)
{
    return below > 0 ? above / below : NAN;
}

double step_profile_time_share(const struct step_profile *profile, const struct step_profile_line *line)
{
    return 100 * ratio(line->seconds, profile->seconds);
}

double step_profile_bound_share(const struct step_profile_line *line)
{
    return 100 * ratio(line->bound_seconds, line->seconds);
}

double step_profile_idle_share(const struct step_profile *profile, double seconds, double one_thread_seconds)
{
    return 100 * (1 - ratio(one_thread_seconds, profile->threads * seconds));
}

double step_profile_gigaflops(const struct step_profile_line *line)
{
    return ratio(line->flops, line->seconds) / 1e9;
}

double step_profile_gigabytes(const struct step_profile_line *line)
{
    return ratio(line->bytes, line->seconds) / 1e9;
}

double step_profile_kernel_share(const struct step_profile *profile)
{
    return 100 * ratio(profile->kernel_seconds, profile->seconds);
}

double step_profile_total_bound_share(const struct step_profile *profile)
{
    double bound_seconds = 0;
    for (size_t i = 0; i < profile->operation_count; i++) bound_seconds += profile->operations[i].bound_seconds;
    return 100 * ratio(bound_seconds, profile->seconds);
}

double step_profile_images_per_second(const struct step_profile *profile)
{
    return ratio(profile->images, profile->seconds);
}
