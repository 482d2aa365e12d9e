// vendor.c: our convolutions beside cuDNN's, by turns, and the rate of cuBLASLt's matrix products of the same size, at the
// shapes of WideResNet-40-2. Both libraries are found when the program runs; one that is missing is told and left out.
// The bare operations: bfloat16, no prologue, no statistics. What is compared is checked against each other first.
#include <argp.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/random.h"
#include "bench/cost.h"
#include "bench/gpu/cublaslt.h"
#include "bench/gpu/cudnn.h"
#include "bench/gpu/turns.h"
#include "kernels/cuda/cuda.h"

enum { SAMPLES = 31, SETS_LIMIT = 64, SEED = 1, RATE_SIZE = 8192 };
static const size_t arena_bytes = (size_t)512 << 20, part_bytes = 1 << 20;
static const double tolerance =
    2e-2; // of the largest value: bfloat16 keeps 8 bits, and cuDNN rounds filter gradients to it

struct options {
    int batch;
    const char *json;
    bool checks; // whether there is a device, and no more
};

// All that is there for the whole run. The inputs of every set are slices of one arena of random numbers, the outputs of
// another. Filters are small and few.
struct rivals {
    struct device *device;
    cudaStream_t stream;
    struct cudnn *cudnn;       // NULL: none
    struct cublaslt *cublaslt; // NULL: none
    char *inputs, *outputs;
    float *filter;      // ours, float32, kernel kernel in out; gradients go there as well
    void *cudnn_filter; // the same as bfloat16, out kernel kernel in
    double cache_bytes, bytes_per_second, flops_per_second; // the last is 0 when unknown
    json_t *cases;
    int wrong;
};

// One operation at one shape.
struct contest {
    struct rivals *rivals;
    enum operation operation;
    struct conv_shape shape;
    size_t source_bytes, target_bytes; // of one set
    int sets;
    struct conv_forward forward;
    struct conv_backward_data backward_data;
    struct conv_backward_filter backward_filter;
    struct cudnn_conv *conv;          // NULL: none
    struct cublaslt_product *product; // NULL: none
    size_t left_bytes, result_bytes;  // of the product
    int product_sets;
    double error;                           // of ours from cuDNN's, in the largest value
    char reason[2 * sizeof(struct status)]; // what a rival left out for
};

// ---- one call of each ----------------------------------------------------------------------------------------------

static char *source_of(const struct contest *contest, int set)
{
    bool read = contest->operation != OPERATION_CONV_BACKWARD_DATA;
    return (read ? contest->rivals->inputs : contest->rivals->outputs) + (size_t)set * contest->source_bytes;
}

// Behind all sources, where both are read.
static char *target_of(const struct contest *contest, int set)
{
    const struct rivals *rivals = contest->rivals;
    size_t place = (size_t)set * contest->target_bytes;
    if (contest->operation == OPERATION_CONV_FORWARD) return rivals->outputs + place;
    if (contest->operation == OPERATION_CONV_BACKWARD_DATA) return rivals->inputs + place;
    return rivals->inputs + (size_t)contest->sets * contest->source_bytes + place;
}

static struct status enqueue_ours(void *context, int set)
{
    struct contest *contest = context;
    struct device *device = contest->rivals->device;
    switch (contest->operation) {
    case OPERATION_CONV_FORWARD:
        contest->forward.input = source_of(contest, set);
        contest->forward.output = target_of(contest, set);
        conv_forward(device, &contest->forward);
        break;
    case OPERATION_CONV_BACKWARD_DATA:
        contest->backward_data.gradient = target_of(contest, set);
        contest->backward_data.output = source_of(contest, set);
        conv_backward_data(device, &contest->backward_data);
        break;
    default:
        contest->backward_filter.input = source_of(contest, set);
        contest->backward_filter.gradient = target_of(contest, set);
        conv_backward_filter(device, &contest->backward_filter);
    }
    return status_ok();
}

