// cublaslt.h: matrix products by NVIDIA's cuBLASLt 11, 12 or 13, which is found when the program runs; no header of its is
// needed. For comparison alone: the rate at which a library multiplies matrices of a convolution's size. bfloat16, sums in
// float32.
#ifndef BENCH_GPU_CUBLASLT_H
#define BENCH_GPU_CUBLASLT_H

#include <cuda_runtime_api.h>

#include "base/status.h"

struct cublaslt;
struct cublaslt_product;

// Needs no device. STATUS_MISSING says where was looked; `folders` as in dynamic_library.h.
struct status cublaslt_open(const char *folders, struct cublaslt **opened);
void cublaslt_close(struct cublaslt *library); // accepts NULL
// "cuBLASLt 120903, libcublasLt.so.12": the number is the library's own.
void cublaslt_describe(const struct cublaslt *library, char *text, size_t size);

struct status cublaslt_start(struct cublaslt *library, cudaStream_t stream);

// result (rows x columns) = left (rows x depth) * right (depth x columns), all row by row without gaps. Takes the first of
// the library's proposals.
struct status cublaslt_product_create(struct cublaslt *library, size_t rows, size_t columns, size_t depth,
                                      struct cublaslt_product **created);
void cublaslt_product_destroy(struct cublaslt_product *product); // accepts NULL
struct status cublaslt_product_run(struct cublaslt_product *product, const void *left, const void *right, void *result);

#endif
