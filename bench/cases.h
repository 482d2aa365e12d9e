// cases.h: which cases there are: every operation at every distinct shape of a training step of the networks of the presets
// `paper` (WRN-40-2) and `quick` (WRN-10-1), asked of the networks themselves.
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench/case.h"

enum {
    BENCH_CLASSES = 100,
    BENCH_BATCH_LIMIT = 8,
    BENCH_STEP_LIMIT = 2 * BENCH_BATCH_LIMIT,
    BENCH_STEP_NAME_SIZE = 32
};

struct listed_case {
    struct bench_case bench_case;
    int calls[BENCH_STEP_LIMIT]; // in each of the list's training steps
};

struct case_list {
    char steps[BENCH_STEP_LIMIT][BENCH_STEP_NAME_SIZE]; // "wrn-40-2 n32": a network at a batch size
    int step_count;
    struct listed_case *items; // by operation, then in the order of their first call
    size_t count;
};

// Cases of both networks for each of `batches`, BENCH_BATCH_LIMIT at most; 100 classes, as the targets have. A case that
// several steps have in common is listed once. On success *list is the caller's to destroy.
struct status case_list_create(const int *batches, int batch_count, struct case_list *list);
void case_list_destroy(struct case_list *list); // leaves it empty; accepts an empty one

// Keeps the cases in whose name the POSIX extended regular expression `pattern` matches somewhere. STATUS_USAGE says what is
// wrong with it, or that nothing matches.
struct status case_list_filter(struct case_list *list, const char *pattern);

#endif
