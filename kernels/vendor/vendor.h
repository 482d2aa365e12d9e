// vendor.h: libraries of others that compute some of our operations: for comparison in bench and as a cross-check, never
// needed to train. A vendor lays tensors out as it likes; moving them to and from our layouts is no part of a run.
#ifndef KERNELS_VENDOR_VENDOR_H
#define KERNELS_VENDOR_VENDOR_H

#include "kernels/kernels.h"

struct vendor_task; // one operation, ready to run; each vendor has its own

struct vendor {
    const char *name; // "onednn"
    // "oneDNN 2.6.3, OpenMP", as the library itself says it.
    void (*describe)(char *text, size_t size);
    // What it does for an operation, in a few words; NULL: it has no counterpart.
    const char *(*does)(enum operation operation);
    // Prepares `operation` without any of its options (no affine map, addend, mask, statistics), on float32 tensors in host
    // memory, for that number of threads: chooses layouts, moves the inputs there, and where the library has several
    // algorithms times each briefly and keeps the fastest. `settings` must outlive the task. STATUS_DEVICE quotes the
    // library's error.
    struct status (*create)(enum operation operation, const void *settings, int threads, struct vendor_task **task);
    void (*destroy)(struct vendor_task *task);      // accepts NULL
    struct status (*run)(struct vendor_task *task); // returns when all is done
    // Moves the results to where `settings` says.
    struct status (*fetch)(struct vendor_task *task);
    // The library's name of the implementation: "jit:avx512_core".
    const char *(*implementation)(const struct vendor_task *task);
};

// The vendor library that this program was built with; NULL: none.
const struct vendor *vendor_available(void);

#endif
