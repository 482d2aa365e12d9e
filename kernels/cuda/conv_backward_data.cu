// conv_backward_data.cu: output = mask * (conv_transposed(gradient, filter) + addend), rounded once, with the sums that
// batch norm's backward needs. The kernel is conv_tile.cuh's.
#include "kernels/cuda/conv_tile.cuh"

CUDA_OPERATION(conv_backward_data)
{
    const struct conv_backward_data *conv = (const struct conv_backward_data *)settings;
    conv_tensors tensors = conv_tensors();
    tensors.values = (const bf16 *)conv->gradient;
    tensors.raw = (const bf16 *)conv->raw;
    tensors.constants = conv->coefficients;
    tensors.added = (const bf16 *)conv->addend;
    tensors.mask_input = (const bf16 *)conv->mask_input;
    tensors.mask_affine = conv->affine;
    tensors.output = (bf16 *)conv->output;
    tensors.records = (statistics_cuda *)conv->sums;
    tensors.products_with_mask = true;
    conv_tile tile = conv_tile_backward_data(&conv->shape);
    if (conv->coefficients.data == NULL)
        conv_tile_launch<PROLOGUE_NONE>(device, "conv_backward_data", tile, conv->filter, tensors, conv->shape.runs);
    else
        conv_tile_launch<PROLOGUE_COEFFICIENTS>(device, "conv_backward_data", tile, conv->filter, tensors,
                                                conv->shape.runs);
}
