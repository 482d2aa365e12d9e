// selection.h: lists on the command line: corruptions, severities, ranges of images.
#ifndef CLI_SELECTION_H
#define CLI_SELECTION_H

#include <stdbool.h>

#include "base/status.h"
#include "harness/preset.h"

// "all", or codes and full names ("GN,contrast"), each once. All parsers: STATUS_USAGE says what is expected and found.
struct status selection_parse_corruptions(const char *text, struct preset_corruptions *list);

// Numbers 1 .. 5 and ranges of them, ascending: "1,3-5".
struct severity_list {
    int count, items[CORRUPTION_SEVERITIES]; // ascending
};
struct status selection_parse_severities(const char *text, struct severity_list *list);

// "100": the first 100; "20-29": numbers 20 to 29.
struct image_range {
    int first, count; // count 0: not chosen
};
struct status selection_parse_images(const char *text, struct image_range *range);
// STATUS_USAGE unless all of it lies in 0 .. images - 1. `what` names the images in messages: "test images of cifar-10".
struct status selection_check_images(const struct image_range *range, int images, const char *what);

#endif
