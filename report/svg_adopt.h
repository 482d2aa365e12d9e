// svg_adopt.h: takes an SVG document that gnuplot made into an HTML page, with colours that follow the page's.
// Placeholder colours in the gnuplot script become the page's variables (page.css).
#ifndef REPORT_SVG_ADOPT_H
#define REPORT_SVG_ADOPT_H

#include "base/status.h"
#include "report/text.h"

enum { SVG_WIDTH = 440, SVG_HEIGHT = 280, SVG_CURVE_COLOURS = 8 };

#define SVG_CURVE_COLOUR "#0001%02x" // with a number below SVG_CURVE_COLOURS: --curve-0 and so on
#define SVG_AXIS_COLOUR "#000108"    // --muted
#define SVG_GRID_COLOUR "#000109"    // --line

// Appends `document` as an <svg> element to `html`.
//   document  what the terminal `svg` printed; NULL or another form is STATUS_FAILED
//   labels    one line per curve, in the order of the plot command; shown when a reader points at it
//   name      of the whole image, for those who do not see it
struct status svg_adopt(const char *document, const char *labels, const char *name, struct text *html);

// What the adopted images share; to be appended once, before the first.
void svg_append_shared(struct text *html);

#endif
