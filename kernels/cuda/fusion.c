// fusion.c: see fusion.h. One pass over the graph: operations become launches, and look at the launch before and the
// operation behind for what they can share. Tests: tests/cuda_fusion_test.c.
#include "kernels/cuda/fusion.h"

#include <stdlib.h>

#include "kernels/device.h"
#include "kernels/graph.h"

enum launch_kind {
    LAUNCH_PLAIN,
    LAUNCH_FORWARD,
    LAUNCH_BACKWARD_DATA,
    LAUNCH_FILTERS,
    LAUNCH_HEAD_FORWARD,
    LAUNCH_HEAD_BACKWARD
};

struct launch {
    enum launch_kind kind;
    struct graph_node plain;
    union {
        struct fused_convs convs;
        struct fused_filters filters;
        struct fused_head_forward head_forward;
        struct fused_head_backward head_backward;
    };
};

struct fusion {
    struct launch *launches;
    size_t count;
    const struct conv_backward_filter **filters; // of all launches, one after the other
    size_t filter_count;
};

// While the list is being made.
struct builder {
    const struct graph *graph;
    struct fusion *fusion;
    size_t first_waiting; // filters from here on wait for their launch
};

// ---- filters that wait -------------------------------------------------------------------------------------------

static struct launch *add_launch(struct builder *builder, enum launch_kind kind)
{
    struct launch *launch = &builder->fusion->launches[builder->fusion->count++];
    *launch = (struct launch){.kind = kind};
    return launch;
}

static void launch_filters(struct builder *builder)
{
    struct fusion *fusion = builder->fusion;
    size_t waiting = fusion->filter_count - builder->first_waiting;
    if (waiting == 0) return;
    struct launch *launch = add_launch(builder, LAUNCH_FILTERS);
    launch->filters = (struct fused_filters){waiting, fusion->filters + builder->first_waiting};
    builder->first_waiting = fusion->filter_count;
}

// Before memory is written that a waiting filter's gradient is made of, its launch must be over.
static bool is_awaited(const struct builder *builder, const void *written)
{
    const struct fusion *fusion = builder->fusion;
    for (size_t i = builder->first_waiting; i < fusion->filter_count; i++) {
        const struct conv_backward_filter *conv = fusion->filters[i];
        if (written == conv->input || written == conv->gradient || written == conv->raw ||
            written == conv->affine.data || written == conv->coefficients.data)
            return true;
    }
    return false;
}

static void about_to_write(struct builder *builder, const void *written)
{
    if (written != NULL && is_awaited(builder, written)) launch_filters(builder);
}

// ---- what can be done together -----------------------------------------------------------------------------------

// Behind the last, no operation.
static struct graph_node node_at(const struct builder *builder, size_t index)
{
    static const char nothing;
    if (index >= graph_length(builder->graph)) return (struct graph_node){OPERATION_COUNT, &nothing};
    return graph_node(builder->graph, index);
}

// The norm that makes something of these sums right behind them. Its results must not be the constants that the launch itself
// reads (`constants`), since other blocks may still do so.
static const struct batchnorm_finalise *finalise_of(const struct builder *builder, size_t index, const void *statistics,
                                                    const float *constants)
{
    struct graph_node node = node_at(builder, index);
    if (statistics == NULL || node.operation != OPERATION_BATCHNORM_FINALISE) return NULL;
    const struct batchnorm_finalise *norm = node.settings;
    bool fits = norm->statistics == statistics && norm->mode != BATCHNORM_FROZEN && norm->affine.data != constants;
    return fits ? norm : NULL;
}

static const struct batchnorm_backward *norm_backward_of(const struct builder *builder, size_t index, const void *sums,
                                                         const float *constants)
{
    struct graph_node node = node_at(builder, index);
    if (sums == NULL || node.operation != OPERATION_BATCHNORM_BACKWARD) return NULL;
    const struct batchnorm_backward *norm = node.settings;
    return norm->sums == sums && (norm->coefficients.data != constants || constants == NULL) ? norm : NULL;
}