static struct status enqueue_cudnn(void *context, int set)
{
    const struct contest *contest = context;
    return cudnn_conv_run(contest->conv, source_of(contest, set), contest->rivals->cudnn_filter,
                          target_of(contest, set));
}

static struct status enqueue_product(void *context, int set)
{
    const struct contest *contest = context;
    const struct rivals *rivals = contest->rivals;
    return cublaslt_product_run(contest->product, rivals->inputs + (size_t)set * contest->left_bytes, rivals->inputs,
                                rivals->outputs + (size_t)set * contest->result_bytes);
}

// ---- setting up ----------------------------------------------------------------------------------------------------

static float bfloat16_value(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static uint16_t bfloat16_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16); // to nearest, ties to even
}

// Numbers in [-1, 1), the same part over and over.
static struct status fill_inputs(struct rivals *rivals)
{
    struct random_stream stream = random_stream_create(SEED, PURPOSE_TEST, 0, 0);
    size_t count = part_bytes / sizeof(uint16_t);
    uint16_t *part = malloc(part_bytes);
    if (part == NULL) return status_error(STATUS_NO_MEMORY, "random numbers: out of memory");
    for (size_t i = 0; i < count; i++)
        part[i] = bfloat16_bits((float)random_next_below(&stream, 1 << 16) / (1 << 15) - 1);
    for (size_t at = 0; at < arena_bytes; at += part_bytes)
        device_upload(rivals->device, rivals->inputs + at, part, part_bytes);
    free(part);
    return device_synchronise(rivals->device);
}

static struct status allocate(struct rivals *rivals)
{
    const size_t filter_values = (size_t)3 * 3 * 128 * 128;
    struct status status = device_allocate(rivals->device, arena_bytes, (void **)&rivals->inputs);
    if (status.code == STATUS_OK) status = device_allocate(rivals->device, arena_bytes, (void **)&rivals->outputs);
    if (status.code == STATUS_OK)
        status = device_allocate(rivals->device, filter_values * sizeof(float), (void **)&rivals->filter);
    if (status.code == STATUS_OK)
        status = device_allocate(rivals->device, filter_values * sizeof(uint16_t), &rivals->cudnn_filter);
    return status.code == STATUS_OK ? fill_inputs(rivals) : status;
}

static struct status copy_arena(void *context, int set)
{
    (void)set;
    struct rivals *rivals = context;
    return turns_status(
        cudaMemcpyAsync(rivals->outputs, rivals->inputs, arena_bytes, cudaMemcpyDeviceToDevice, rivals->stream),
        "copy");
}

// What the device can do: bandwidth of a long copy, rate of a large product.
static struct status measure_ceilings(struct rivals *rivals)
{
    struct turn copy = {.enqueue = copy_arena, .context = rivals}, *turns[1] = {&copy};
    int cache_bytes = 0;
    struct status status =
        turns_status(cudaDeviceGetAttribute(&cache_bytes, cudaDevAttrL2CacheSize, 0), "ask for the cache");
    rivals->cache_bytes = cache_bytes;
    if (status.code == STATUS_OK) status = turn_prepare(&copy, rivals->stream, 1);
    if (status.code == STATUS_OK) status = turns_measure(turns, 1, rivals->stream, SAMPLES);
    turn_release(&copy);
    if (status.code != STATUS_OK) return status;
    rivals->bytes_per_second = 2 * (double)arena_bytes / copy.median;
    if (rivals->cublaslt == NULL) return status;
    struct contest contest = {.rivals = rivals};
    struct turn product = {.enqueue = enqueue_product, .context = &contest};
    turns[0] = &product;
    status = cublaslt_product_create(rivals->cublaslt, RATE_SIZE, RATE_SIZE, RATE_SIZE, &contest.product);
    if (status.code == STATUS_OK) status = turn_prepare(&product, rivals->stream, 1);
    if (status.code == STATUS_OK) status = turns_measure(turns, 1, rivals->stream, SAMPLES);
    turn_release(&product);
    cublaslt_product_destroy(contest.product);
    if (status.code == STATUS_OK) rivals->flops_per_second = 2 * pow(RATE_SIZE, 3) / product.median;
    return status;
}

