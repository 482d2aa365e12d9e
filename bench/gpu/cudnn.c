// cudnn.c: see cudnn.h. Functions and numbers are those of NVIDIA's cuDNN API reference (docs.nvidia.com/deeplearning/cudnn),
// checked against the headers of cuDNN 9.28.0; those of cuDNN 8 are the same.
#include "bench/gpu/cudnn.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernels/vendor/dynamic_library.h"

enum { CUDNN_SUCCESS = 0, CUDNN_FLOAT = 0, CUDNN_BFLOAT16 = 9, CUDNN_NHWC = 1, CUDNN_CROSS_CORRELATION = 1 };
enum { CUDNN_DETERMINISTIC = 1, ALGORITHMS = 16 };

// cudnnConvolutionFwdAlgoPerf_t and its two sisters.
struct performance {
    int algorithm, status;
    float milliseconds;
    size_t memory;
    int determinism, math_type, reserved[3];
};

// Descriptors and handles are pointers to structures of cuDNN's own; the three directions take the same kinds of arguments.
typedef int find_function(void *handle, void *first, void *second, void *convolution, void *result, int wanted,
                          int *found, struct performance *performances);
typedef int run_function(void *handle, const void *alpha, void *first, const void *first_data, void *second,
                         const void *second_data, void *convolution, int algorithm, void *memory, size_t bytes,
                         const void *beta, void *result, void *result_data);

struct functions {
    size_t (*version)(void);
    const char *(*error)(int status);
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*set_stream)(void *handle, cudaStream_t stream);
    int (*create_tensor)(void **tensor), (*create_filter)(void **filter), (*create_convolution)(void **convolution);
    int (*destroy_tensor)(void *tensor), (*destroy_filter)(void *filter), (*destroy_convolution)(void *convolution);
    int (*set_tensor)(void *tensor, int format, int type, int n, int c, int h, int w);
    int (*set_filter)(void *filter, int type, int format, int k, int c, int h, int w);
    int (*set_convolution)(void *convolution, int pad_h, int pad_w, int stride_h, int stride_w, int dilation_h,
                           int dilation_w, int mode, int type);
    int (*set_math_type)(void *convolution, int math_type);
    find_function *find[3]; // forward, backward data, backward filter
    run_function *run[3];
};

#define SYMBOL(name, field)                                                                                            \
    {                                                                                                                  \
        name, offsetof(struct functions, field)                                                                        \
    }
static const struct dynamic_symbol symbols[] = {
    SYMBOL("cudnnGetVersion", version),
    SYMBOL("cudnnGetErrorString", error),
    SYMBOL("cudnnCreate", create),
    SYMBOL("cudnnDestroy", destroy),
    SYMBOL("cudnnSetStream", set_stream),
    SYMBOL("cudnnCreateTensorDescriptor", create_tensor),
    SYMBOL("cudnnCreateFilterDescriptor", create_filter),
    SYMBOL("cudnnCreateConvolutionDescriptor", create_convolution),
    SYMBOL("cudnnDestroyTensorDescriptor", destroy_tensor),
    SYMBOL("cudnnDestroyFilterDescriptor", destroy_filter),
    SYMBOL("cudnnDestroyConvolutionDescriptor", destroy_convolution),
    SYMBOL("cudnnSetTensor4dDescriptor", set_tensor),
    SYMBOL("cudnnSetFilter4dDescriptor", set_filter),
    SYMBOL("cudnnSetConvolution2dDescriptor", set_convolution),
    SYMBOL("cudnnSetConvolutionMathType", set_math_type),
    SYMBOL("cudnnFindConvolutionForwardAlgorithm", find[0]),
    SYMBOL("cudnnFindConvolutionBackwardDataAlgorithm", find[1]),
    SYMBOL("cudnnFindConvolutionBackwardFilterAlgorithm", find[2]),
    SYMBOL("cudnnConvolutionForward", run[0]),
    SYMBOL("cudnnConvolutionBackwardData", run[1]),
    SYMBOL("cudnnConvolutionBackwardFilter", run[2]),
};

