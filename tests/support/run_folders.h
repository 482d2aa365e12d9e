// run_folders.h: makes run folders in the format of harness/FORMATS.md, for tests of what reads them.
#ifndef TESTS_SUPPORT_RUN_FOLDERS_H
#define TESTS_SUPPORT_RUN_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

// What a test leaves out takes the value in brackets.
struct sample_run {
    const char *folder;     // [from method, corruption, seed and hash]
    const char *method;     // [NULL: a teacher]
    const char *corruption; // ["GN"]
    int seed;
    const char *preset;         // ["quick"]
    const char *hash;           // [SAMPLE_HASH]
    const char *started;        // ["2026-01-31T12:00:00Z"]
    const char *teacher_images; // ["clean+corrupted"]
    const char *data_name;      // ["synthetic-100"]
    bool official;
    const char *override; // a key that is marked so [NULL: none]
    const char *remark;   // [NULL: none]
    const char *device;   // ["cpu"]
    const char *status;   // ["done"]; "unfinished" writes no result.json
    double accuracy;      // percent
    const char *message;  // [""]
    int epochs;           // lines in log.jsonl [3]; -1: no log.jsonl
    // JSON of these members of result.json, the first also of every line of log.jsonl [NULL: no such member]
    const char *augmentation, *corrupted;
    double corrupted_percent; // under the corruption at severities 1 to 5 [0: as `corrupted` says]
};

#define SAMPLE_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// Writes the folder into `runs`, which is made when absent; the folder's name goes to `name` unless that is NULL.
void run_folders_write(const char *runs, const struct sample_run *run, char name[256]);
void run_folders_write_file(const char *runs, const char *folder, const char *file, const char *content);

// The JSON of an augmentation with these magnitudes of contrast, geometric, blur and noise: gates are 1/2, the median of
// every parameter is the identity.
void run_folders_make_augmentation(const double magnitudes[4], char json[2048]);
// A picture of two by three pixels as panel.png of a run.
void run_folders_write_panel(const char *runs, const char *folder);

// The whole of a file as text; the caller frees it.
char *run_folders_read_file(const char *folder, const char *file);
// How often `part` occurs in `text`, without overlap.
size_t run_folders_count(const char *text, const char *part);

#endif