// A launch that a further convolution may join; NULL: none.
static struct launch *open_launch(const struct builder *builder, enum launch_kind kind)
{
    struct fusion *fusion = builder->fusion;
    if (fusion->count == 0) return NULL;
    struct launch *last = &fusion->launches[fusion->count - 1];
    return last->kind == kind && last->convs.count < FUSED_CONVS ? last : NULL;
}

static bool is_one_of(const void *memory, const void *const *others, size_t count)
{
    for (size_t i = 0; memory != NULL && i < count; i++)
        if (memory == others[i]) return true;
    return false;
}

// The same input through the same prologue, and no sums; nothing that the first makes is read.
static bool pairs_forward(const struct fused_conv *first, const struct conv_forward *second)
{
    const struct conv_forward *conv = first->conv;
    const void *made[] = {conv->output, first->finalise == NULL ? NULL : first->finalise->affine.data};
    return conv->input == second->input && conv->affine.data == second->affine.data &&
           conv->shape.runs == second->shape.runs && conv->shape.channels_out >= second->shape.channels_out &&
           second->statistics == NULL && !is_one_of(second->residual, made, 2) &&
           !is_one_of(second->affine.data, made, 2) && second->output != conv->output &&
           second->output != conv->input && second->output != conv->residual;
}

static bool pairs_backward(const struct fused_conv *first, const struct conv_backward_data *second)
{
    const struct conv_backward_data *conv = first->conv;
    const struct residual_join *join = first->join;
    const void *made[] = {conv->output, first->backward == NULL ? NULL : first->backward->coefficients.data};
    const void *read[] = {conv->gradient,
                          conv->raw,
                          conv->addend,
                          conv->mask_input,
                          join == NULL ? NULL : join->gradient,
                          join == NULL ? NULL : join->raw,
                          join == NULL ? NULL : join->addend};
    return conv->gradient == second->gradient && conv->coefficients.data == second->coefficients.data &&
           conv->shape.runs == second->shape.runs && conv->shape.channels_in >= second->shape.channels_in &&
           second->sums == NULL && !is_one_of(second->addend, made, 2) && !is_one_of(second->mask_input, made, 2) &&
           second->output != conv->output && !is_one_of(second->output, read, sizeof read / sizeof read[0]);
}

// The first operation from `index` on that is no gradient of a filter.
static size_t behind_filters(const struct builder *builder, size_t index)
{
    while (node_at(builder, index).operation == OPERATION_CONV_BACKWARD_FILTER) index++;
    return index;
}

// The convolution that reads what the join at `index` writes, with nothing but filters' gradients between, if it can do the
// join on its way: a pixel read is a pixel of the output, and nothing is written that other blocks may still read.
static const struct conv_backward_data *reader_of_join(const struct builder *builder, size_t index)
{
    const struct residual_join *join = node_at(builder, index).settings;
    size_t next = behind_filters(builder, index + 1);
    if (node_at(builder, next).operation != OPERATION_CONV_BACKWARD_DATA) return NULL;
    const struct conv_backward_data *conv = node_at(builder, next).settings;
    const void *read[] = {join->gradient, join->raw, join->addend};
    bool fits = conv->gradient == join->output && conv->coefficients.data == NULL && conv->shape.stride == 1 &&
                conv->shape.channels_out == join->channels && conv->shape.runs == join->runs &&
                (int64_t)conv->shape.images * conv->shape.height * conv->shape.width == join->positions;
    bool free_to_write = !is_one_of(join->output, read, 3) && !is_one_of(conv->output, read, 3) &&
                         conv->output != join->output && conv->addend != join->output;
    for (size_t i = index + 1; i < next; i++) { // these start behind the convolution
        const struct conv_backward_filter *filter = node_at(builder, i).settings;
        free_to_write = free_to_write && conv->output != filter->input && conv->output != filter->gradient &&
                        filter->coefficients.data == NULL;
    }
    return fits && free_to_write ? conv : NULL;
}