struct cudnn {
    struct dynamic_library library;
    struct functions functions;
    void *handle;
};

struct cudnn_conv {
    struct cudnn *cudnn;
    int direction;                             // which of find[] and run[]
    void *source, *filter, *target, *geometry; // descriptors
    int algorithm;
    void *memory;
    size_t bytes;
};

static struct status status_of(const struct cudnn *cudnn, int code, const char *action)
{
    if (code == CUDNN_SUCCESS) return status_ok();
    return status_error(STATUS_DEVICE, "cuDNN: %s: %s", action, cudnn->functions.error(code));
}

struct status cudnn_open(const char *folders, struct cudnn **opened)
{
    static const char *const names[] = {"libcudnn.so.9", "libcudnn.so.8", NULL};
    struct cudnn *cudnn = calloc(1, sizeof *cudnn);
    *opened = NULL;
    if (cudnn == NULL) return status_error(STATUS_NO_MEMORY, "cuDNN: out of memory");
    struct status status = dynamic_library_open(names, folders, &cudnn->library);
    if (status.code == STATUS_OK)
        status = dynamic_library_bind(&cudnn->library, symbols, sizeof symbols / sizeof symbols[0], &cudnn->functions);
    if (status.code == STATUS_OK)
        *opened = cudnn;
    else
        cudnn_close(cudnn);
    return status;
}

void cudnn_close(struct cudnn *cudnn)
{
    if (cudnn == NULL) return;
    if (cudnn->handle != NULL) cudnn->functions.destroy(cudnn->handle);
    dynamic_library_close(&cudnn->library);
    free(cudnn);
}

void cudnn_describe(const struct cudnn *cudnn, char *text, size_t size)
{
    snprintf(text, size, "cuDNN %zu, %s", cudnn->functions.version(), cudnn->library.path);
}

struct status cudnn_start(struct cudnn *cudnn, cudaStream_t stream)
{
    int code = cudnn->functions.create(&cudnn->handle);
    if (code == CUDNN_SUCCESS) code = cudnn->functions.set_stream(cudnn->handle, stream);
    return status_of(cudnn, code, "start");
}

// ---- one convolution ---------------------------------------------------------------------------------------------

static int describe_tensor(const struct functions *functions, void **tensor, int images, int channels, int height,
                           int width)
{
    int code = functions->create_tensor(tensor);
    if (code != CUDNN_SUCCESS) return code;
    return functions->set_tensor(*tensor, CUDNN_NHWC, CUDNN_BFLOAT16, images, channels, height, width);
}

static int describe_shape(struct cudnn_conv *conv, const struct conv_shape *shape)
{
    const struct functions *functions = &conv->cudnn->functions;
    const int stride = shape->stride, padding = shape->kernel / 2, images = shape->runs * shape->images;
    int code = describe_tensor(functions, &conv->source, images, shape->channels_in, shape->height, shape->width);
    if (code == CUDNN_SUCCESS)
        code = describe_tensor(functions, &conv->target, images, shape->channels_out,
                               (shape->height + stride - 1) / stride, (shape->width + stride - 1) / stride);
    if (code == CUDNN_SUCCESS) code = functions->create_filter(&conv->filter);
    if (code == CUDNN_SUCCESS)
        code = functions->set_filter(conv->filter, CUDNN_BFLOAT16, CUDNN_NHWC, shape->channels_out, shape->channels_in,
                                     shape->kernel, shape->kernel);
    if (code == CUDNN_SUCCESS) code = functions->create_convolution(&conv->geometry);
    if (code == CUDNN_SUCCESS)
        code = functions->set_convolution(conv->geometry, padding, padding, stride, stride, 1, 1,
                                          CUDNN_CROSS_CORRELATION, CUDNN_FLOAT);
    return code;
}

