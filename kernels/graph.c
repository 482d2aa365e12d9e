// graph.c: keeps a copy of every recorded operation's settings. Replaying is device.c's business.
// Tests: tests/device_test.c.
#include "kernels/graph.h"

#include <stdlib.h>
#include <string.h>

struct graph {
    struct graph_node *nodes;
    size_t count, capacity;
};

static const struct {
    const char *name;
    size_t settings_bytes;
} operation_facts[OPERATION_COUNT] = {
    [OPERATION_BATCH_LOAD] = {"batch_load", sizeof(struct batch_load)},
    [OPERATION_BATCH_GATHER] = {"batch_gather", sizeof(struct batch_gather)},
    [OPERATION_IMAGE_CORRUPT] = {"image_corrupt", sizeof(struct image_corrupt)},
    [OPERATION_IMAGE_NORMALISE] = {"image_normalise", sizeof(struct image_normalise)},
    [OPERATION_AUGMIX_VIEWS] = {"augmix_views", sizeof(struct augmix_views)},
    [OPERATION_IMAGE_TO_UNIT] = {"image_to_unit", sizeof(struct image_to_unit)},
    [OPERATION_UNIT_TO_ACTIVATION] = {"unit_to_activation", sizeof(struct unit_to_activation)},
    [OPERATION_UNIT_TO_ACTIVATION_BACKWARD] = {"unit_to_activation_backward",
                                               sizeof(struct unit_to_activation_backward)},
    [OPERATION_AUGMENTATION_DRAW] = {"augmentation_draw", sizeof(struct augmentation_draw)},
    [OPERATION_MLP_FORWARD] = {"mlp_forward", sizeof(struct mlp_forward)},
    [OPERATION_MLP_BACKWARD] = {"mlp_backward", sizeof(struct mlp_backward)},
    [OPERATION_SQUASH_FORWARD] = {"squash_forward", sizeof(struct squash_forward)},
    [OPERATION_SQUASH_BACKWARD] = {"squash_backward", sizeof(struct squash_backward)},
    [OPERATION_GATE_FORWARD] = {"gate_forward", sizeof(struct gate_forward)},
    [OPERATION_GATE_BACKWARD] = {"gate_backward", sizeof(struct gate_backward)},
    [OPERATION_DEFORM_FORWARD] = {"deform_forward", sizeof(struct deform_forward)},
    [OPERATION_DEFORM_BACKWARD] = {"deform_backward", sizeof(struct deform_backward)},
    [OPERATION_CONV_FORWARD] = {"conv_forward", sizeof(struct conv_forward)},
    [OPERATION_CONV_BACKWARD_DATA] = {"conv_backward_data", sizeof(struct conv_backward_data)},
    [OPERATION_CONV_BACKWARD_FILTER] = {"conv_backward_filter", sizeof(struct conv_backward_filter)},
    [OPERATION_BATCHNORM_FINALISE] = {"batchnorm_finalise", sizeof(struct batchnorm_finalise)},
    [OPERATION_BATCHNORM_BACKWARD] = {"batchnorm_backward", sizeof(struct batchnorm_backward)},
    [OPERATION_RESIDUAL_JOIN] = {"residual_join", sizeof(struct residual_join)},
    [OPERATION_POOL_FORWARD] = {"pool_forward", sizeof(struct pool_forward)},
    [OPERATION_POOL_BACKWARD] = {"pool_backward", sizeof(struct pool_backward)},
    [OPERATION_LINEAR_FORWARD] = {"linear_forward", sizeof(struct linear_forward)},
    [OPERATION_LINEAR_BACKWARD] = {"linear_backward", sizeof(struct linear_backward)},
    [OPERATION_SOFTMAX_CROSS_ENTROPY] = {"softmax_cross_entropy", sizeof(struct softmax_cross_entropy)},
    [OPERATION_AUGMIX_LOSS] = {"augmix_loss", sizeof(struct augmix_loss)},
    [OPERATION_NON_SATURATING_LOSS] = {"non_saturating_loss", sizeof(struct non_saturating_loss)},
    [OPERATION_FEATURE_DISTANCE_LOSS] = {"feature_distance_loss", sizeof(struct feature_distance_loss)},
    [OPERATION_KL_LOSS] = {"kl_loss", sizeof(struct kl_loss)},
    [OPERATION_SGD_UPDATE] = {"sgd_update", sizeof(struct sgd_update)},
    [OPERATION_ADAMW_UPDATE] = {"adamw_update", sizeof(struct adamw_update)},
    [OPERATION_GRADIENT_CLIP] = {"gradient_clip", sizeof(struct gradient_clip)},
    [OPERATION_STEP_ADVANCE] = {"step_advance", sizeof(struct step_advance)},
};

const char *operation_name(enum operation operation)
{
    return operation_facts[operation].name;
}

struct status graph_create(struct graph **graph)
{
    *graph = calloc(1, sizeof **graph);
    return *graph != NULL ? status_ok() : status_error(STATUS_NO_MEMORY, "graph: out of memory");
}

void graph_destroy(struct graph *graph)
{
    if (graph == NULL) return;
    for (size_t i = 0; i < graph->count; i++) free((void *)graph->nodes[i].settings);
    free(graph->nodes);
    free(graph);
}

struct status graph_append(struct graph *graph, enum operation operation, const void *settings)
{
    if (graph->count == graph->capacity) {
        size_t capacity = graph->capacity == 0 ? 256 : 2 * graph->capacity;
        struct graph_node *nodes = realloc(graph->nodes, capacity * sizeof *nodes);
        if (nodes == NULL) return status_error(STATUS_NO_MEMORY, "graph of %zu operations: out of memory", capacity);
        graph->nodes = nodes;
        graph->capacity = capacity;
    }
    void *copy = malloc(operation_facts[operation].settings_bytes);
    if (copy == NULL) return status_error(STATUS_NO_MEMORY, "graph: out of memory");
    memcpy(copy, settings, operation_facts[operation].settings_bytes);
    graph->nodes[graph->count++] = (struct graph_node){operation, copy};
    return status_ok();
}

struct graph_node graph_node(const struct graph *graph, size_t index)
{
    return graph->nodes[index];
}

size_t graph_length(const struct graph *graph)
{
    return graph->count;
}