// ---- one contest ---------------------------------------------------------------------------------------------------

static size_t filter_count(const struct conv_shape *shape)
{
    return (size_t)shape->kernel * (size_t)shape->kernel * (size_t)shape->channels_in * (size_t)shape->channels_out;
}

// Where value `i` of our filter stands in cuDNN's.
static size_t cudnn_place(const struct conv_shape *shape, size_t i)
{
    size_t out = i % (size_t)shape->channels_out, rest = i / (size_t)shape->channels_out;
    return out * (filter_count(shape) / (size_t)shape->channels_out) + rest;
}

static struct status upload_filter(const struct contest *contest)
{
    const size_t count = filter_count(&contest->shape);
    struct random_stream stream = random_stream_create(SEED, PURPOSE_TEST, 1, 0);
    float *ours = malloc(count * sizeof *ours);
    uint16_t *theirs = malloc(count * sizeof *theirs);
    if (ours != NULL && theirs != NULL) {
        for (size_t i = 0; i < count; i++) {
            uint16_t bits = bfloat16_bits((float)random_next_below(&stream, 1 << 16) / (1 << 20) - 1.0F / 32);
            ours[i] = bfloat16_value(bits);
            theirs[cudnn_place(&contest->shape, i)] = bits;
        }
        device_upload(contest->rivals->device, contest->rivals->filter, ours, count * sizeof *ours);
        device_upload(contest->rivals->device, contest->rivals->cudnn_filter, theirs, count * sizeof *theirs);
    }
    struct status status = ours == NULL || theirs == NULL ? status_error(STATUS_NO_MEMORY, "filter: out of memory")
                                                          : device_synchronise(contest->rivals->device);
    free(ours);
    free(theirs);
    return status;
}

static int sets_for(const struct rivals *rivals, size_t bytes_read, size_t bytes_written)
{
    const size_t larger = bytes_read > bytes_written ? bytes_read : bytes_written;
    double sets = ceil(2 * rivals->cache_bytes / (double)(bytes_read + bytes_written));
    if (sets > SETS_LIMIT) sets = SETS_LIMIT;
    while (sets > 1 && sets * (double)larger > (double)arena_bytes) sets--;
    return sets < 1 ? 1 : (int)sets;
}

