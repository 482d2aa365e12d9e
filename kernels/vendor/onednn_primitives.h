// onednn_primitives.h: the part of oneDNN's C interface that changed between versions 2 and 3: memory descriptors and the
// creation of primitive descriptors. Internal to kernels/vendor/.
#ifndef KERNELS_VENDOR_ONEDNN_PRIMITIVES_H
#define KERNELS_VENDOR_ONEDNN_PRIMITIVES_H

#include <dnnl.h>

// A memory descriptor that is only read.
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t onednn_layout;
#else
typedef const dnnl_memory_desc_t *onednn_layout;
#endif

enum { ONEDNN_RANK_LIMIT = 4 };

// Logical sizes in oneDNN's order (N C H W, O I H W, N C, ...), float32.
struct onednn_shape {
    int rank;
    dnnl_dims_t sizes;
};

enum onednn_kind {
    ONEDNN_CONV_FORWARD,
    ONEDNN_CONV_BACKWARD_DATA,
    ONEDNN_CONV_BACKWARD_WEIGHTS,
    ONEDNN_LINEAR_FORWARD,
    ONEDNN_LINEAR_BACKWARD_DATA,
    ONEDNN_LINEAR_BACKWARD_WEIGHTS,
    ONEDNN_POOL_FORWARD, // average
    ONEDNN_POOL_BACKWARD,
};

// A primitive wanted. `source` and `target` are the forward operation's input and output, gradients of those alike.
struct onednn_problem {
    enum onednn_kind kind;
    struct onednn_shape source, weights, bias, target; // rank 0: absent
    dnnl_alg_kind_t algorithm;                         // of a convolution
    dnnl_format_tag_t source_tag;                      // the source's layout; dnnl_format_tag_any: the library's choice
    dnnl_dims_t strides, kernel, padding;              // of a convolution and a pooling
};

// The library chooses every layout but the source's, which a pooling wants to be told. *created is the caller's to destroy.
dnnl_status_t onednn_describe_problem(dnnl_engine_t engine, const struct onednn_problem *problem,
                                      dnnl_primitive_desc_t *created);

// A plain layout; the caller's to free with onednn_layout_destroy.
dnnl_status_t onednn_layout_create(const struct onednn_shape *shape, dnnl_format_tag_t tag, onednn_layout *layout);
void onednn_layout_destroy(onednn_layout layout); // accepts NULL

#endif
