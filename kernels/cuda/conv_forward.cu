// conv_forward.cu: output = conv(prologue(input), filter) + residual, rounded once, with the statistics of what is stored.
// The kernel is conv_tile.cuh's.
#include "kernels/cuda/conv_tile.cuh"

CUDA_OPERATION(conv_forward)
{
    const struct conv_forward *conv = (const struct conv_forward *)settings;
    conv_tensors tensors = conv_tensors();
    tensors.values = (const bf16 *)conv->input;
    tensors.constants = conv->affine;
    tensors.added = (const bf16 *)conv->residual;
    tensors.output = (bf16 *)conv->output;
    tensors.records = (statistics_cuda *)conv->statistics;
    conv_tile tile = conv_tile_forward(&conv->shape);
    if (conv->affine.data == NULL)
        conv_tile_launch<PROLOGUE_NONE>(device, "conv_forward", tile, conv->filter, tensors, conv->shape.runs);
    else
        conv_tile_launch<PROLOGUE_RELU>(device, "conv_forward", tile, conv->filter, tensors, conv->shape.runs);
}
