// linear.cu: the classifier and its three gradients, in float32.
// Bound     the launch: 128 images x 128 features x 100 classes are 1.6 million multiply-adds.
// Launch    forward: a block per image, a warp per class in turn. Backward: a block per image for the gradient of the
//           input, further ones per class for those of weight and bias; a thread per feature.
#include <math.h>

#include "kernels/cuda/numbers.cuh"

enum { THREADS = 256 };

__global__ static void linear_forward_kernel(struct linear_forward linear)
{
    unsigned lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, run = blockIdx.y;
    size_t row = (size_t)run * (size_t)linear.images + blockIdx.x;
    dependency_wait();
    dependency_release();
    const float *input = linear.input + row * (size_t)linear.features;
    const float *weight = part_of_run(linear.weight, run), *bias = part_of_run(linear.bias, run);
    for (unsigned label = warp; label < (unsigned)linear.classes; label += THREADS / WARP) {
        float sum = 0;
        for (unsigned i = lane; i < (unsigned)linear.features; i += WARP)
            sum = fmaf(input[i], weight[(size_t)label * (size_t)linear.features + i], sum);
        sum = warp_sum(sum);
        if (lane == 0) linear.logits[row * (size_t)linear.classes + label] = sum + bias[label];
    }
}

CUDA_OPERATION(linear_forward)
{
    const struct linear_forward *linear = (const struct linear_forward *)settings;
    cuda_launch(device, "linear_forward", linear_forward_kernel, dim3((unsigned)linear->images, (unsigned)linear->runs),
                THREADS, 0, *linear);
}

// grad_input = weight^T * grad_logits, one image.
DEVICE void backward_input(const struct linear_backward &linear, unsigned run, unsigned image)
{
    if (linear.grad_input == NULL) return;
    size_t row = (size_t)run * (size_t)linear.images + image;
    const float *grad = linear.grad_logits + row * (size_t)linear.classes, *weight = part_of_run(linear.weight, run);
    for (unsigned i = threadIdx.x; i < (unsigned)linear.features; i += THREADS) {
        float sum = 0;
#pragma unroll 4
        for (unsigned label = 0; label < (unsigned)linear.classes; label++)
            sum = fmaf(grad[label], weight[(size_t)label * (size_t)linear.features + i], sum);
        linear.grad_input[row * (size_t)linear.features + i] = sum;
    }
}

// One class: sums over the run's images; feature number `features` stands for the bias' constant 1.
DEVICE void backward_parameters(const struct linear_backward &linear, unsigned run, unsigned label)
{
    size_t first = (size_t)run * (size_t)linear.images, classes = (size_t)linear.classes;
    size_t features = (size_t)linear.features;
    float *grad_weight = part_of_run_out(linear.grad_weight, run), *grad_bias = part_of_run_out(linear.grad_bias, run);
    for (size_t i = threadIdx.x; i <= features; i += THREADS) {
        if ((i < features ? grad_weight : grad_bias) == NULL) continue;
        float sum = 0;
#pragma unroll 4
        for (size_t row = first; row < first + (size_t)linear.images; row++)
            sum = fmaf(linear.grad_logits[row * classes + label], i < features ? linear.input[row * features + i] : 1,
                       sum);
        if (i < features)
            grad_weight[(size_t)label * features + i] = sum;
        else
            grad_bias[label] = sum;
    }
}

__global__ static void linear_backward_kernel(struct linear_backward linear)
{
    dependency_wait();
    dependency_release();
    if (blockIdx.x < (unsigned)linear.images)
        backward_input(linear, blockIdx.y, blockIdx.x);
    else
        backward_parameters(linear, blockIdx.y, blockIdx.x - (unsigned)linear.images);
}

CUDA_OPERATION(linear_backward)
{
    const struct linear_backward *linear = (const struct linear_backward *)settings;
    bool parameters = linear->grad_weight.data != NULL || linear->grad_bias.data != NULL;
    unsigned blocks = (unsigned)linear->images + (parameters ? (unsigned)linear->classes : 0);
    cuda_launch(device, "linear_backward", linear_backward_kernel, dim3(blocks, (unsigned)linear->runs), THREADS, 0,
                *linear);
}
