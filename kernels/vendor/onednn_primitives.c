// onednn_primitives.c: see onednn_primitives.h.
#include "kernels/vendor/onednn_primitives.h"

#include <stdlib.h>

// Layouts of a problem's tensors, the library's to choose; NULL where the tensor is absent.
struct layouts {
    onednn_layout source, weights, bias, target;
};

static void destroy_layouts(struct layouts *layouts)
{
    onednn_layout_destroy(layouts->source);
    onednn_layout_destroy(layouts->weights);
    onednn_layout_destroy(layouts->bias);
    onednn_layout_destroy(layouts->target);
}

static dnnl_status_t create_layouts(const struct onednn_problem *problem, struct layouts *layouts)
{
    const struct onednn_shape *shapes[] = {&problem->source, &problem->weights, &problem->bias, &problem->target};
    onednn_layout *targets[] = {&layouts->source, &layouts->weights, &layouts->bias, &layouts->target};
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < 4 && status == dnnl_success; i++)
        if (shapes[i]->rank > 0)
            status = onednn_layout_create(shapes[i], i == 0 ? problem->source_tag : dnnl_format_tag_any, targets[i]);
    return status;
}

#if DNNL_VERSION_MAJOR >= 3

static const dnnl_dims_t none = {0, 0}; // dilation

dnnl_status_t onednn_layout_create(const struct onednn_shape *shape, dnnl_format_tag_t tag, onednn_layout *layout)
{
    dnnl_memory_desc_t created = NULL;
    const dnnl_status_t status = dnnl_memory_desc_create_with_tag(&created, shape->rank, shape->sizes, dnnl_f32, tag);
    *layout = created;
    return status;
}

void onednn_layout_destroy(onednn_layout layout)
{
    if (layout != NULL) dnnl_memory_desc_destroy((dnnl_memory_desc_t)layout);
}

// `forward` is the hint that backward primitives need; NULL otherwise.
static dnnl_status_t describe(dnnl_engine_t engine, const struct onednn_problem *p, const struct layouts *l,
                              const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *created)
{
    switch (p->kind) {
    case ONEDNN_CONV_FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(created, engine, dnnl_forward_training, p->algorithm,
                                                              l->source, l->weights, NULL, l->target, p->strides, none,
                                                              p->padding, p->padding, NULL);
    case ONEDNN_CONV_BACKWARD_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(created, engine, p->algorithm, l->source,
                                                                    l->weights, l->target, p->strides, none, p->padding,
                                                                    p->padding, forward, NULL);
    case ONEDNN_CONV_BACKWARD_WEIGHTS:
        return dnnl_convolution_backward_weights_primitive_desc_create(created, engine, p->algorithm, l->source,
                                                                       l->weights, NULL, l->target, p->strides, none,
                                                                       p->padding, p->padding, forward, NULL);
    case ONEDNN_LINEAR_FORWARD:
        return dnnl_inner_product_forward_primitive_desc_create(created, engine, dnnl_forward_training, l->source,
                                                                l->weights, l->bias, l->target, NULL);
    case ONEDNN_LINEAR_BACKWARD_DATA:
        return dnnl_inner_product_backward_data_primitive_desc_create(created, engine, l->source, l->weights, l->target,
                                                                      forward, NULL);
    case ONEDNN_LINEAR_BACKWARD_WEIGHTS:
        return dnnl_inner_product_backward_weights_primitive_desc_create(created, engine, l->source, l->weights,
                                                                         l->bias, l->target, forward, NULL);
    case ONEDNN_POOL_FORWARD:
        return dnnl_pooling_forward_primitive_desc_create(created, engine, dnnl_forward_training,
                                                          dnnl_pooling_avg_exclude_padding, l->source, l->target,
                                                          p->strides, p->kernel, none, p->padding, p->padding, NULL);
    case ONEDNN_POOL_BACKWARD:
        return dnnl_pooling_backward_primitive_desc_create(created, engine, dnnl_pooling_avg_exclude_padding, l->source,
                                                           l->target, p->strides, p->kernel, none, p->padding,
                                                           p->padding, forward, NULL);
    }
    return dnnl_invalid_arguments;
}

#else

dnnl_status_t onednn_layout_create(const struct onednn_shape *shape, dnnl_format_tag_t tag, onednn_layout *layout)
{
    dnnl_memory_desc_t *created = calloc(1, sizeof *created);
    *layout = created;
    if (created == NULL) return dnnl_out_of_memory;
    return dnnl_memory_desc_init_by_tag(created, shape->rank, shape->sizes, dnnl_f32, tag);
}