static void describe(struct contest *contest)
{
    const struct conv_shape *shape = &contest->shape;
    const size_t images = (size_t)shape->images, stride = (size_t)shape->stride;
    const size_t height_out = ((size_t)shape->height + stride - 1) / stride;
    const struct per_run filter = {contest->rivals->filter, 0};
    contest->source_bytes =
        images * (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels_in * sizeof(uint16_t);
    contest->target_bytes = images * height_out * height_out * (size_t)shape->channels_out * sizeof(uint16_t);
    contest->forward = (struct conv_forward){.shape = *shape, .filter = filter};
    contest->backward_data = (struct conv_backward_data){.shape = *shape, .filter = filter};
    contest->backward_filter = (struct conv_backward_filter){.shape = *shape, .grad_filter = filter};
    bool both_read = contest->operation == OPERATION_CONV_BACKWARD_FILTER;
    contest->sets = both_read ? sets_for(contest->rivals, contest->source_bytes + contest->target_bytes, 0)
                              : sets_for(contest->rivals, contest->source_bytes, contest->target_bytes);
}

static const void *settings_of(const struct contest *contest)
{
    if (contest->operation == OPERATION_CONV_FORWARD) return &contest->forward;
    if (contest->operation == OPERATION_CONV_BACKWARD_DATA) return &contest->backward_data;
    return &contest->backward_filter;
}

// As a product of matrices, with the windows of the image written out: nine times the image for a 3x3 kernel, which is what a
// convolution spares itself.
static struct status create_product(struct contest *contest)
{
    const struct conv_shape *shape = &contest->shape;
    const size_t window = (size_t)shape->kernel * (size_t)shape->kernel, in = (size_t)shape->channels_in;
    const size_t out = (size_t)shape->channels_out, pixels = contest->target_bytes / sizeof(uint16_t) / out;
    size_t rows = pixels, columns = out, depth = window * in;
    if (contest->operation == OPERATION_CONV_BACKWARD_DATA) columns = in, depth = window * out;
    if (contest->operation == OPERATION_CONV_BACKWARD_FILTER) rows = window * in, depth = pixels;
    contest->left_bytes = rows * depth * sizeof(uint16_t);
    contest->result_bytes = rows * columns * sizeof(uint16_t);
    contest->product_sets = sets_for(contest->rivals, contest->left_bytes, contest->result_bytes);
    if (contest->left_bytes > arena_bytes) return status_error(STATUS_MISSING, "the product's matrix is too large");
    return cublaslt_product_create(contest->rivals->cublaslt, rows, columns, depth, &contest->product);
}

static double value_of(const struct contest *contest, const void *values, size_t i, bool ours)
{
    if (contest->operation != OPERATION_CONV_BACKWARD_FILTER)
        return (double)bfloat16_value(((const uint16_t *)values)[i]);
    if (ours) return (double)((const float *)values)[i];
    return (double)bfloat16_value(((const uint16_t *)values)[cudnn_place(&contest->shape, i)]);
}

// The largest difference over the largest value, of set 0.
static struct status compare_results(struct contest *contest)
{
    struct rivals *rivals = contest->rivals;
    const bool filter = contest->operation == OPERATION_CONV_BACKWARD_FILTER;
    const bool forward = contest->operation == OPERATION_CONV_FORWARD;
    char *made = forward ? target_of(contest, 0) : source_of(contest, 0);
    size_t count = (forward ? contest->target_bytes : contest->source_bytes) / sizeof(uint16_t);
    if (filter) count = filter_count(&contest->shape);
    size_t our_bytes = count * (filter ? sizeof(float) : sizeof(uint16_t)), their_bytes = count * sizeof(uint16_t);
    void *ours = malloc(our_bytes), *theirs = malloc(their_bytes);
    struct status status = status_error(STATUS_NO_MEMORY, "results: out of memory");
    if (ours == NULL || theirs == NULL) goto done;
    enqueue_ours(contest, 0);
    device_download(rivals->device, ours, filter ? (void *)rivals->filter : made, our_bytes);
    status = enqueue_cudnn(contest, 0);
    device_download(rivals->device, theirs, filter ? rivals->cudnn_filter : made, their_bytes);
    if (status.code == STATUS_OK) status = device_synchronise(rivals->device);
    double difference = 0, largest = 0;
    for (size_t i = 0; status.code == STATUS_OK && i < count; i++) {
        double a = value_of(contest, ours, i, true), b = value_of(contest, theirs, i, false);
        if (!(fabs(a - b) <= difference)) difference = fabs(a - b); // NaN stays
        if (fabs(b) > largest) largest = fabs(b);
    }
    contest->error = difference / largest;
    if (status.code == STATUS_OK && !(contest->error <= tolerance)) rivals->wrong++;
done:
    free(ours);
    free(theirs);
    return status;
}

// ---- what is told ----------------------------------------------------------------------------------------------------

static json_t *turn_json(const struct turn *turn)
{
    return json_pack("{s:f, s:f, s:f, s:i}", "median", turn->median, "first_quartile", turn->first_quartile,
                     "third_quartile", turn->third_quartile, "calls", turn->calls);
}

static void tell_number(bool known, const char *format, double value)
{
    if (known)
        printf(format, value);
    else
        printf("%9s", "-");
}

static void tell(const struct contest *contest, const struct turn *ours, const struct turn *theirs,
                 const struct turn *product)
{
    const struct rivals *rivals = contest->rivals;
    const struct operation_cost cost =
        operation_cost(device_kernels(rivals->device), contest->operation, settings_of(contest));
    const double memory = cost.bytes / rivals->bytes_per_second;
    const double arithmetic = rivals->flops_per_second > 0 ? cost.flops / rivals->flops_per_second : 0;
    const double bound = memory > arithmetic ? memory : arithmetic;
    char shape[80];
    operation_shape_text(contest->operation, settings_of(contest), shape, sizeof shape);
    printf("%-21s %-29s %9.2f", operation_name(contest->operation), shape, ours->median * 1e6);
    tell_number(theirs != NULL, "%9.2f", theirs == NULL ? 0 : theirs->median * 1e6);
    tell_number(theirs != NULL, "%9.2f", theirs == NULL ? 0 : theirs->median / ours->median);
    tell_number(product != NULL, "%9.2f", product == NULL ? 0 : product->median * 1e6);
    printf("  %5.1f %% of %s", 100 * bound / ours->median, memory > arithmetic ? "memory" : "matrix");
    if (theirs != NULL) printf(", error %.1e%s", contest->error, contest->error <= tolerance ? "" : " WRONG");
    printf("%s%s\n", contest->reason[0] == '\0' ? "" : "; ", contest->reason);
    fflush(stdout);
    json_t *entry =
        json_pack("{s:s, s:s, s:f, s:f, s:f, s:s, s:i, s:o}", "operation", operation_name(contest->operation), "shape",
                  shape, "flops", cost.flops, "bytes", cost.bytes, "bound_seconds", bound, "bound",
                  memory > arithmetic ? "memory" : "matrix", "sets", contest->sets, "ours", turn_json(ours));
    if (theirs != NULL) {
        json_object_set_new(entry, "cudnn", turn_json(theirs));
        json_object_set_new(entry, "cudnn_algorithm", json_integer(cudnn_conv_algorithm(contest->conv)));
        if (isfinite(contest->error)) json_object_set_new(entry, "error", json_real(contest->error));
    }
    if (product != NULL) json_object_set_new(entry, "product", turn_json(product));
    json_array_append_new(rivals->cases, entry);
}

// ---- running ---------------------------------------------------------------------------------------------------------

// A rival that cannot take part is told, and the others go on.
static bool takes_part(struct contest *contest, struct status status)
{
    size_t length = strlen(contest->reason);
    if (status.code == STATUS_OK) return true;
    snprintf(contest->reason + length, sizeof contest->reason - length, "%s%s", length == 0 ? "" : "; ",
             status.message);
    return false;
}

static struct status run_contest(struct rivals *rivals, enum operation operation, struct conv_shape shape)
{
    struct contest contest = {.rivals = rivals, .operation = operation, .shape = shape};
    struct turn ours = {.enqueue = enqueue_ours, .context = &contest};
    struct turn theirs = {.enqueue = enqueue_cudnn, .context = &contest};
    struct turn product = {.enqueue = enqueue_product, .context = &contest};
    struct turn *turns[3] = {&ours};
    bool cudnn = rivals->cudnn != NULL, multiplies = rivals->cublaslt != NULL && shape.channels_in % 8 == 0;
    int count = 1;
    describe(&contest);
    struct status status = upload_filter(&contest);
    if (status.code == STATUS_OK) status = turn_prepare(&ours, rivals->stream, contest.sets);
    if (status.code == STATUS_OK) status = device_synchronise(rivals->device);
    if (status.code != STATUS_OK) goto done;
    cudnn = cudnn && takes_part(&contest, cudnn_conv_create(rivals->cudnn, operation, &shape, &contest.conv));
    cudnn = cudnn && takes_part(&contest, compare_results(&contest));
    cudnn = cudnn && takes_part(&contest, turn_prepare(&theirs, rivals->stream, contest.sets));
    multiplies = multiplies && takes_part(&contest, create_product(&contest));
    multiplies = multiplies && takes_part(&contest, turn_prepare(&product, rivals->stream, contest.product_sets));
    if (cudnn) turns[count++] = &theirs;
    if (multiplies) turns[count++] = &product;
    status = turns_measure(turns, count, rivals->stream, SAMPLES);
    if (status.code == STATUS_OK) tell(&contest, &ours, cudnn ? &theirs : NULL, multiplies ? &product : NULL);
done:
    turn_release(&ours);
    turn_release(&theirs);
    turn_release(&product);
    cudnn_conv_destroy(contest.conv);
    cublaslt_product_destroy(contest.product);
    return status;
}

static struct status run_all(struct rivals *rivals, int batch)
{
    static const struct conv_shape shapes[] = {
        // runs, images, height, width, in, out, kernel, stride
        {1, 0, 32, 32, 3, 16, 3, 1},  {1, 0, 32, 32, 16, 32, 3, 1},  {1, 0, 32, 32, 16, 32, 1, 1},
        {1, 0, 32, 32, 32, 32, 3, 1}, {1, 0, 32, 32, 32, 64, 3, 2},  {1, 0, 32, 32, 32, 64, 1, 2},
        {1, 0, 16, 16, 64, 64, 3, 1}, {1, 0, 16, 16, 64, 128, 3, 2}, {1, 0, 16, 16, 64, 128, 1, 2},
        {1, 0, 8, 8, 128, 128, 3, 1},
    };
    static const enum operation operations[] = {OPERATION_CONV_FORWARD, OPERATION_CONV_BACKWARD_DATA,
                                                OPERATION_CONV_BACKWARD_FILTER};
    struct status status = status_ok();
    printf("%-21s %-29s %9s%9s%9s%9s  %s\n", "operation", "shape", "ours us", "cuDNN us", "ratio", "GEMM us",
           "ours in the bound");
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; status.code == STATUS_OK && j < sizeof shapes / sizeof shapes[0]; j++) {
            struct conv_shape shape = shapes[j];
            shape.images = batch;
            if (operations[i] == OPERATION_CONV_BACKWARD_DATA && shape.channels_in == 3) continue; // nobody needs it
            status = run_contest(rivals, operations[i], shape);
        }
    return status;
}

