// primitive.h: the four deformations of the augmentation model, in the order in which they are applied. What each does
// with its parameters is written in kernels.h, at deform_forward.
#ifndef KERNELS_DRAW_PRIMITIVE_H
#define KERNELS_DRAW_PRIMITIVE_H

enum primitive { PRIMITIVE_CONTRAST, PRIMITIVE_GEOMETRIC, PRIMITIVE_BLUR, PRIMITIVE_NOISE, PRIMITIVE_COUNT };

enum { PRIMITIVE_PARAMETERS_LIMIT = 6 };

int primitive_parameters(enum primitive primitive);   // numbers an image: 2, 6, 1, 1
const char *primitive_name(enum primitive primitive); // "contrast", "geometric", "blur", "noise"

#endif
