// conv_forward.cu: output = conv(prologue(input), filter) + residual, rounded once, with the statistics of what is stored,
// and in recorded steps what the next batch norm makes of them. The kernel is conv_tile.cuh's.
#include "kernels/cuda/conv_tile.cuh"

static conv_request request_of(const struct fused_conv &fused)
{
    const struct conv_forward *conv = (const struct conv_forward *)fused.conv;
    conv_request request = conv_request();
    conv_tensors &tensors = request.tensors;
    request.tile = conv_tile_forward(&conv->shape);
    request.filter = conv->filter;
    request.runs = conv->shape.runs;
    request.prologue = conv->affine.data == NULL ? PROLOGUE_NONE : PROLOGUE_RELU;
    tensors.values = (const bf16 *)conv->input;
    tensors.constants = conv->affine;
    tensors.added = (const bf16 *)conv->residual;
    tensors.output = (bf16 *)conv->output;
    tensors.records = (statistics_cuda *)conv->statistics;
    tensors.norm = norm_task_finalise(fused.finalise);
    return request;
}

static void launch(struct device *device, const struct fused_convs *fused)
{
    conv_request requests[FUSED_CONVS];
    for (int i = 0; i < fused->count; i++) requests[i] = request_of(fused->conv[i]);
    if (requests[0].prologue == PROLOGUE_NONE)
        conv_launch<PROLOGUE_NONE>(device, "conv_forward", requests, fused->count);
    else
        conv_launch<PROLOGUE_RELU>(device, "conv_forward", requests, fused->count);
}

CUDA_OPERATION(fused_conv_forward)
{
    launch(device, (const struct fused_convs *)settings);
}

CUDA_OPERATION(conv_forward)
{
    struct fused_convs one = fused_convs();
    one.count = 1;
    one.conv[0].conv = settings;
    launch(device, &one);
}
