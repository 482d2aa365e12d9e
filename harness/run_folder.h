// run_folder.h: what a run leaves on disk, as FORMATS.md promises it: run.json first, log.jsonl while it trains,
// result.json last. Knows files and their order; what a run does is run.c's.
#ifndef HARNESS_RUN_FOLDER_H
#define HARNESS_RUN_FOLDER_H

#include <jansson.h>

#include "harness/severity_curve.h"
#include "harness/training.h"

enum run_folder_state {
    RUN_FOLDER_ABSENT,     // no run.json: never started
    RUN_FOLDER_UNFINISHED, // started, no result.json: may be continued
    RUN_FOLDER_DONE,
    RUN_FOLDER_DIVERGED,
    RUN_FOLDER_FAILED,
};

struct run_summary {
    enum run_folder_state state;
    char message[512];            // why, when diverged or failed
    char configuration_hash[65];  // "" when absent
    char model_sha256[65];        // when done
    double test_accuracy_percent; // when done
};

// Names of the files in a run's folder.
extern const char run_file_description[], run_file_log[], run_file_result[], run_file_model[], run_file_augmentation[],
    run_file_panel[], run_file_checkpoint[], run_file_lock[];

// What `path` holds. A folder that is not there is RUN_FOLDER_ABSENT, no error. STATUS_BAD_INPUT names a damaged file.
struct status run_folder_read(const char *path, struct run_summary *summary);

// A run that this process alone may write. Closing or dying releases the lock.
struct run_folder;

// Creates the folder where needed and locks it. When another process holds the lock *folder is NULL and `holder` says
// who: no error. On success *folder is the caller's to close.
struct status run_folder_open(const char *path, struct run_folder **folder, char holder[128]);
void run_folder_close(struct run_folder *folder); // accepts NULL

// A path inside the folder; the caller's to free.
char *run_folder_file(const struct run_folder *folder, const char *name);

// Whether the run.json at `path` (a folder), if there is one, describes the same run. STATUS_USAGE says what differs.
struct status run_folder_check(const char *path, const json_t *description);

// Begins or continues: writes run.json, empties log.jsonl (a resumed training replays its epochs). A run that is
// continued keeps its start time and remarks, and gets a remark when it goes on in another environment.
struct status run_folder_begin(struct run_folder *folder, json_t *description);

struct status run_folder_log_epoch(struct run_folder *folder, const struct epoch_record *record);

// What result.json says. Numbers of a run that is not done may be absent (NULL pointers).
struct run_result {
    enum run_folder_state state;        // RUN_FOLDER_DONE, RUN_FOLDER_DIVERGED or RUN_FOLDER_FAILED
    const char *message;                // "" when done
    const struct evaluation *test;      // when done
    const struct severity_curve *curve; // when done, of a run with a corruption
    const struct epoch_record *last;    // last epoch that was completed
    double seconds, images_per_second;
    bool resumed;
    const char *model_sha256; // when done
};

// Writes result.json; then removes the checkpoint, which only an unfinished run needs.
struct status run_folder_finish(struct run_folder *folder, const char *name, const struct run_result *result);

// Removes a checkpoint that a process left which died between writing the result and removing it.
struct status run_folder_forget_checkpoint(const char *path);

// Forgets an earlier attempt: checkpoint, model, log and result, in an order that a crash cannot turn into a result.
struct status run_folder_clear(struct run_folder *folder);

#endif
