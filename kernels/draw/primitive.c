// primitive.c: see primitive.h.
#include "kernels/draw/primitive.h"

static const struct {
    const char *name;
    int parameters;
} primitives[PRIMITIVE_COUNT] = {
    [PRIMITIVE_CONTRAST] = {"contrast", 2},
    [PRIMITIVE_GEOMETRIC] = {"geometric", PRIMITIVE_PARAMETERS_LIMIT},
    [PRIMITIVE_BLUR] = {"blur", 1},
    [PRIMITIVE_NOISE] = {"noise", 1},
};

int primitive_parameters(enum primitive primitive)
{
    return primitives[primitive].parameters;
}

const char *primitive_name(enum primitive primitive)
{
    return primitives[primitive].name;
}
