// onednn.c: convolutions, the classifier and pooling on oneDNN's own terms: the layouts it chooses, its fastest algorithm,
// no options. Tests: tests/vendor_test.c.
#include "kernels/vendor/onednn.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "kernels/vendor/onednn_primitives.h"

enum { TENSOR_LIMIT = 4, STEP_LIMIT = 2 };

// A tensor of a primitive: in our layout in the caller's memory, and in the library's in its own.
struct tensor {
    int argument; // DNNL_ARG_...
    struct onednn_shape shape;
    dnnl_format_tag_t plain_tag; // our layout
    void *plain;
    bool is_output;
    dnnl_memory_t memory;
};

// One primitive of a task with its tensors.
struct step {
    struct onednn_problem problem;
    struct tensor tensors[TENSOR_LIMIT];
    int tensor_count;
    dnnl_primitive_t primitive;
    const char *implementation;
};

struct vendor_task {
    int threads;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct step steps[STEP_LIMIT];
    int step_count;
};

static struct status onednn_status(dnnl_status_t code, const char *action)
{
    if (code == dnnl_success) return status_ok();
    return status_error(code == dnnl_out_of_memory ? STATUS_NO_MEMORY : STATUS_DEVICE,
                        "oneDNN: %s: status %d (dnnl_types.h)", action, (int)code);
}

// ---- which problem an operation is -----------------------------------------------------------------------------

static struct onednn_shape shape_of(int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct onednn_shape){rank, {a, b, c, d}};
}

static void add_tensor(struct step *step, int argument, struct onednn_shape shape, dnnl_format_tag_t tag,
                       const void *plain, bool is_output)
{
    step->tensors[step->tensor_count++] =
        (struct tensor){argument, shape, tag, (void *)plain, is_output, NULL}; // inputs are only read
}

static struct onednn_problem conv_problem(enum onednn_kind kind, const struct conv_shape *shape)
{
    const int height_out = (shape->height + shape->stride - 1) / shape->stride;
    const int width_out = (shape->width + shape->stride - 1) / shape->stride;
    return (struct onednn_problem){
        .kind = kind,
        .source = shape_of(4, shape->images, shape->channels_in, shape->height, shape->width),
        .weights = shape_of(4, shape->channels_out, shape->channels_in, shape->kernel, shape->kernel),
        .target = shape_of(4, shape->images, shape->channels_out, height_out, width_out),
        .source_tag = dnnl_format_tag_any,
        .strides = {shape->stride, shape->stride},
        .padding = {shape->kernel / 2, shape->kernel / 2}};
}

static struct step *add_step(struct vendor_task *task, struct onednn_problem problem)
{
    struct step *step = &task->steps[task->step_count++];
    *step = (struct step){.problem = problem};
    return step;
}

static void plan_conv_forward(struct vendor_task *task, const void *settings)
{
    const struct conv_forward *conv = settings;
    struct step *step = add_step(task, conv_problem(ONEDNN_CONV_FORWARD, &conv->shape));
    add_tensor(step, DNNL_ARG_SRC, step->problem.source, dnnl_nhwc, conv->input, false);
    add_tensor(step, DNNL_ARG_WEIGHTS, step->problem.weights, dnnl_hwio, conv->filter.data, false);
    add_tensor(step, DNNL_ARG_DST, step->problem.target, dnnl_nhwc, conv->output, true);
}

static void plan_conv_backward_data(struct vendor_task *task, const void *settings)
{
    const struct conv_backward_data *conv = settings;
    struct step *step = add_step(task, conv_problem(ONEDNN_CONV_BACKWARD_DATA, &conv->shape));
    add_tensor(step, DNNL_ARG_DIFF_DST, step->problem.target, dnnl_nhwc, conv->gradient, false);
    add_tensor(step, DNNL_ARG_WEIGHTS, step->problem.weights, dnnl_hwio, conv->filter.data, false);
    add_tensor(step, DNNL_ARG_DIFF_SRC, step->problem.source, dnnl_nhwc, conv->output, true);
}

