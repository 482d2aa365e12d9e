// widened_kernels.c: see widened_kernels.h.
#include "tests/support/widened_kernels.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/memory.h"

uint16_t bfloat16_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value)) return (uint16_t)(bits >> 16 | 0x40); // quiet; never the pattern of infinity
    if (fabsf(value) < 0x1p-126f) return (uint16_t)(bits >> 16 & 0x8000);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float bfloat16_value(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

// ---- the arrays of one operation -------------------------------------------------------------------------------

enum { SHADOWS_LIMIT = 6 };

// An array of the test's, and what the operation gets in its place. Two uses of one array share a shadow.
struct shadow {
    void *wide;
    uint16_t *narrow;
    size_t count;
};

struct shadows {
    struct shadow items[SHADOWS_LIMIT];
    size_t count;
};

static void *shadow_of(struct shadows *shadows, const void *wide, size_t count)
{
    if (wide == NULL) return NULL;
    for (size_t i = 0; i < shadows->count; i++)
        if (shadows->items[i].wide == wide) return shadows->items[i].narrow;
    cr_assert(shadows->count < SHADOWS_LIMIT);
    struct shadow *shadow = &shadows->items[shadows->count++];
    *shadow = (struct shadow){(void *)wide, test_allocate(count * sizeof(uint16_t)), count};
    for (size_t i = 0; i < count; i++) shadow->narrow[i] = bfloat16_of(((const float *)wide)[i]);
    return shadow->narrow;
}

// Ends the operation: `output` gets its results.
static void widen_output(struct shadows *shadows, const void *output)
{
    for (size_t i = 0; i < shadows->count; i++) {
        struct shadow *shadow = &shadows->items[i];
        float *wide = shadow->wide;
        for (size_t j = 0; wide == output && j < shadow->count; j++) wide[j] = bfloat16_value(shadow->narrow[j]);
        free(shadow->narrow);
    }
}

// ---- operations ------------------------------------------------------------------------------------------------

static const struct kernels *inner; // who computes

static size_t input_count(const struct conv_shape *s)
{
    return (size_t)s->runs * (size_t)s->images * (size_t)s->height * (size_t)s->width * (size_t)s->channels_in;
}

static size_t output_count(const struct conv_shape *s)
{
    size_t height = (size_t)((s->height + s->stride - 1) / s->stride);
    size_t width = (size_t)((s->width + s->stride - 1) / s->stride);
    return (size_t)s->runs * (size_t)s->images * height * width * (size_t)s->channels_out;
}

static void widened_batch_load(struct device *device, const void *settings)
{
    struct batch_load load = *(const struct batch_load *)settings;
    struct shadows shadows = {.count = 0};
    void *output = load.output;
    load.output = shadow_of(&shadows, output,
                            (size_t)load.runs * (size_t)load.images * (size_t)load.height * (size_t)load.width *
                                (size_t)load.channels);
    inner->operations[OPERATION_BATCH_LOAD](device, &load);
    widen_output(&shadows, output);
}

static void widened_image_normalise(struct device *device, const void *settings)
{
    struct image_normalise normalise = *(const struct image_normalise *)settings;
    struct shadows shadows = {.count = 0};
    void *output = normalise.output;
    normalise.output = shadow_of(&shadows, output,
                                 (size_t)normalise.runs * (size_t)normalise.images * (size_t)normalise.height *
                                     (size_t)normalise.width * (size_t)normalise.channels);
    inner->operations[OPERATION_IMAGE_NORMALISE](device, &normalise);
    widen_output(&shadows, output);
}

static size_t image_values(int runs, int images, int height, int width, int channels)
{
    return (size_t)runs * (size_t)images * (size_t)height * (size_t)width * (size_t)channels;
}

static void widened_augmix_views(struct device *device, const void *settings)
{
    struct augmix_views views = *(const struct augmix_views *)settings;
    struct shadows shadows = {.count = 0};
    void *output = views.output;
    views.output = shadow_of(&shadows, output,
                             3 * image_values(views.runs, views.images, views.height, views.width, views.channels));
    inner->operations[OPERATION_AUGMIX_VIEWS](device, &views);
    widen_output(&shadows, output);
}

static void widened_unit_to_activation(struct device *device, const void *settings)
{
    struct unit_to_activation unit = *(const struct unit_to_activation *)settings;
    struct shadows shadows = {.count = 0};
    void *output = unit.output;
    unit.output =
        shadow_of(&shadows, output, image_values(unit.runs, unit.images, unit.height, unit.width, unit.channels));
    inner->operations[OPERATION_UNIT_TO_ACTIVATION](device, &unit);
    widen_output(&shadows, output);
}

static void widened_unit_to_activation_backward(struct device *device, const void *settings)
{
    struct unit_to_activation_backward unit = *(const struct unit_to_activation_backward *)settings;
    const size_t count = image_values(unit.runs, unit.images, unit.height, unit.width, unit.channels);
    struct shadows shadows = {.count = 0};
    unit.gradient = shadow_of(&shadows, unit.gradient, count);
    unit.second = shadow_of(&shadows, unit.second, count);
    inner->operations[OPERATION_UNIT_TO_ACTIVATION_BACKWARD](device, &unit);
    widen_output(&shadows, NULL);
}

static void widened_conv_forward(struct device *device, const void *settings)
{
    struct conv_forward conv = *(const struct conv_forward *)settings;
    struct shadows shadows = {.count = 0};
    void *output = conv.output;
    conv.input = shadow_of(&shadows, conv.input, input_count(&conv.shape));
    conv.residual = shadow_of(&shadows, conv.residual, output_count(&conv.shape));
    conv.output = shadow_of(&shadows, output, output_count(&conv.shape));
    inner->operations[OPERATION_CONV_FORWARD](device, &conv);
    widen_output(&shadows, output);
}

static void widened_conv_backward_data(struct device *device, const void *settings)
{
    struct conv_backward_data conv = *(const struct conv_backward_data *)settings;
    struct shadows shadows = {.count = 0};
    void *output = conv.output;
    conv.gradient = shadow_of(&shadows, conv.gradient, output_count(&conv.shape));
    conv.raw = conv.coefficients.data == NULL ? NULL : shadow_of(&shadows, conv.raw, output_count(&conv.shape));
    conv.addend = shadow_of(&shadows, conv.addend, input_count(&conv.shape));
    conv.mask_input = shadow_of(&shadows, conv.mask_input, input_count(&conv.shape));
    conv.output = shadow_of(&shadows, output, input_count(&conv.shape));
    inner->operations[OPERATION_CONV_BACKWARD_DATA](device, &conv);
    widen_output(&shadows, output);
}

static void widened_conv_backward_filter(struct device *device, const void *settings)
{
    struct conv_backward_filter conv = *(const struct conv_backward_filter *)settings;
    struct shadows shadows = {.count = 0};
    conv.input = shadow_of(&shadows, conv.input, input_count(&conv.shape));
    conv.gradient = shadow_of(&shadows, conv.gradient, output_count(&conv.shape));
    conv.raw = conv.coefficients.data == NULL ? NULL : shadow_of(&shadows, conv.raw, output_count(&conv.shape));
    inner->operations[OPERATION_CONV_BACKWARD_FILTER](device, &conv);
    widen_output(&shadows, NULL);
}

static void widened_residual_join(struct device *device, const void *settings)
{
    struct residual_join join = *(const struct residual_join *)settings;
    struct shadows shadows = {.count = 0};
    size_t count = (size_t)join.runs * (size_t)join.positions * (size_t)join.channels;
    void *output = join.output;
    join.gradient = shadow_of(&shadows, join.gradient, count);
    join.raw = shadow_of(&shadows, join.raw, count);
    join.addend = shadow_of(&shadows, join.addend, count);
    join.output = shadow_of(&shadows, output, count);
    inner->operations[OPERATION_RESIDUAL_JOIN](device, &join);
    widen_output(&shadows, output);
}

static void widened_pool_forward(struct device *device, const void *settings)
{
    struct pool_forward pool = *(const struct pool_forward *)settings;
    struct shadows shadows = {.count = 0};
    pool.input = shadow_of(&shadows, pool.input,
                           (size_t)pool.runs * (size_t)pool.images * (size_t)pool.positions * (size_t)pool.channels);
    inner->operations[OPERATION_POOL_FORWARD](device, &pool);
    widen_output(&shadows, NULL);
}

static void widened_pool_backward(struct device *device, const void *settings)
{
    struct pool_backward pool = *(const struct pool_backward *)settings;
    struct shadows shadows = {.count = 0};
    size_t count = (size_t)pool.runs * (size_t)pool.images * (size_t)pool.positions * (size_t)pool.channels;
    void *output = pool.output;
    pool.mask_input = shadow_of(&shadows, pool.mask_input, count);
    pool.output = shadow_of(&shadows, output, count);
    inner->operations[OPERATION_POOL_BACKWARD](device, &pool);
    widen_output(&shadows, output);
}

const struct kernels *widened_kernels(const struct kernels *kernels)
{
    static struct kernels widened;
    if (kernels->activation_bytes == sizeof(float) || kernels == &widened) return kernels;
    cr_assert(kernels->precision == PRECISION_BF16 && kernels->activation_bytes == sizeof(uint16_t));
    cr_assert(inner == NULL || inner == kernels, "one such backend at a time");
    inner = kernels;
    widened = *kernels;
    widened.activation_bytes = sizeof(float);
    widened.operations[OPERATION_BATCH_LOAD] = widened_batch_load;
    widened.operations[OPERATION_IMAGE_NORMALISE] = widened_image_normalise;
    widened.operations[OPERATION_AUGMIX_VIEWS] = widened_augmix_views;
    widened.operations[OPERATION_UNIT_TO_ACTIVATION] = widened_unit_to_activation;
    widened.operations[OPERATION_UNIT_TO_ACTIVATION_BACKWARD] = widened_unit_to_activation_backward;
    widened.operations[OPERATION_CONV_FORWARD] = widened_conv_forward;
    widened.operations[OPERATION_CONV_BACKWARD_DATA] = widened_conv_backward_data;
    widened.operations[OPERATION_CONV_BACKWARD_FILTER] = widened_conv_backward_filter;
    widened.operations[OPERATION_RESIDUAL_JOIN] = widened_residual_join;
    widened.operations[OPERATION_POOL_FORWARD] = widened_pool_forward;
    widened.operations[OPERATION_POOL_BACKWARD] = widened_pool_backward;
    return &widened;
}