// In the order in which cuDNN wants them: two that are read, one that is written.
struct arguments {
    void *first, *second, *result;
};

static struct arguments arrange(int direction, void *source, void *filter, void *target)
{
    if (direction == 0) return (struct arguments){source, filter, target};
    if (direction == 1) return (struct arguments){filter, target, source};
    return (struct arguments){source, target, filter};
}

// cuDNN lists what it tried with the fastest first.
static struct status choose_algorithm(struct cudnn_conv *conv)
{
    const struct functions *functions = &conv->cudnn->functions;
    struct arguments order = arrange(conv->direction, conv->source, conv->filter, conv->target);
    struct performance found[ALGORITHMS];
    int count = 0, chosen = 0;
    int code = functions->find[conv->direction](conv->cudnn->handle, order.first, order.second, conv->geometry,
                                                order.result, ALGORITHMS, &count, found);
    if (code != CUDNN_SUCCESS) return status_of(conv->cudnn, code, "try the algorithms");
    while (chosen < count &&
           (found[chosen].status != CUDNN_SUCCESS || found[chosen].determinism != CUDNN_DETERMINISTIC))
        chosen++;
    if (chosen == count) return status_error(STATUS_MISSING, "cuDNN: none of %d algorithms is deterministic", count);
    conv->algorithm = found[chosen].algorithm;
    conv->bytes = found[chosen].memory;
    code = functions->set_math_type(conv->geometry, found[chosen].math_type);
    if (code == CUDNN_SUCCESS && conv->bytes > 0 && cudaMalloc(&conv->memory, conv->bytes) != cudaSuccess)
        return status_error(STATUS_NO_MEMORY, "cuDNN: no %zu bytes of work space", conv->bytes);
    return status_of(conv->cudnn, code, "choose an algorithm");
}

struct status cudnn_conv_create(struct cudnn *cudnn, enum operation operation, const struct conv_shape *shape,
                                struct cudnn_conv **created)
{
    struct cudnn_conv *conv = calloc(1, sizeof *conv);
    *created = NULL;
    if (conv == NULL) return status_error(STATUS_NO_MEMORY, "cuDNN: out of memory");
    conv->cudnn = cudnn;
    conv->direction = operation == OPERATION_CONV_FORWARD ? 0 : operation == OPERATION_CONV_BACKWARD_DATA ? 1 : 2;
    struct status status = status_of(cudnn, describe_shape(conv, shape), "describe a convolution");
    if (status.code == STATUS_OK) status = choose_algorithm(conv);
    if (status.code == STATUS_OK)
        *created = conv;
    else
        cudnn_conv_destroy(conv);
    return status;
}

void cudnn_conv_destroy(struct cudnn_conv *conv)
{
    if (conv == NULL) return;
    const struct functions *functions = &conv->cudnn->functions;
    if (conv->source != NULL) functions->destroy_tensor(conv->source);
    if (conv->target != NULL) functions->destroy_tensor(conv->target);
    if (conv->filter != NULL) functions->destroy_filter(conv->filter);
    if (conv->geometry != NULL) functions->destroy_convolution(conv->geometry);
    cudaFree(conv->memory);
    free(conv);
}

int cudnn_conv_algorithm(const struct cudnn_conv *conv)
{
    return conv->algorithm;
}

struct status cudnn_conv_run(struct cudnn_conv *conv, void *source, void *filter, void *target)
{
    static const float one = 1, zero = 0;
    struct arguments order = arrange(conv->direction, conv->source, conv->filter, conv->target);
    struct arguments data = arrange(conv->direction, source, filter, target);
    int code = conv->cudnn->functions.run[conv->direction](conv->cudnn->handle, &one, order.first, data.first,
                                                           order.second, data.second, conv->geometry, conv->algorithm,
                                                           conv->memory, conv->bytes, &zero, order.result, data.result);
    return status_of(conv->cudnn, code, "compute a convolution");
}