static void find_libraries(struct rivals *rivals)
{
    const char *folders = getenv("TRANSINV_VENDOR_PATH");
    char text[1100];
    struct status status = cublaslt_open(folders, &rivals->cublaslt); // first: cuDNN uses it
    if (status.code == STATUS_OK) cublaslt_describe(rivals->cublaslt, text, sizeof text);
    printf("%s%s\n", status.code == STATUS_OK ? "" : "cuBLASLt ", status.code == STATUS_OK ? text : status.message);
    status = cudnn_open(folders, &rivals->cudnn);
    if (status.code == STATUS_OK) cudnn_describe(rivals->cudnn, text, sizeof text);
    printf("%s%s\n", status.code == STATUS_OK ? "" : "cuDNN ", status.code == STATUS_OK ? text : status.message);
    fflush(stdout);
}

// One that does not start on this device is told and left out.
static void start_libraries(struct rivals *rivals)
{
    struct status status = rivals->cublaslt == NULL ? status_ok() : cublaslt_start(rivals->cublaslt, rivals->stream);
    if (status.code != STATUS_OK) {
        printf("%s\n", status.message);
        cublaslt_close(rivals->cublaslt);
        rivals->cublaslt = NULL;
    }
    status = rivals->cudnn == NULL ? status_ok() : cudnn_start(rivals->cudnn, rivals->stream);
    if (status.code != STATUS_OK) {
        printf("%s\n", status.message);
        cudnn_close(rivals->cudnn);
        rivals->cudnn = NULL;
    }
}

