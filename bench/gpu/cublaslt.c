// cublaslt.c: see cublaslt.h. Functions and numbers are those of NVIDIA's cuBLAS documentation (docs.nvidia.com/cuda/cublas),
// checked against the headers of cuBLAS 12.9.3.
#include "bench/gpu/cublaslt.h"

#include <library_types.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/vendor/dynamic_library.h"

enum { CUBLAS_SUCCESS = 0, CUBLAS_FLOAT_SUMS = 68, PREFERENCE_MOST_BYTES = 1 };

// cublasLtMatmulHeuristicResult_t; what it begins with is a cublasLtMatmulAlgo_t.
struct proposal {
    uint64_t algorithm[8];
    size_t bytes;
    int state;
    float waves;
    int reserved[4];
};

// Handles and descriptors are pointers to structures of the library's own.
struct functions {
    size_t (*version)(void);
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*create_description)(void **description, int sums, int scale_type);
    int (*destroy_description)(void *description);
    int (*create_layout)(void **layout, int type, uint64_t rows, uint64_t columns, int64_t leading);
    int (*destroy_layout)(void *layout);
    int (*create_preference)(void **preference);
    int (*destroy_preference)(void *preference);
    int (*set_preference)(void *preference, int attribute, const void *value, size_t bytes);
    int (*propose)(void *handle, void *description, void *a, void *b, void *c, void *d, void *preference, int wanted,
                   struct proposal *proposals, int *found);
    int (*multiply)(void *handle, void *description, const void *alpha, const void *a, void *a_layout, const void *b,
                    void *b_layout, const void *beta, const void *c, void *c_layout, void *d, void *d_layout,
                    const void *algorithm, void *memory, size_t bytes, cudaStream_t stream);
};

#define SYMBOL(name, field)                                                                                            \
    {                                                                                                                  \
        name, offsetof(struct functions, field)                                                                        \
    }
static const struct dynamic_symbol symbols[] = {
    SYMBOL("cublasLtGetVersion", version),
    SYMBOL("cublasLtCreate", create),
    SYMBOL("cublasLtDestroy", destroy),
    SYMBOL("cublasLtMatmulDescCreate", create_description),
    SYMBOL("cublasLtMatmulDescDestroy", destroy_description),
    SYMBOL("cublasLtMatrixLayoutCreate", create_layout),
    SYMBOL("cublasLtMatrixLayoutDestroy", destroy_layout),
    SYMBOL("cublasLtMatmulPreferenceCreate", create_preference),
    SYMBOL("cublasLtMatmulPreferenceDestroy", destroy_preference),
    SYMBOL("cublasLtMatmulPreferenceSetAttribute", set_preference),
    SYMBOL("cublasLtMatmulAlgoGetHeuristic", propose),
    SYMBOL("cublasLtMatmul", multiply),
};

struct cublaslt {
    struct dynamic_library library;
    struct functions functions;
    void *handle;
    cudaStream_t stream;
};

struct cublaslt_product {
    struct cublaslt *library;
    void *description, *left, *right, *result;
    struct proposal proposal;
    void *memory;
};

static struct status status_of(int code, const char *action)
{
    if (code == CUBLAS_SUCCESS) return status_ok();
    return status_error(STATUS_DEVICE, "cuBLASLt: %s: status %d (cublasStatus_t)", action, code);
}

struct status cublaslt_open(const char *folders, struct cublaslt **opened)
{
    static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11", NULL};
    struct cublaslt *library = calloc(1, sizeof *library);
    *opened = NULL;
    if (library == NULL) return status_error(STATUS_NO_MEMORY, "cuBLASLt: out of memory");
    struct status status = dynamic_library_open(names, folders, &library->library);
    if (status.code == STATUS_OK)
        status =
            dynamic_library_bind(&library->library, symbols, sizeof symbols / sizeof symbols[0], &library->functions);
    if (status.code == STATUS_OK)
        *opened = library;
    else
        cublaslt_close(library);
    return status;
}

