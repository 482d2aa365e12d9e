// progress_line.h: the text of a progress line as a pure function of the numbers in it, so that tests can look at it.
// Internal to base/ (and its tests); use log.h.
#ifndef BASE_PROGRESS_LINE_H
#define BASE_PROGRESS_LINE_H

#include <stddef.h>

enum { PROGRESS_LINE_SIZE = 512 };

struct progress_numbers {
    const char *text, *unit;
    double done, total;      // in units; total <= 0 where it is not known
    double units_per_second; // <= 0 while it is not known
    double elapsed_seconds;
};

// "training [########........]  50 %  500/1000 images  25/s  0:20 left" in at most `columns` columns (20 or more); the
// bar shrinks first, then the text in front is cut, then what stands behind.
void progress_format_bar(const struct progress_numbers *numbers, int columns, char line[PROGRESS_LINE_SIZE]);

// "training: 500 of 1000 images (50 %), 25 images/s, 0:20 left" for files and pipes, in which nothing is redrawn.
void progress_format_plain(const struct progress_numbers *numbers, char line[PROGRESS_LINE_SIZE]);

// "training: 1000 of 1000 images in 0:40, 25 images/s": the last line in a file or pipe.
void progress_format_end(const struct progress_numbers *numbers, char line[PROGRESS_LINE_SIZE]);

#endif
