// deform.c: the four deformations, a share of the images for every thread; each primitive has its own file or section.
// Bound     one core's caches: an image and what is derived from it are 12 KiB a copy.
// Sums      over an image: rows first, in float32, column by column; then columns, in double. One image, one thread.
#include <omp.h>

#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/device.h"

// ---- noise: y = x + gate * sigma * epsilon ---------------------------------------------------------------------

void ISA_NAME(noise_forward)(const struct deform_image *image, float *restrict output)
{
    const float scale = image->gate * image->parameters[0];
    const float *restrict input = image->input, *restrict epsilon = image->epsilon;
    for (size_t i = 0; i < unit_values(image->shape); i++) output[i] = input[i] + scale * epsilon[i];
}

// One sum serves sigma and gate; the input's gradient is the output's.
void ISA_NAME(noise_backward)(const struct deform_image *image, const struct deform_slopes *slopes)
{
    const int values = row_values(image->shape);
    const float *restrict epsilon = image->epsilon, *restrict gradient = slopes->grad_output;
    float *restrict partial = image->space;
    memset(partial, 0, (size_t)values * sizeof *partial);
    for (int row = 0; row < image->shape.height; row++, epsilon += values, gradient += values)
        for (int i = 0; i < values; i++) partial[i] += gradient[i] * epsilon[i];
    const double sum = add_up(partial, values);
    slopes->grad_parameters[0] = (float)((double)image->gate * sum);
    if (slopes->grad_gate != NULL) *slopes->grad_gate = (float)((double)image->parameters[0] * sum);
    if (slopes->grad_input != NULL)
        memcpy(slopes->grad_input, slopes->grad_output, unit_values(image->shape) * sizeof(float));
}

// ---- the operations --------------------------------------------------------------------------------------------

static const struct {
    void (*forward)(const struct deform_image *image, float *output);
    void (*backward)(const struct deform_image *image, const struct deform_slopes *slopes);
} functions[PRIMITIVE_COUNT] = {
    [PRIMITIVE_CONTRAST] = {ISA_NAME(contrast_forward), ISA_NAME(contrast_backward)},
    [PRIMITIVE_GEOMETRIC] = {ISA_NAME(geometric_forward), ISA_NAME(geometric_backward)},
    [PRIMITIVE_BLUR] = {ISA_NAME(blur_forward), ISA_NAME(blur_backward)},
    [PRIMITIVE_NOISE] = {ISA_NAME(noise_forward), ISA_NAME(noise_backward)},
};

// Of one thread, whatever the primitive, rounded to whole cache lines.
static size_t space_floats(struct unit_shape shape)
{
    const size_t geometric = ISA_NAME(geometric_space_floats)(shape), blur = ISA_NAME(blur_space_floats)(shape);
    const size_t contrast = 6 * (size_t)row_values(shape), most = geometric > blur ? geometric : blur;
    return ((most > contrast ? most : contrast) + 15) / 16 * 16;
}

void ISA_NAME(deform_forward)(struct device *device, const void *settings)
{
    const struct deform_forward *deform = settings;
    const struct unit_shape shape = {deform->height, deform->width, deform->channels};
    const size_t values = unit_values(shape), space = space_floats(shape);
    const size_t count = (size_t)primitive_parameters(deform->primitive);
    float *spaces = device_scratch(device, (size_t)device->threads * space * sizeof *spaces);
    if (spaces == NULL) return;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (size_t i = 0; i < (size_t)deform->runs * (size_t)deform->images; i++) {
        const struct deform_image image = {
            .shape = shape,
            .range = deform->contrast_range,
            .parameters = deform->parameters + i * count,
            .gate = deform->gate == NULL ? 1 : deform->gate[i],
            .input = deform->input + i * values,
            .epsilon = deform->epsilon == NULL ? NULL : deform->epsilon + i * values,
            .space = spaces + (size_t)omp_get_thread_num() * space,
        };
        functions[deform->primitive].forward(&image, deform->output + i * values);
    }
}

void ISA_NAME(deform_backward)(struct device *device, const void *settings)
{
    const struct deform_backward *deform = settings;
    const struct unit_shape shape = {deform->height, deform->width, deform->channels};
    const size_t values = unit_values(shape), space = space_floats(shape);
    const size_t count = (size_t)primitive_parameters(deform->primitive);
    float *spaces = device_scratch(device, (size_t)device->threads * space * sizeof *spaces);
    if (spaces == NULL) return;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (size_t i = 0; i < (size_t)deform->runs * (size_t)deform->images; i++) {
        const struct deform_image image = {
            .shape = shape,
            .range = deform->contrast_range,
            .parameters = deform->parameters + i * count,
            .gate = deform->gate == NULL ? 1 : deform->gate[i],
            .input = deform->input + i * values,
            .epsilon = deform->epsilon == NULL ? NULL : deform->epsilon + i * values,
            .space = spaces + (size_t)omp_get_thread_num() * space,
        };
        const struct deform_slopes slopes = {
            .grad_output = deform->grad_output + i * values,
            .grad_input = deform->grad_input == NULL ? NULL : deform->grad_input + i * values,
            .grad_parameters = deform->grad_parameters + i * count,
            .grad_gate = deform->grad_gate == NULL ? NULL : deform->grad_gate + i,
        };
        functions[deform->primitive].backward(&image, &slopes);
    }
}