static void plan_conv_backward_filter(struct vendor_task *task, const void *settings)
{
    const struct conv_backward_filter *conv = settings;
    struct step *step = add_step(task, conv_problem(ONEDNN_CONV_BACKWARD_WEIGHTS, &conv->shape));
    add_tensor(step, DNNL_ARG_SRC, step->problem.source, dnnl_nhwc, conv->input, false);
    add_tensor(step, DNNL_ARG_DIFF_DST, step->problem.target, dnnl_nhwc, conv->gradient, false);
    add_tensor(step, DNNL_ARG_DIFF_WEIGHTS, step->problem.weights, dnnl_hwio, conv->grad_filter.data, true);
}

static struct onednn_problem linear_problem(enum onednn_kind kind, int images, int features, int classes, bool bias)
{
    return (struct onednn_problem){.kind = kind,
                                   .source = shape_of(2, images, features, 0, 0),
                                   .weights = shape_of(2, classes, features, 0, 0),
                                   .bias = bias ? shape_of(1, classes, 0, 0, 0) : shape_of(0, 0, 0, 0, 0),
                                   .target = shape_of(2, images, classes, 0, 0),
                                   .source_tag = dnnl_format_tag_any};
}

static void plan_linear_forward(struct vendor_task *task, const void *settings)
{
    const struct linear_forward *linear = settings;
    struct step *step =
        add_step(task, linear_problem(ONEDNN_LINEAR_FORWARD, linear->images, linear->features, linear->classes, true));
    add_tensor(step, DNNL_ARG_SRC, step->problem.source, dnnl_ab, linear->input, false);
    add_tensor(step, DNNL_ARG_WEIGHTS, step->problem.weights, dnnl_ab, linear->weight.data, false);
    add_tensor(step, DNNL_ARG_BIAS, step->problem.bias, dnnl_a, linear->bias.data, false);
    add_tensor(step, DNNL_ARG_DST, step->problem.target, dnnl_ab, linear->logits, true);
}

static void plan_linear_backward(struct vendor_task *task, const void *settings)
{
    const struct linear_backward *linear = settings;
    const int images = linear->images, features = linear->features, classes = linear->classes;
    struct step *step = add_step(task, linear_problem(ONEDNN_LINEAR_BACKWARD_DATA, images, features, classes, false));
    add_tensor(step, DNNL_ARG_DIFF_DST, step->problem.target, dnnl_ab, linear->grad_logits, false);
    add_tensor(step, DNNL_ARG_WEIGHTS, step->problem.weights, dnnl_ab, linear->weight.data, false);
    add_tensor(step, DNNL_ARG_DIFF_SRC, step->problem.source, dnnl_ab, linear->grad_input, true);
    step = add_step(task, linear_problem(ONEDNN_LINEAR_BACKWARD_WEIGHTS, images, features, classes, true));
    add_tensor(step, DNNL_ARG_SRC, step->problem.source, dnnl_ab, linear->input, false);
    add_tensor(step, DNNL_ARG_DIFF_DST, step->problem.target, dnnl_ab, linear->grad_logits, false);
    add_tensor(step, DNNL_ARG_DIFF_WEIGHTS, step->problem.weights, dnnl_ab, linear->grad_weight.data, true);
    add_tensor(step, DNNL_ARG_DIFF_BIAS, step->problem.bias, dnnl_a, linear->grad_bias.data, true);
}

// All positions of an image are one window.
static struct onednn_problem pool_problem(enum onednn_kind kind, int images, int channels, int positions)
{
    return (struct onednn_problem){.kind = kind,
                                   .source = shape_of(4, images, channels, positions, 1),
                                   .target = shape_of(4, images, channels, 1, 1),
                                   .strides = {positions, 1},
                                   .kernel = {positions, 1}};
}

static void plan_pool_forward(struct vendor_task *task, const void *settings)
{
    const struct pool_forward *pool = settings;
    struct step *step =
        add_step(task, pool_problem(ONEDNN_POOL_FORWARD, pool->images, pool->channels, pool->positions));
    add_tensor(step, DNNL_ARG_SRC, step->problem.source, dnnl_nhwc, pool->input, false);
    add_tensor(step, DNNL_ARG_DST, step->problem.target, dnnl_nhwc, pool->features, true);
}

