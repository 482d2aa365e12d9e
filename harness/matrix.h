// matrix.h: all runs of a preset: for every seed and corruption a teacher, then a target per method that starts from
// it. Finished runs are skipped, so the same call continues whatever an earlier one left.
#ifndef HARNESS_MATRIX_H
#define HARNESS_MATRIX_H

#include "harness/preset.h"

struct matrix_request {
    const struct preset *preset;
    struct device *device;
    const char *runs_folder; // results/runs/<preset>; made when absent
    const char *data_folder; // as in struct dataset_request; may be NULL
    const char *catalog;     // likewise
    double checkpoint_seconds;
    bool retry; // try failed and diverged runs again
};

struct matrix_summary {
    int runs;             // of the whole matrix
    int trained, skipped; // done by this call; done before
    int diverged, failed; // by this call or before
    int busy;             // another process is at it, or at its teacher
    char configuration_hash[65];
};

// STATUS_OK when every run is done. STATUS_FAILED when some are not: they are named in messages, and all others were
// trained. STATUS_INTERRUPTED says that the same command continues. Other errors end the matrix at once. *summary is
// filled in any case.
struct status matrix_run(const struct matrix_request *request, struct matrix_summary *summary);

#endif