void onednn_layout_destroy(onednn_layout layout)
{
    free((void *)layout);
}

// Version 2 describes an operation first, and a primitive after it.
union descriptor {
    dnnl_convolution_desc_t convolution;
    dnnl_inner_product_desc_t linear;
    dnnl_pooling_desc_t pooling;
};

static dnnl_status_t describe_operation(const struct onednn_problem *p, const struct layouts *l, union descriptor *d)
{
    switch (p->kind) {
    case ONEDNN_CONV_FORWARD:
        return dnnl_convolution_forward_desc_init(&d->convolution, dnnl_forward_training, p->algorithm, l->source,
                                                  l->weights, NULL, l->target, p->strides, p->padding, p->padding);
    case ONEDNN_CONV_BACKWARD_DATA:
        return dnnl_convolution_backward_data_desc_init(&d->convolution, p->algorithm, l->source, l->weights, l->target,
                                                        p->strides, p->padding, p->padding);
    case ONEDNN_CONV_BACKWARD_WEIGHTS:
        return dnnl_convolution_backward_weights_desc_init(&d->convolution, p->algorithm, l->source, l->weights, NULL,
                                                           l->target, p->strides, p->padding, p->padding);
    case ONEDNN_LINEAR_FORWARD:
        return dnnl_inner_product_forward_desc_init(&d->linear, dnnl_forward_training, l->source, l->weights, l->bias,
                                                    l->target);
    case ONEDNN_LINEAR_BACKWARD_DATA:
        return dnnl_inner_product_backward_data_desc_init(&d->linear, l->source, l->weights, l->target);
    case ONEDNN_LINEAR_BACKWARD_WEIGHTS:
        return dnnl_inner_product_backward_weights_desc_init(&d->linear, l->source, l->weights, l->bias, l->target);
    case ONEDNN_POOL_FORWARD:
        return dnnl_pooling_forward_desc_init(&d->pooling, dnnl_forward_training, dnnl_pooling_avg_exclude_padding,
                                              l->source, l->target, p->strides, p->kernel, p->padding, p->padding);
    case ONEDNN_POOL_BACKWARD:
        return dnnl_pooling_backward_desc_init(&d->pooling, dnnl_pooling_avg_exclude_padding, l->source, l->target,
                                               p->strides, p->kernel, p->padding, p->padding);
    }
    return dnnl_invalid_arguments;
}

static dnnl_status_t describe(dnnl_engine_t engine, const struct onednn_problem *p, const struct layouts *l,
                              const_dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *created)
{
    union descriptor descriptor;
    const dnnl_status_t status = describe_operation(p, l, &descriptor);
    return status == dnnl_success ? dnnl_primitive_desc_create(created, &descriptor, NULL, engine, forward) : status;
}

#endif

// The forward primitive that a backward one wants to know of; its own kind where there is none.
static enum onednn_kind forward_kind(enum onednn_kind kind)
{
    switch (kind) {
    case ONEDNN_CONV_BACKWARD_DATA:
    case ONEDNN_CONV_BACKWARD_WEIGHTS: return ONEDNN_CONV_FORWARD;
    case ONEDNN_LINEAR_BACKWARD_DATA:
    case ONEDNN_LINEAR_BACKWARD_WEIGHTS: return ONEDNN_LINEAR_FORWARD;
    case ONEDNN_POOL_BACKWARD: return ONEDNN_POOL_FORWARD;
    default: return kind;
    }
}

dnnl_status_t onednn_describe_problem(dnnl_engine_t engine, const struct onednn_problem *problem,
                                      dnnl_primitive_desc_t *created)
{
    struct layouts layouts = {NULL, NULL, NULL, NULL};
    struct onednn_problem forward_problem = *problem;
    dnnl_primitive_desc_t forward = NULL;
    *created = NULL;
    dnnl_status_t status = create_layouts(problem, &layouts);
    forward_problem.kind = forward_kind(problem->kind);
    if (status == dnnl_success && forward_problem.kind != problem->kind)
        status = describe(engine, &forward_problem, &layouts, NULL, &forward);
    if (status == dnnl_success) status = describe(engine, problem, &layouts, forward, created);
    if (forward != NULL) dnnl_primitive_desc_destroy(forward);
    destroy_layouts(&layouts);
    return status;
}
