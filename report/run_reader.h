// run_reader.h: run folders as values (their format: harness/FORMATS.md). Whatever lies in a folder, reading it ends in
// a record: of a run, finished or not, or of a folder that cannot be read with the sentence why.
#ifndef REPORT_RUN_READER_H
#define REPORT_RUN_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "report/learned_augmentation.h"

enum run_state {
    RUN_DONE,
    RUN_UNFINISHED, // no result.json
    RUN_DIVERGED,
    RUN_FAILED,
    RUN_DAMAGED, // run.json or result.json cannot be read, or contradicts itself
    RUN_STATE_COUNT
};

struct run_epoch {
    int64_t epoch;
    double train_loss;                 // NaN where the line says null
    double test_accuracy_percent;      // NaN in epochs without an evaluation
    double adversarial_loss, distance; // of the learned augmentation; NaN without one
};

struct run_record {
    char *folder; // its name, never NULL; any bytes
    enum run_state state;
    char *message;     // why a run is not done; NULL or "" when there is nothing to say
    char *log_message; // what is wrong with log.jsonl; NULL when nothing is
    json_t *run;       // run.json; NULL when it could not be read, and then the next block is empty
    json_t *result;    // result.json; NULL when absent or unreadable, and then the numbers are NaN

    // From run.json; texts are borrowed from it.
    bool teacher;
    const char *preset, *method, *corruption, *corruption_name, *configuration_hash,
        *started; // method: NULL for a teacher
    const char *teacher_images, *data_name;
    bool data_official;
    int64_t seed;

    // From result.json. Accuracy is a number exactly when the state is RUN_DONE.
    double test_accuracy_percent, test_loss, test_correct, test_images, train_loss, train_accuracy_percent;
    double epochs, steps, seconds, images_per_second, peak_memory_bytes;
    // On the test images under the run's own corruption, mean over severities 1 to 5; NaN unless RUN_DONE and measured.
    double corrupted_accuracy_percent;
    bool corrupted_published; // those images were given as CIFAR-10-C's
    bool corrupted_official;  // and have its published checksums
    struct learned_augmentation augmentation;

    struct run_epoch *epoch_lines; // of log.jsonl, up to the first line that cannot be read
    size_t epoch_count;
};

struct run_collection {
    struct run_record *runs;
    size_t count;
};

// Reads every folder in `folder` whose name does not begin with a dot, in the order of their names' bytes. Plain files
// are passed over. STATUS_MISSING without that folder, STATUS_IO, STATUS_NO_MEMORY; on success *collection is the
// caller's to destroy.
struct status run_reader_collect(const char *folder, struct run_collection *collection);
void run_collection_destroy(struct run_collection *collection); // leaves it empty

const char *run_state_name(enum run_state state); // "done", "unfinished", "diverged", "failed", "damaged"

#endif
