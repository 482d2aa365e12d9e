// panel_image.h: a run's panel.png as an image inside the page.
#ifndef REPORT_PANEL_IMAGE_H
#define REPORT_PANEL_IMAGE_H

#include "base/status.h"
#include "report/text.h"

// Appends <img> with the picture as a data URI; `description` stands for it where it cannot be seen.
// Nothing is appended after an error: STATUS_MISSING without the file; STATUS_BAD_INPUT when it is no PNG, or too large
// (1 MiB, 4096 pixels a side); STATUS_IO; STATUS_NO_MEMORY.
struct status panel_image_append(const char *runs_folder, const char *run, const char *description, struct text *html);

#endif
