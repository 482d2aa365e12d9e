// cudnn.h: convolutions by NVIDIA's cuDNN 8 or 9, which is found when the program runs; no header of its is needed. For
// comparison alone. bfloat16 in N H W C, filters K R S C, sums in float32, and only algorithms that cuDNN calls deterministic.
#ifndef BENCH_GPU_CUDNN_H
#define BENCH_GPU_CUDNN_H

#include <cuda_runtime_api.h>

#include "kernels/kernels.h"

struct cudnn;
struct cudnn_conv; // one convolution, its algorithm chosen

// Needs no device. STATUS_MISSING says where was looked; `folders` as in dynamic_library.h.
struct status cudnn_open(const char *folders, struct cudnn **opened);
void cudnn_close(struct cudnn *cudnn); // accepts NULL
// "cuDNN 92800, libcudnn.so.9": the number is the library's own.
void cudnn_describe(const struct cudnn *cudnn, char *text, size_t size);

// From now on work goes to `stream`, of the device in use.
struct status cudnn_start(struct cudnn *cudnn, cudaStream_t stream);

// Tries all of cuDNN's algorithms for CONV_FORWARD, CONV_BACKWARD_DATA or CONV_BACKWARD_FILTER and keeps the fastest
// deterministic one. STATUS_MISSING when there is none.
struct status cudnn_conv_create(struct cudnn *cudnn, enum operation operation, const struct conv_shape *shape,
                                struct cudnn_conv **created);
void cudnn_conv_destroy(struct cudnn_conv *conv);        // accepts NULL
int cudnn_conv_algorithm(const struct cudnn_conv *conv); // its number in cuDNN's enumeration

// Enqueues it. Forward: source, filter -> target; backward_data: filter, target -> source; backward_filter: source, target
// -> filter, where all are values or gradients as in kernels.h.
struct status cudnn_conv_run(struct cudnn_conv *conv, void *source, void *filter, void *target);

#endif
