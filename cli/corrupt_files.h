// corrupt_files.h: corrupted images as files in the layout of CIFAR-10-C.
#ifndef CLI_CORRUPT_FILES_H
#define CLI_CORRUPT_FILES_H

#include "cli/corrupt_job.h"

// Makes the folder, which must be new or empty, with NAME.npy for each corruption (uint8, (severities x images, 32, 32, 3),
// all images at the lowest severity first), labels.npy (uint8, one for each row) and description.json, which says where
// all of it came from. The folder appears when it is complete; after an error or an interrupt there is none. Shows
// progress.
struct status corrupt_files_write(const struct corrupt_job *job, const char *folder);

#endif
