// conv_backward_data.cu: output = mask * (conv_transposed(gradient, filter) + addend), rounded once, with the sums that
// batch norm's backward needs, and in recorded steps what that makes of them; there the gradient may also be a
// residual_join, done on the way. The kernel is conv_tile.cuh's.
#include "kernels/cuda/conv_tile.cuh"

static void put_source(conv_tensors &tensors, const struct conv_backward_data &conv, const struct fused_conv &fused)
{
    const struct residual_join *join = fused.join;
    tensors.values = (const bf16 *)(join != NULL ? join->gradient : conv.gradient);
    tensors.raw = (const bf16 *)(join != NULL ? join->raw : conv.raw);
    tensors.constants = join != NULL ? join->coefficients : conv.coefficients;
    tensors.addend = join != NULL ? (const bf16 *)join->addend : NULL;
    tensors.joined = join != NULL && fused.stores_join ? (bf16 *)join->output : NULL;
}

static conv_request request_of(const struct fused_conv &fused)
{
    const struct conv_backward_data *conv = (const struct conv_backward_data *)fused.conv;
    conv_request request = conv_request();
    conv_tensors &tensors = request.tensors;
    request.tile = conv_tile_backward_data(&conv->shape);
    request.filter = conv->filter;
    request.runs = conv->shape.runs;
    request.prologue = conv->coefficients.data == NULL ? PROLOGUE_NONE : PROLOGUE_COEFFICIENTS;
    if (fused.join != NULL) request.prologue = PROLOGUE_JOIN;
    put_source(tensors, *conv, fused);
    tensors.added = (const bf16 *)conv->addend;
    tensors.mask_input = (const bf16 *)conv->mask_input;
    tensors.mask_affine = conv->affine;
    tensors.output = (bf16 *)conv->output;
    tensors.records = (statistics_cuda *)conv->sums;
    tensors.products_with_mask = true;
    tensors.norm = norm_task_backward(fused.backward);
    return request;
}

static void launch(struct device *device, const struct fused_convs *fused)
{
    conv_request requests[FUSED_CONVS];
    for (int i = 0; i < fused->count; i++) requests[i] = request_of(fused->conv[i]);
    if (requests[0].prologue == PROLOGUE_NONE)
        conv_launch<PROLOGUE_NONE>(device, "conv_backward_data", requests, fused->count);
    else if (requests[0].prologue == PROLOGUE_COEFFICIENTS)
        conv_launch<PROLOGUE_COEFFICIENTS>(device, "conv_backward_data", requests, fused->count);
    else
        conv_launch<PROLOGUE_JOIN>(device, "conv_backward_data", requests, fused->count);
}

CUDA_OPERATION(fused_conv_backward_data)
{
    launch(device, (const struct fused_convs *)settings);
}

CUDA_OPERATION(conv_backward_data)
{
    struct fused_convs one = fused_convs();
    one.count = 1;
    one.conv[0].conv = settings;
    launch(device, &one);
}
