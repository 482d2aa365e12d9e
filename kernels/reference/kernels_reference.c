// kernels_reference.c: the table of the reference backend.
#include "kernels/host_memory.h"
#include "kernels/reference/reference.h"

const struct kernels kernels_reference = {
    .name = "reference",
    .arithmetic = "fp32-1",
    .statistics_bytes = sizeof(struct statistics_reference),
    .activation_bytes = sizeof(float),
    .open = host_memory_open,
    .close = host_memory_close,
    .allocate = host_memory_allocate,
    .release = host_memory_release,
    .upload = host_memory_upload,
    .download = host_memory_download,
    .zero = host_memory_zero,
    .synchronise = host_memory_synchronise,
    .operations =
        {
            [OPERATION_BATCH_LOAD] = batch_load_reference,
            [OPERATION_BATCH_GATHER] = batch_gather_reference,
            [OPERATION_IMAGE_CORRUPT] = image_corrupt_reference,
            [OPERATION_IMAGE_NORMALISE] = image_normalise_reference,
            [OPERATION_CONV_FORWARD] = conv_forward_reference,
            [OPERATION_CONV_BACKWARD_DATA] = conv_backward_data_reference,
            [OPERATION_CONV_BACKWARD_FILTER] = conv_backward_filter_reference,
            [OPERATION_BATCHNORM_FINALISE] = batchnorm_finalise_reference,
            [OPERATION_BATCHNORM_BACKWARD] = batchnorm_backward_reference,
            [OPERATION_RESIDUAL_JOIN] = residual_join_reference,
            [OPERATION_POOL_FORWARD] = pool_forward_reference,
            [OPERATION_POOL_BACKWARD] = pool_backward_reference,
            [OPERATION_LINEAR_FORWARD] = linear_forward_reference,
            [OPERATION_LINEAR_BACKWARD] = linear_backward_reference,
            [OPERATION_SOFTMAX_CROSS_ENTROPY] = softmax_cross_entropy_reference,
            [OPERATION_AUGMIX_LOSS] = augmix_loss_reference,
            [OPERATION_NON_SATURATING_LOSS] = non_saturating_loss_reference,
            [OPERATION_FEATURE_DISTANCE_LOSS] = feature_distance_loss_reference,
            [OPERATION_KL_LOSS] = kl_loss_reference,
            [OPERATION_SGD_UPDATE] = sgd_update_reference,
            [OPERATION_ADAMW_UPDATE] = adamw_update_reference,
            [OPERATION_GRADIENT_CLIP] = gradient_clip_reference,
            [OPERATION_STEP_ADVANCE] = step_advance_reference,
        },
};
