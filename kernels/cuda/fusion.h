// fusion.h: a recorded list of operations as fewer launches, with the same bits. Plain C; the kernels that serve several
// operations at once are beside those that serve one.
//   norms    batchnorm_finalise and batchnorm_backward are done by the last block of the kernel that makes their sums
//   joins    residual_join is done by the convolution that reads its result, on the way to shared memory, and stored too
//   pairs    a convolution shares its launch with the shortcut beside it
//   head     pooling and classifier, and their backward, share a launch each
//   filters  gradients of filters wait for the end, and are then computed in one launch for all layers of a kind
// An operation that fits none of these is launched as it is; nothing is moved across one that could mind.
#ifndef KERNELS_CUDA_FUSION_H
#define KERNELS_CUDA_FUSION_H

#include "kernels/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { FUSED_CONVS = 2 };

// conv_forward or conv_backward_data with what is done in its launch; all but `conv` may be NULL.
struct fused_conv {
    const void *conv;                          // struct conv_forward or struct conv_backward_data
    const struct batchnorm_finalise *finalise; // of the convolution's statistics
    const struct batchnorm_backward *backward; // of its sums
    const struct residual_join *join;          // whose output is its gradient
    bool stores_join;
};

// Convolutions of one direction that do not read what another of them writes, with the same prologue; those with sums have
// as many channels out, or in, as the largest.
struct fused_convs {
    int count;
    struct fused_conv conv[FUSED_CONVS];
};

// The classifier's input is the pooled features.
struct fused_head_forward {
    const struct pool_forward *pool;
    const struct linear_forward *linear;
};

// The pooled features' gradient is the classifier's input's; there are sums, of which `norm` makes something.
struct fused_head_backward {
    const struct linear_backward *linear;
    const struct pool_backward *pool;
    const struct batchnorm_backward *norm;
};

struct fused_filters {
    size_t count;
    const struct conv_backward_filter **conv;
};

// The operations above as a build's kernels do them.
struct fused_operations {
    operation_function *conv_forward, *conv_backward_data; // struct fused_convs
    operation_function *conv_backward_filter;              // struct fused_filters
    operation_function *head_forward;                      // struct fused_head_forward
    operation_function *head_backward;                     // struct fused_head_backward
};

struct fusion;
// Of a graph that outlives it.
struct status fusion_create(const struct graph *graph, struct fusion **created);
void fusion_destroy(struct fusion *fusion); // accepts NULL
void fusion_enqueue(struct device *device, const struct fused_operations *operations, const struct fusion *fusion);

#ifdef __cplusplus
}
#endif

#endif
