// augmix_geometry.c: rotate, shear and translate: where an output pixel is read.
#include <math.h>

#include "kernels/reference/augmentation/augmix.h"

// To the nearest multiple of 1e-15, for |x| <= 1: fma tells what the product lost, which decides near the middle between
// two multiples; the quotient of two exact numbers is the double nearest to that decimal.
static double round_to_15_decimals(double x)
{
    const double product = x * 1e15, lost = fma(x, 1e15, -product);
    double whole = floor(product);
    const double rest = (product - whole) + lost;
    if (rest > 0.5) whole += 1;
    if (rest < -0.5) whole -= 1;
    return whole / 1e15;
}

static struct augmix_affine rotation(double degrees)
{
    const double centre = PICTURE_SIDE / 2.0, turn = -(fmod(fmod(degrees, 360) + 360, 360) * M_PI / 180);
    const double cosine = round_to_15_decimals(cos(turn)), sine = round_to_15_decimals(sin(turn));
    struct augmix_affine affine = {.a = cosine, .b = sine, .d = -sine, .e = cosine};
    affine.c = (cosine * -centre + sine * -centre) + centre;
    affine.f = (-sine * -centre + cosine * -centre) + centre;
    return affine;
}

struct augmix_affine augmix_affine_of(enum augmix_operation operation, double parameter)
{
    struct augmix_affine affine = {.a = 1, .e = 1};
    switch (operation) {
    case AUGMIX_ROTATE: return rotation(parameter);
    case AUGMIX_SHEAR_X: affine.b = parameter; break;
    case AUGMIX_SHEAR_Y: affine.d = parameter; break;
    case AUGMIX_TRANSLATE_X: affine.c = parameter; break;
    case AUGMIX_TRANSLATE_Y: affine.f = parameter; break;
    default: break;
    }
    return affine;
}