static void plan_pool_backward(struct vendor_task *task, const void *settings)
{
    const struct pool_backward *pool = settings;
    struct step *step =
        add_step(task, pool_problem(ONEDNN_POOL_BACKWARD, pool->images, pool->channels, pool->positions));
    add_tensor(step, DNNL_ARG_DIFF_DST, step->problem.target, dnnl_nhwc, pool->grad_features, false);
    add_tensor(step, DNNL_ARG_DIFF_SRC, step->problem.source, dnnl_nhwc, pool->output, true);
}

// Batch norm, residual_join and the losses are left out: ours are cut in other places (kernels.h), so no primitive
// computes the same thing.
static const struct {
    const char *does;
    void (*plan)(struct vendor_task *task, const void *settings);
} counterparts[OPERATION_COUNT] = {
    [OPERATION_CONV_FORWARD] = {"convolution", plan_conv_forward},
    [OPERATION_CONV_BACKWARD_DATA] = {"convolution backward data", plan_conv_backward_data},
    [OPERATION_CONV_BACKWARD_FILTER] = {"convolution backward weights", plan_conv_backward_filter},
    [OPERATION_POOL_FORWARD] = {"average pooling", plan_pool_forward},
    [OPERATION_POOL_BACKWARD] = {"average pooling backward", plan_pool_backward},
    [OPERATION_LINEAR_FORWARD] = {"inner product", plan_linear_forward},
    [OPERATION_LINEAR_BACKWARD] = {"inner product backward data and weights", plan_linear_backward},
};

static const char *onednn_does(enum operation operation)
{
    return counterparts[operation].does;
}

// ---- primitives and memory -------------------------------------------------------------------------------------

static dnnl_query_t query_of(int argument)
{
    switch (argument) {
    case DNNL_ARG_SRC: return dnnl_query_src_md;
    case DNNL_ARG_WEIGHTS:
    case DNNL_ARG_BIAS: return dnnl_query_weights_md; // number 1 of them
    case DNNL_ARG_DST: return dnnl_query_dst_md;
    case DNNL_ARG_DIFF_SRC: return dnnl_query_diff_src_md;
    case DNNL_ARG_DIFF_WEIGHTS:
    case DNNL_ARG_DIFF_BIAS: return dnnl_query_diff_weights_md;
    default: return dnnl_query_diff_dst_md;
    }
}

// Copies between the caller's layout and the library's.
static dnnl_status_t reorder(struct vendor_task *task, const struct tensor *tensor, onednn_layout layout)
{
    onednn_layout plain_layout = NULL;
    dnnl_memory_t plain = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t status = onednn_layout_create(&tensor->shape, tensor->plain_tag, &plain_layout);
    if (status == dnnl_success) status = dnnl_memory_create(&plain, plain_layout, task->engine, tensor->plain);
    if (status == dnnl_success)
        status =
            dnnl_reorder_primitive_desc_create(&description, tensor->is_output ? layout : plain_layout, task->engine,
                                               tensor->is_output ? plain_layout : layout, task->engine, NULL);
    if (status == dnnl_success) status = dnnl_primitive_create(&primitive, description);
    if (status == dnnl_success) {
        const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, tensor->is_output ? tensor->memory : plain},
                                             {DNNL_ARG_TO, tensor->is_output ? plain : tensor->memory}};
        status = dnnl_primitive_execute(primitive, task->stream, 2, arguments);
        if (status == dnnl_success) status = dnnl_stream_wait(task->stream);
    }
    if (primitive != NULL) dnnl_primitive_destroy(primitive);
    if (description != NULL) dnnl_primitive_desc_destroy(description);
    if (plain != NULL) dnnl_memory_destroy(plain);
    onednn_layout_destroy(plain_layout);
    return status;
}

static onednn_layout layout_of(const_dnnl_primitive_desc_t description, const struct tensor *tensor)
{
    const bool bias = tensor->argument == DNNL_ARG_BIAS || tensor->argument == DNNL_ARG_DIFF_BIAS;
    return dnnl_primitive_desc_query_md(description, query_of(tensor->argument), bias ? 1 : 0);
}

