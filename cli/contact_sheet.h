// contact_sheet.h: chosen images under every chosen corruption, side by side in one PNG.
#ifndef CLI_CONTACT_SHEET_H
#define CLI_CONTACT_SHEET_H

#include "cli/corrupt_job.h"

enum { SHEET_IMAGE_LIMIT = 8, SHEET_IMAGES = 3 }; // the most on a sheet; unless chosen otherwise

// A row for each corruption; for each image a clean column and one for each severity. Every pixel becomes a square of
// SHEET_SCALE x SHEET_SCALE, so nothing is smoothed over. The caption says data set, seed and frost's textures. Atomic.
// STATUS_IO, STATUS_NO_MEMORY, STATUS_INTERRUPTED.
enum { SHEET_SCALE = 2 };
struct status contact_sheet_write(const struct corrupt_job *job, const char *path);

#endif
