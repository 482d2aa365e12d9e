// operation_list.h: the operations that have a CUDA kernel, once, for the backend and for its twin on the host-side runner:
// X(place in the table, name). What is missing here fails with a sentence (device.c).
#ifndef KERNELS_CUDA_OPERATION_LIST_H
#define KERNELS_CUDA_OPERATION_LIST_H

#define CUDA_OPERATION_LIST(X)                                                                                         \
    X(OPERATION_BATCH_LOAD, batch_load)                                                                                \
    X(OPERATION_BATCH_GATHER, batch_gather)                                                                            \
    X(OPERATION_IMAGE_NORMALISE, image_normalise)                                                                      \
    X(OPERATION_CONV_FORWARD, conv_forward)                                                                            \
    X(OPERATION_CONV_BACKWARD_DATA, conv_backward_data)                                                                \
    X(OPERATION_CONV_BACKWARD_FILTER, conv_backward_filter)                                                            \
    X(OPERATION_BATCHNORM_FINALISE, batchnorm_finalise)                                                                \
    X(OPERATION_BATCHNORM_BACKWARD, batchnorm_backward)                                                                \
    X(OPERATION_RESIDUAL_JOIN, residual_join)                                                                          \
    X(OPERATION_POOL_FORWARD, pool_forward)                                                                            \
    X(OPERATION_POOL_BACKWARD, pool_backward)                                                                          \
    X(OPERATION_LINEAR_FORWARD, linear_forward)                                                                        \
    X(OPERATION_LINEAR_BACKWARD, linear_backward)                                                                      \
    X(OPERATION_SOFTMAX_CROSS_ENTROPY, softmax_cross_entropy)                                                          \
    X(OPERATION_AUGMIX_LOSS, augmix_loss)                                                                              \
    X(OPERATION_NON_SATURATING_LOSS, non_saturating_loss)                                                              \
    X(OPERATION_FEATURE_DISTANCE_LOSS, feature_distance_loss)                                                          \
    X(OPERATION_KL_LOSS, kl_loss)                                                                                      \
    X(OPERATION_SGD_UPDATE, sgd_update)                                                                                \
    X(OPERATION_ADAMW_UPDATE, adamw_update)                                                                            \
    X(OPERATION_GRADIENT_CLIP, gradient_clip)                                                                          \
    X(OPERATION_STEP_ADVANCE, step_advance)

#endif