static void release_step(struct step *step)
{
    for (int i = 0; i < step->tensor_count; i++) {
        if (step->tensors[i].memory != NULL) dnnl_memory_destroy(step->tensors[i].memory);
        step->tensors[i].memory = NULL;
    }
    if (step->primitive != NULL) dnnl_primitive_destroy(step->primitive);
    step->primitive = NULL;
}

// Creates the primitive and fills its inputs; on error nothing stays behind.
static dnnl_status_t build_step(struct vendor_task *task, struct step *step)
{
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = onednn_describe_problem(task->engine, &step->problem, &description);
    if (status == dnnl_success) status = dnnl_primitive_create(&step->primitive, description);
    for (int i = 0; i < step->tensor_count && status == dnnl_success; i++) {
        struct tensor *tensor = &step->tensors[i];
        onednn_layout layout = layout_of(description, tensor);
        status = dnnl_memory_create(&tensor->memory, layout, task->engine, DNNL_MEMORY_ALLOCATE);
        if (status == dnnl_success && !tensor->is_output) status = reorder(task, tensor, layout);
    }
    if (description != NULL) dnnl_primitive_desc_destroy(description);
    if (status != dnnl_success) release_step(step);
    return status;
}

static dnnl_status_t run_step(const struct vendor_task *task, const struct step *step)
{
    dnnl_exec_arg_t arguments[TENSOR_LIMIT];
    for (int i = 0; i < step->tensor_count; i++)
        arguments[i] = (dnnl_exec_arg_t){step->tensors[i].argument, step->tensors[i].memory};
    return dnnl_primitive_execute(step->primitive, task->stream, step->tensor_count, arguments);
}

// ---- the fastest way -------------------------------------------------------------------------------------------

// The best of a few runs after a warm-up.
static dnnl_status_t time_step(const struct vendor_task *task, const struct step *step, double *seconds)
{
    enum { RUNS = 5 };
    dnnl_status_t status = run_step(task, step);
    if (status == dnnl_success) status = dnnl_stream_wait(task->stream);
    for (int i = 0; i < RUNS && status == dnnl_success; i++) {
        const double begun = clock_seconds();
        status = run_step(task, step);
        if (status == dnnl_success) status = dnnl_stream_wait(task->stream);
        const double elapsed_seconds = clock_seconds() - begun;
        if (i == 0 || elapsed_seconds < *seconds) *seconds = elapsed_seconds;
    }
    return status;
}

// Ways to set up a problem: a convolution's algorithms, a pooling's layouts, nothing to choose for an inner product.
struct choice {
    dnnl_alg_kind_t algorithm;
    dnnl_format_tag_t source_tag;
};
enum { CHOICE_LIMIT = 3 };

static int list_choices(enum onednn_kind kind, struct choice choices[CHOICE_LIMIT])
{
    static const dnnl_alg_kind_t algorithms[] = {dnnl_convolution_direct, dnnl_convolution_winograd,
                                                 dnnl_convolution_auto};
    static const dnnl_format_tag_t tags[] = {dnnl_nhwc, dnnl_nChw8c, dnnl_nChw16c};
    const bool convolution = kind <= ONEDNN_CONV_BACKWARD_WEIGHTS;
    const bool pooling = kind >= ONEDNN_POOL_FORWARD;
    const int count = convolution || pooling ? CHOICE_LIMIT : 1;
    for (int i = 0; i < count; i++)
        choices[i] = (struct choice){algorithms[convolution ? i : 0], pooling ? tags[i] : dnnl_format_tag_any};
    return count;
}

static void set_choice(struct step *step, struct choice choice)
{
    step->problem.algorithm = choice.algorithm;
    step->problem.source_tag = choice.source_tag;
}

