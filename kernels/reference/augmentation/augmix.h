// augmix.h: AugMix's image operations as the Python Imaging Library has them, byte for byte: what several files of this
// folder and kernels/cpu/augmentation share.
#ifndef KERNELS_REFERENCE_AUGMENTATION_AUGMIX_H
#define KERNELS_REFERENCE_AUGMENTATION_AUGMIX_H

#include "kernels/augmix_functions.h"

// Output column j and row i, x = j + 1/2, y = i + 1/2, are read at (a x + b y + c, d x + e y + f).
struct augmix_affine {
    double a, b, c, d, e, f;
};

// Of rotate, shear and translate; the matrix entries of a rotation are rounded to 15 decimals, as Python rounds.
struct augmix_affine augmix_affine_of(enum augmix_operation operation, double parameter);

// Histograms of an image, per channel.
struct augmix_histogram {
    int counts[PICTURE_CHANNELS][256];
};

// What autocontrast and equalize make of every byte, from one channel's histogram.
void augmix_autocontrast_table(const int counts[256], uint8_t table[256]);
void augmix_equalize_table(const int counts[256], uint8_t table[256]);

// Grey value of a pixel.
static inline int augmix_grey(const uint8_t pixel[PICTURE_CHANNELS])
{
    return (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) >> 16;
}

void augmix_apply_reference(enum augmix_operation operation, double parameter, const uint8_t image[PICTURE_BYTES],
                            uint8_t output[PICTURE_BYTES]);

#endif
