// table.c: the CPU backend's table for one instruction set. Losses that take under half a percent of a training step, and
// operations over a few values per channel or image, are reference/'s.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/cpu/convolution_table.h"
#include "kernels/cpu/corruptions/corruptions.h"
#include "kernels/cpu/cpu.h"
#include "kernels/cpu/simd/operations.h"
#include "kernels/host_memory.h"
#include "kernels/reference/reference.h"

// batchnorm_backward_reference reads these records as its own.
_Static_assert(sizeof(struct channel_sums) == sizeof(struct statistics_reference), "records of sums agree");

static struct algorithm algorithm_of(const struct device *device, enum operation operation, const void *settings)
{
    return convolution_algorithm(device, operation, settings, LANES);
}

const struct kernels ISA_NAME(kernels_cpu) = {
    .name = "cpu-" ISA_TEXT,
    .precision = sizeof(activation) == sizeof(float) ? PRECISION_FP32 : PRECISION_BF16,
    .arithmetic = sizeof(activation) == sizeof(float) ? CONVOLUTION_TABLE_VERSION : CONVOLUTION_TABLE_VERSION_BF16,
    .statistics_bytes = sizeof(struct channel_sums),
    .activation_bytes = sizeof(activation),
    .open = host_memory_open,
    .close = host_memory_close,
    .allocate = host_memory_allocate,
    .release = host_memory_release,
    .upload = host_memory_upload,
    .download = host_memory_download,
    .zero = host_memory_zero,
    .synchronise = host_memory_synchronise,
    .algorithm = algorithm_of,
    .operations =
        {
            [OPERATION_BATCH_LOAD] = ISA_NAME(batch_load),
            [OPERATION_BATCH_GATHER] = batch_gather_cpu,
            [OPERATION_IMAGE_CORRUPT] = ISA_NAME(image_corrupt),
            [OPERATION_IMAGE_NORMALISE] = ISA_NAME(image_normalise),
            [OPERATION_AUGMIX_VIEWS] = ISA_NAME(augmix_views),
            [OPERATION_IMAGE_TO_UNIT] = ISA_NAME(image_to_unit),
            [OPERATION_UNIT_TO_ACTIVATION] = ISA_NAME(unit_to_activation),
            [OPERATION_UNIT_TO_ACTIVATION_BACKWARD] = ISA_NAME(unit_to_activation_backward),
            [OPERATION_AUGMENTATION_DRAW] = ISA_NAME(augmentation_draw),
            [OPERATION_MLP_FORWARD] = ISA_NAME(mlp_forward),
            [OPERATION_MLP_BACKWARD] = ISA_NAME(mlp_backward),
            [OPERATION_SQUASH_FORWARD] = squash_forward_reference,
            [OPERATION_SQUASH_BACKWARD] = squash_backward_reference,
            [OPERATION_GATE_FORWARD] = gate_forward_reference,
            [OPERATION_GATE_BACKWARD] = gate_backward_reference,
            [OPERATION_DEFORM_FORWARD] = ISA_NAME(deform_forward),
            [OPERATION_DEFORM_BACKWARD] = ISA_NAME(deform_backward),
            [OPERATION_CONV_FORWARD] = ISA_NAME(conv_forward),
            [OPERATION_CONV_BACKWARD_DATA] = ISA_NAME(conv_backward_data),
            [OPERATION_CONV_BACKWARD_FILTER] = ISA_NAME(conv_backward_filter),
            [OPERATION_BATCHNORM_FINALISE] = batchnorm_finalise_cpu,
            [OPERATION_BATCHNORM_BACKWARD] = batchnorm_backward_reference,
            [OPERATION_RESIDUAL_JOIN] = ISA_NAME(residual_join),
            [OPERATION_POOL_FORWARD] = ISA_NAME(pool_forward),
            [OPERATION_POOL_BACKWARD] = ISA_NAME(pool_backward),
            [OPERATION_LINEAR_FORWARD] = ISA_NAME(linear_forward),
            [OPERATION_LINEAR_BACKWARD] = ISA_NAME(linear_backward),
            [OPERATION_SOFTMAX_CROSS_ENTROPY] = softmax_cross_entropy_cpu,
            [OPERATION_AUGMIX_LOSS] = augmix_loss_cpu,
            [OPERATION_NON_SATURATING_LOSS] = non_saturating_loss_reference,
            [OPERATION_FEATURE_DISTANCE_LOSS] = feature_distance_loss_reference,
            [OPERATION_KL_LOSS] = kl_loss_reference,
            [OPERATION_SGD_UPDATE] = sgd_update_cpu,
            [OPERATION_ADAMW_UPDATE] = adamw_update_cpu,
            [OPERATION_GRADIENT_CLIP] = gradient_clip_reference,
            [OPERATION_STEP_ADVANCE] = step_advance_reference,
        },
};