static struct status start(struct rivals *rivals)
{
    struct status status = device_open(kernels_find("cuda"), (struct device_settings){.threads = 1}, &rivals->device);
    if (status.code == STATUS_OK) rivals->stream = cuda_device_stream(rivals->device);
    if (status.code == STATUS_OK) start_libraries(rivals);
    if (status.code == STATUS_OK) status = allocate(rivals);
    return status.code == STATUS_OK ? measure_ceilings(rivals) : status;
}

static struct status write_json(const struct rivals *rivals, const char *path, int batch)
{
    struct cudaDeviceProp properties;
    char libraries[2][1100] = {"", ""};
    cudaGetDeviceProperties(&properties, 0);
    if (rivals->cudnn != NULL) cudnn_describe(rivals->cudnn, libraries[0], sizeof libraries[0]);
    if (rivals->cublaslt != NULL) cublaslt_describe(rivals->cublaslt, libraries[1], sizeof libraries[1]);
    json_t *document = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:O}", "format", "transinv-gpu-vendor-1",
                                 "device", properties.name, "cudnn", libraries[0], "cublaslt", libraries[1], "batch",
                                 batch, "samples", SAMPLES, "bytes_per_second", rivals->bytes_per_second,
                                 "flops_per_second", rivals->flops_per_second, "cases", rivals->cases);
    int code = document == NULL ? -1 : json_dump_file(document, path, JSON_INDENT(1));
    json_decref(document);
    return code == 0 ? status_ok() : status_error(STATUS_IO, "write %s: failed", path);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    int64_t value = 0;
    switch (key) {
    case 'b':
        if (!number_parse_int64(text, 1, 4096, &value))
            argp_error(state, "--batch %s: expected a whole number from 1 to 4096", text);
        options->batch = (int)value;
        return 0;
    case 'j': options->json = text; return 0;
    case 'c': options->checks = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int count, char **arguments)
{
    static const struct argp_option list[] = {{"batch", 'b', "N", 0, "images (default 128)", 0},
                                              {"json", 'j', "FILE", 0, "all figures, in seconds, as JSON", 0},
                                              {"check", 'c', 0, 0, "only say whether there is a device to use", 0},
                                              {0}};
    const struct argp argp = {.options = list,
                              .parser = parse_option,
                              .doc = "Times our convolutions beside cuDNN's and cuBLASLt's products, by turns. The "
                                     "libraries are looked for where the dynamic linker looks, then in the folders of "
                                     "TRANSINV_VENDOR_PATH."};
    struct options options = {.batch = 128};
    struct rivals rivals = {.cases = json_array()};
    argp_parse(&argp, count, arguments, 0, NULL, &options);
    struct status status = cuda_check();
    if (!options.checks) find_libraries(&rivals);
    if (options.checks || status.code != STATUS_OK) goto done;
    status = start(&rivals);
    if (status.code == STATUS_OK)
        printf("copies %.0f GB/s, products %.0f TFLOP/s\n", rivals.bytes_per_second * 1e-9,
               rivals.flops_per_second * 1e-12);
    if (status.code == STATUS_OK) status = run_all(&rivals, options.batch);
    if (status.code == STATUS_OK && options.json != NULL) status = write_json(&rivals, options.json, options.batch);
    if (status.code == STATUS_OK && rivals.wrong > 0)
        status = status_error(STATUS_FAILED, "%d results differ from cuDNN's by more than %g of the largest value",
                              rivals.wrong, tolerance);
done:
    cudnn_close(rivals.cudnn);
    cublaslt_close(rivals.cublaslt);
    device_close(rivals.device);
    json_decref(rivals.cases);
    if (status.code != STATUS_OK) fprintf(stderr, "gpu-vendor: %s\n", status.message);
    return status_exit_code(status.code);
}
