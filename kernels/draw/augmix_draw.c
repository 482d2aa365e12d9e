// augmix_draw.c: streams of words become AugMix's chains and weights. Tests: tests/augmix_draw_test.c.
#include "kernels/draw/augmix_draw.h"

#include "base/random.h"
#include "base/random_math.h"

static bool is_signed(enum augmix_operation operation)
{
    return operation == AUGMIX_ROTATE || (operation >= AUGMIX_SHEAR_X && operation <= AUGMIX_TRANSLATE_Y);
}

static double whole_level(double level, double maximum)
{
    return (double)(int)(level * maximum / 10);
}

double augmix_parameter(enum augmix_operation operation, double level, bool negative)
{
    const double sign = negative ? -1 : 1;
    switch (operation) {
    case AUGMIX_POSTERIZE: return 4 - whole_level(level, 4);
    case AUGMIX_ROTATE: return sign * whole_level(level, 30);
    case AUGMIX_SOLARIZE: return 256 - whole_level(level, 256);
    case AUGMIX_SHEAR_X:
    case AUGMIX_SHEAR_Y: return sign * (level * 0.3 / 10);
    case AUGMIX_TRANSLATE_X:
    case AUGMIX_TRANSLATE_Y: return sign * whole_level(level, 32 / 3.0); // a third of the picture's side
    case AUGMIX_COLOR:
    case AUGMIX_CONTRAST:
    case AUGMIX_BRIGHTNESS:
    case AUGMIX_SHARPNESS: return level * 1.8 / 10 + 0.1;
    case AUGMIX_NONE:
    case AUGMIX_AUTOCONTRAST:
    case AUGMIX_EQUALIZE:
    case AUGMIX_OPERATIONS: break;
    }
    return 0;
}

static void draw_weights(struct random_stream *stream, float weights[AUGMIX_WIDTH])
{
    double exponentials[AUGMIX_WIDTH], sum = 0;
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
        exponentials[chain] = -random_math_log(random_next_uniform_open(stream));
        sum += exponentials[chain];
    }
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) weights[chain] = (float)(exponentials[chain] / sum);
}

static void draw_application(struct random_stream *stream, int severity, bool all_operations, int *operation,
                             double *parameter)
{
    const uint32_t operations = all_operations ? AUGMIX_OPERATIONS : AUGMIX_STANDARD_OPERATIONS;
    *operation = (int)random_next_below(stream, operations);
    const double level = 0.1 + (severity - 0.1) * (double)random_next_uniform(stream);
    const bool negative = is_signed((enum augmix_operation) * operation) && (random_next_u32(stream) & 1) != 0;
    *parameter = augmix_parameter((enum augmix_operation) * operation, level, negative);
}

struct augmix_mixture augmix_draw(uint32_t seed, uint32_t epoch, uint32_t index, int mixture, int severity,
                                  bool all_operations)
{
    struct random_stream stream = random_stream_create(seed, PURPOSE_AUGMIX, epoch, index);
    struct augmix_mixture drawn;
    stream.counter[0] = (uint32_t)mixture << 24;
    draw_weights(&stream, drawn.weights);
    drawn.mix = random_next_uniform(&stream);
    for (int chain = 0; chain < AUGMIX_WIDTH; chain++) {
        const int depth = 1 + (int)random_next_below(&stream, AUGMIX_DEPTH);
        for (int place = 0; place < AUGMIX_DEPTH; place++) {
            drawn.operations[chain][place] = AUGMIX_NONE;
            drawn.parameters[chain][place] = 0;
            if (place < depth)
                draw_application(&stream, severity, all_operations, &drawn.operations[chain][place],
                                 &drawn.parameters[chain][place]);
        }
    }
    return drawn;
}