// Tries every choice, passes over those that the library lacks for this shape, and builds the fastest.
static dnnl_status_t build_fastest(struct vendor_task *task, struct step *step)
{
    struct choice choices[CHOICE_LIMIT];
    const int count = list_choices(step->problem.kind, choices);
    double fastest_seconds = 0;
    int fastest = 0;
    for (int i = 0; i < count && count > 1; i++) {
        double seconds = 0;
        set_choice(step, choices[i]);
        if (build_step(task, step) != dnnl_success) continue;
        const dnnl_status_t status = time_step(task, step, &seconds);
        release_step(step);
        if (status == dnnl_success && (fastest_seconds == 0 || seconds < fastest_seconds)) {
            fastest_seconds = seconds;
            fastest = i;
        }
    }
    set_choice(step, choices[fastest]);
    return build_step(task, step);
}

static dnnl_status_t prepare_step(struct vendor_task *task, struct step *step)
{
    const_dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = build_fastest(task, step);
    if (status == dnnl_success) status = dnnl_primitive_get_primitive_desc(step->primitive, &description);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)&step->implementation);
    return status;
}

// ---- public ----------------------------------------------------------------------------------------------------

static void onednn_destroy(struct vendor_task *task)
{
    if (task == NULL) return;
    for (int i = 0; i < task->step_count; i++) release_step(&task->steps[i]);
    if (task->stream != NULL) dnnl_stream_destroy(task->stream);
    if (task->engine != NULL) dnnl_engine_destroy(task->engine);
    free(task);
}

static struct status onednn_create(enum operation operation, const void *settings, int threads,
                                   struct vendor_task **task)
{
    *task = NULL;
    if (counterparts[operation].plan == NULL)
        return status_error(STATUS_DEVICE, "oneDNN has no counterpart of %s", operation_name(operation));
    struct vendor_task *created = calloc(1, sizeof *created);
    if (created == NULL) return status_error(STATUS_NO_MEMORY, "oneDNN: no memory for a task");
    created->threads = threads;
    counterparts[operation].plan(created, settings);
    omp_set_num_threads(threads); // the library lays out a primitive's work for as many
    dnnl_status_t code = dnnl_engine_create(&created->engine, dnnl_cpu, 0);
    if (code == dnnl_success) code = dnnl_stream_create(&created->stream, created->engine, dnnl_stream_default_flags);
    for (int i = 0; i < created->step_count && code == dnnl_success; i++)
        code = prepare_step(created, &created->steps[i]);
    if (code == dnnl_success)
        *task = created;
    else
        onednn_destroy(created);
    return onednn_status(code, operation_name(operation));
}

static struct status onednn_run(struct vendor_task *task)
{
    dnnl_status_t code = dnnl_success;
    omp_set_num_threads(task->threads);
    for (int i = 0; i < task->step_count && code == dnnl_success; i++) code = run_step(task, &task->steps[i]);
    if (code == dnnl_success) code = dnnl_stream_wait(task->stream);
    return onednn_status(code, "run");
}

static dnnl_status_t fetch_step(struct vendor_task *task, const struct step *step)
{
    const_dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = dnnl_primitive_get_primitive_desc(step->primitive, &description);
    for (int i = 0; i < step->tensor_count && status == dnnl_success; i++)
        if (step->tensors[i].is_output)
            status = reorder(task, &step->tensors[i], layout_of(description, &step->tensors[i]));
    return status;
}

static struct status onednn_fetch(struct vendor_task *task)
{
    dnnl_status_t code = dnnl_success;
    for (int i = 0; i < task->step_count && code == dnnl_success; i++) code = fetch_step(task, &task->steps[i]);
    return onednn_status(code, "move results");
}

static const char *onednn_implementation(const struct vendor_task *task)
{
    return task->steps[0].implementation;
}

static void onednn_describe(char *text, size_t size)
{
    const dnnl_version_t *version = dnnl_version();
    const bool openmp = version->cpu_runtime == DNNL_RUNTIME_OMP;
    snprintf(text, size, "oneDNN %d.%d.%d, %s", version->major, version->minor, version->patch,
             openmp ? "OpenMP" : "not OpenMP: as many threads as it likes");
}

const struct vendor vendor_onednn = {
    .name = "onednn",
    .describe = onednn_describe,
    .does = onednn_does,
    .create = onednn_create,
    .destroy = onednn_destroy,
    .run = onednn_run,
    .fetch = onednn_fetch,
    .implementation = onednn_implementation,
};