// ---- operations one by one ---------------------------------------------------------------------------------------

static size_t add_forward(struct builder *builder, size_t index)
{
    const struct conv_forward *conv = node_at(builder, index).settings;
    const struct batchnorm_finalise *finalise = finalise_of(builder, index + 1, conv->statistics, conv->affine.data);
    launch_filters(builder);
    struct launch *launch = open_launch(builder, LAUNCH_FORWARD);
    if (launch == NULL || !pairs_forward(&launch->convs.conv[0], conv)) launch = add_launch(builder, LAUNCH_FORWARD);
    launch->convs.conv[launch->convs.count++] = (struct fused_conv){.conv = conv, .finalise = finalise};
    return index + (finalise != NULL ? 2 : 1);
}

// `join` is what this convolution does on its way, or NULL.
static size_t add_backward_data(struct builder *builder, size_t index, const struct residual_join *join)
{
    const struct conv_backward_data *conv = node_at(builder, index).settings;
    const float *constants = join == NULL ? conv->coefficients.data : join->coefficients.data;
    const struct batchnorm_backward *norm = norm_backward_of(builder, index + 1, conv->sums, constants);
    about_to_write(builder, conv->output);
    if (norm != NULL) about_to_write(builder, norm->coefficients.data);
    struct launch *launch = open_launch(builder, LAUNCH_BACKWARD_DATA);
    bool pairs = join == NULL && launch != NULL && pairs_backward(&launch->convs.conv[0], conv);
    if (!pairs) launch = add_launch(builder, LAUNCH_BACKWARD_DATA);
    struct fused_conv fused = {.conv = conv, .backward = norm, .join = join, .stores_join = true};
    if (pairs) {
        fused.join = launch->convs.conv[0].join;
        fused.stores_join = false;
    }
    launch->convs.conv[launch->convs.count++] = fused;
    return index + (norm != NULL ? 2 : 1);
}

static size_t add_plain(struct builder *builder, size_t index)
{
    launch_filters(builder);
    add_launch(builder, LAUNCH_PLAIN)->plain = node_at(builder, index);
    return index + 1;
}

static size_t add_head_forward(struct builder *builder, size_t index)
{
    const struct pool_forward *pool = node_at(builder, index).settings;
    const struct graph_node next = node_at(builder, index + 1);
    const struct linear_forward *linear = next.operation == OPERATION_LINEAR_FORWARD ? next.settings : NULL;
    bool fits = linear != NULL && linear->input == pool->features && linear->features == pool->channels &&
                linear->images == pool->images && linear->runs == pool->runs;
    if (!fits) return add_plain(builder, index);
    launch_filters(builder);
    add_launch(builder, LAUNCH_HEAD_FORWARD)->head_forward = (struct fused_head_forward){pool, linear};
    return index + 2;
}

static size_t add_head_backward(struct builder *builder, size_t index)
{
    const struct linear_backward *linear = node_at(builder, index).settings;
    const struct graph_node next = node_at(builder, index + 1);
    const struct pool_backward *pool = next.operation == OPERATION_POOL_BACKWARD ? next.settings : NULL;
    bool fits = pool != NULL && linear->grad_input != NULL && linear->grad_input == pool->grad_features &&
                linear->features == pool->channels && linear->images == pool->images && linear->runs == pool->runs;
    const struct batchnorm_backward *norm = fits ? norm_backward_of(builder, index + 2, pool->sums, NULL) : NULL;
    if (norm == NULL) return add_plain(builder, index);
    launch_filters(builder);
    add_launch(builder, LAUNCH_HEAD_BACKWARD)->head_backward = (struct fused_head_backward){linear, pool, norm};
    return index + 3;
}

static void add_filter(struct builder *builder, const struct conv_backward_filter *conv)
{
    builder->fusion->filters[builder->fusion->filter_count++] = conv;
}

