// launch.h: how an operation starts a kernel, the same words for the device and for the host-side runner. The last include
// of a .cu file's own; brings kernels.h and device.h in.
#ifndef KERNELS_CUDA_LAUNCH_H
#define KERNELS_CUDA_LAUNCH_H

extern "C" {
#include "kernels/device.h"
}
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/ptx.h"

// The definition of an operation: CUDA_OPERATION(sgd_update) { ... } sees `device` and `settings`. The runner's build of
// the same source has another name, so that a test program may hold both.
#ifdef TRANSINV_SIMT
#define CUDA_OPERATION(name) extern "C" void name##_cuda_simt(struct device *device, const void *settings)
#else
#define CUDA_OPERATION(name) extern "C" void name##_cuda(struct device *device, const void *settings)
#endif

template <class T> struct same_type {
    typedef T type;
};

enum { PARAMETER_BYTES = 4096 };

// kernel<<<grid, threads, shared_bytes>>>(arguments...) on the device's stream. What goes wrong sticks to the device.
template <class... P>
static void cuda_launch(struct device *device, const char *name, void (*kernel)(P...), dim3 grid, unsigned threads,
                        size_t shared_bytes, typename same_type<P>::type... arguments)
{
    static_assert((sizeof(P) + ... + 0) <= PARAMETER_BYTES, "older toolkits and drivers pass no more");
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || device->counter != NULL) return;
#ifdef TRANSINV_SIMT
    auto body = [=] { kernel(arguments...); };
    simt_launch(
        name, grid, threads, shared_bytes, true, [](void *context) { (*(decltype(body) *)context)(); }, &body,
        sizeof body);
#else
    void *pointers[] = {(void *)&arguments...};
    cuda_launch_kernel(device, name, (const void *)kernel, grid.x, grid.y, grid.z, threads, shared_bytes, pointers);
#endif
}

// So many blocks of `size` cover `count`.
static inline unsigned blocks_for(size_t count, size_t size)
{
    return (unsigned)((count + size - 1) / size);
}

#endif
