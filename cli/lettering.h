// lettering.h: captions in pictures: capital letters, digits and some signs of 5 x 7 pixels, magnified. Small enough to
// carry along: libraries that draw text need an installed font, and then the picture hangs on the machine.
#ifndef CLI_LETTERING_H
#define CLI_LETTERING_H

#include <stddef.h>
#include <stdint.h>

struct canvas {
    int height, width;
    uint8_t *pixels; // height x width x 3, R G B
};

enum { LETTER_HEIGHT = 7, LETTER_ADVANCE = 6 }; // from letter to letter; both before magnification

int lettering_width(const char *text, int scale); // pixels, without the gap behind the last letter

// Black letters from (left, top) on; small letters become capitals, unknown ones a box. What lies outside the canvas is
// not drawn.
void lettering_draw(struct canvas *canvas, int left, int top, int scale, const char *text);

#endif