// The filters' gradients between the join and its reader wait, since that stores the join. Earlier ones that must not see
// what it writes go ahead.
static size_t add_join(struct builder *builder, size_t index)
{
    struct graph_node node = node_at(builder, index);
    const struct residual_join *join = node.settings;
    const struct conv_backward_data *reader = reader_of_join(builder, index);
    about_to_write(builder, join->output);
    if (reader == NULL) {
        add_launch(builder, LAUNCH_PLAIN)->plain = node;
        return index + 1;
    }
    size_t next = behind_filters(builder, index + 1);
    const struct batchnorm_backward *norm = norm_backward_of(builder, next + 1, reader->sums, join->coefficients.data);
    about_to_write(builder, reader->output);
    if (norm != NULL) about_to_write(builder, norm->coefficients.data);
    for (size_t i = index + 1; i < next; i++) add_filter(builder, node_at(builder, i).settings);
    return add_backward_data(builder, next, join);
}

static size_t add_operation(struct builder *builder, size_t index)
{
    struct graph_node node = node_at(builder, index);
    switch (node.operation) {
    case OPERATION_CONV_FORWARD: return add_forward(builder, index);
    case OPERATION_CONV_BACKWARD_DATA: return add_backward_data(builder, index, NULL);
    case OPERATION_RESIDUAL_JOIN: return add_join(builder, index);
    case OPERATION_POOL_FORWARD: return add_head_forward(builder, index);
    case OPERATION_LINEAR_BACKWARD: return add_head_backward(builder, index);
    case OPERATION_CONV_BACKWARD_FILTER: add_filter(builder, node.settings); return index + 1;
    default:
        launch_filters(builder);
        add_launch(builder, LAUNCH_PLAIN)->plain = node;
        return index + 1;
    }
}

// ---- public ------------------------------------------------------------------------------------------------------

struct status fusion_create(const struct graph *graph, struct fusion **created)
{
    size_t length = graph_length(graph);
    struct fusion *fusion = calloc(1, sizeof *fusion);
    *created = fusion;
    if (fusion == NULL) return status_error(STATUS_NO_MEMORY, "graph of %zu operations: out of memory", length);
    fusion->launches = calloc(2 * length + 1, sizeof *fusion->launches); // each may send waiting filters ahead
    fusion->filters = calloc(length + 1, sizeof *fusion->filters);
    if (fusion->launches == NULL || fusion->filters == NULL) {
        fusion_destroy(fusion);
        *created = NULL;
        return status_error(STATUS_NO_MEMORY, "graph of %zu operations: out of memory", length);
    }
    struct builder builder = {.graph = graph, .fusion = fusion};
    for (size_t index = 0; index < length;) index = add_operation(&builder, index);
    launch_filters(&builder);
    return status_ok();
}

void fusion_destroy(struct fusion *fusion)
{
    if (fusion == NULL) return;
    free(fusion->launches);
    free(fusion->filters);
    free(fusion);
}

void fusion_enqueue(struct device *device, const struct fused_operations *operations, const struct fusion *fusion)
{
    for (size_t i = 0; i < fusion->count && device->status.code == STATUS_OK; i++) {
        const struct launch *launch = &fusion->launches[i];
        switch (launch->kind) {
        case LAUNCH_PLAIN: device_execute(device, launch->plain.operation, launch->plain.settings); break;
        case LAUNCH_FORWARD: operations->conv_forward(device, &launch->convs); break;
        case LAUNCH_BACKWARD_DATA: operations->conv_backward_data(device, &launch->convs); break;
        case LAUNCH_FILTERS: operations->conv_backward_filter(device, &launch->filters); break;
        case LAUNCH_HEAD_FORWARD: operations->head_forward(device, &launch->head_forward); break;
        case LAUNCH_HEAD_BACKWARD: operations->head_backward(device, &launch->head_backward); break;
        }
    }
}