void cublaslt_close(struct cublaslt *library)
{
    if (library == NULL) return;
    if (library->handle != NULL) library->functions.destroy(library->handle);
    dynamic_library_close(&library->library);
    free(library);
}

void cublaslt_describe(const struct cublaslt *library, char *text, size_t size)
{
    snprintf(text, size, "cuBLASLt %zu, %s", library->functions.version(), library->library.path);
}

struct status cublaslt_start(struct cublaslt *library, cudaStream_t stream)
{
    library->stream = stream;
    return status_of(library->functions.create(&library->handle), "start");
}

static int propose(struct cublaslt_product *product, int *found)
{
    const struct functions *functions = &product->library->functions;
    const size_t most_bytes = (size_t)64 << 20;
    void *preference = NULL;
    int code = functions->create_preference(&preference);
    if (code == CUBLAS_SUCCESS)
        code = functions->set_preference(preference, PREFERENCE_MOST_BYTES, &most_bytes, sizeof most_bytes);
    if (code == CUBLAS_SUCCESS)
        code = functions->propose(product->library->handle, product->description, product->left, product->right,
                                  product->result, product->result, preference, 1, &product->proposal, found);
    if (preference != NULL) functions->destroy_preference(preference);
    return code;
}

// The library thinks column by column: what we call right is its left, and every matrix is transposed.
struct status cublaslt_product_create(struct cublaslt *library, size_t rows, size_t columns, size_t depth,
                                      struct cublaslt_product **created)
{
    const struct functions *functions = &library->functions;
    struct cublaslt_product *product = calloc(1, sizeof *product);
    int found = 0;
    *created = NULL;
    if (product == NULL) return status_error(STATUS_NO_MEMORY, "cuBLASLt: out of memory");
    product->library = library;
    int code = functions->create_description(&product->description, CUBLAS_FLOAT_SUMS, CUDA_R_32F);
    if (code == CUBLAS_SUCCESS)
        code = functions->create_layout(&product->left, CUDA_R_16BF, columns, depth, (int64_t)columns);
    if (code == CUBLAS_SUCCESS)
        code = functions->create_layout(&product->right, CUDA_R_16BF, depth, rows, (int64_t)depth);
    if (code == CUBLAS_SUCCESS)
        code = functions->create_layout(&product->result, CUDA_R_16BF, columns, rows, (int64_t)columns);
    if (code == CUBLAS_SUCCESS) code = propose(product, &found);
    struct status status = status_of(code, "describe a product");
    if (status.code == STATUS_OK && (found == 0 || product->proposal.state != CUBLAS_SUCCESS))
        status = status_error(STATUS_MISSING, "cuBLASLt: no way to multiply %zu x %zu by %zu x %zu", rows, depth, depth,
                              columns);
    if (status.code == STATUS_OK && product->proposal.bytes > 0 &&
        cudaMalloc(&product->memory, product->proposal.bytes) != cudaSuccess)
        status = status_error(STATUS_NO_MEMORY, "cuBLASLt: no %zu bytes of work space", product->proposal.bytes);
    if (status.code == STATUS_OK)
        *created = product;
    else
        cublaslt_product_destroy(product);
    return status;
}

void cublaslt_product_destroy(struct cublaslt_product *product)
{
    if (product == NULL) return;
    const struct functions *functions = &product->library->functions;
    void *layouts[] = {product->left, product->right, product->result};
    for (int i = 0; i < 3; i++)
        if (layouts[i] != NULL) functions->destroy_layout(layouts[i]);
    if (product->description != NULL) functions->destroy_description(product->description);
    cudaFree(product->memory);
    free(product);
}

struct status cublaslt_product_run(struct cublaslt_product *product, const void *left, const void *right, void *result)
{
    static const float one = 1, zero = 0;
    const struct cublaslt *library = product->library;
    int code = library->functions.multiply(library->handle, product->description, &one, right, product->left, left,
                                           product->right, &zero, result, product->result, result, product->result,
                                           product->proposal.algorithm, product->memory, product->proposal.bytes,
                                           library->stream);
    return status_of(code, "multiply");
}
