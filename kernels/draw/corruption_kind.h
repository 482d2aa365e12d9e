// corruption_kind.h: the 15 corruptions in the order of the paper's table, and the pictures they are defined on. Their
// names are harness/corruption.c's, by place.
#ifndef KERNELS_DRAW_CORRUPTION_KIND_H
#define KERNELS_DRAW_CORRUPTION_KIND_H

enum corruption_kind {
    CORRUPTION_GAUSSIAN_NOISE,
    CORRUPTION_SHOT_NOISE,
    CORRUPTION_IMPULSE_NOISE,
    CORRUPTION_BRIGHTNESS,
    CORRUPTION_CONTRAST,
    CORRUPTION_ELASTIC_TRANSFORM,
    CORRUPTION_DEFOCUS_BLUR,
    CORRUPTION_GLASS_BLUR,
    CORRUPTION_MOTION_BLUR,
    CORRUPTION_ZOOM_BLUR,
    CORRUPTION_SNOW,
    CORRUPTION_FROST,
    CORRUPTION_FOG,
    CORRUPTION_PIXELATE,
    CORRUPTION_JPEG_COMPRESSION,
    CORRUPTION_COUNT
};

enum { CORRUPTION_SEVERITIES = 5 }; // 1 .. 5; 0 is the clean image

// Corruptions are defined on 32 x 32 RGB bytes: row, column, channel; row 0 is the top, column 0 the left.
enum {
    PICTURE_SIDE = 32,
    PICTURE_PIXELS = PICTURE_SIDE * PICTURE_SIDE,
    PICTURE_CHANNELS = 3,
    PICTURE_BYTES = PICTURE_PIXELS * PICTURE_CHANNELS,
};

#endif
