// deform.c: deformed images blended with the images themselves, y = gate * d + (1 - gate) * x, and back:
//   dL/dd = gate * g;  dL/dx = (1 - gate) * g + (through d);  dL/dgate = sum of g * (d - x).
#include "kernels/reference/augmentation/deform.h"
#include "kernels/device.h"
#include "kernels/reference/reference.h"

static double gate_of(const float *gate, size_t image)
{
    return gate == NULL ? 1 : (double)gate[image];
}

static void deform_image(const struct deform_forward *deform, struct unit_shape shape, size_t image, double *space,
                         double *deformed)
{
    const size_t first = image * unit_values(shape);
    const float *input = deform->input + first;
    const float *parameters = deform->parameters + image * (size_t)primitive_parameters(deform->primitive);
    switch (deform->primitive) {
    case PRIMITIVE_CONTRAST:
        contrast_forward_reference(shape, deform->contrast_range, parameters, input, deformed);
        break;
    case PRIMITIVE_GEOMETRIC: geometric_forward_reference(shape, parameters, input, deformed); break;
    case PRIMITIVE_BLUR: blur_forward_reference(shape, parameters, input, space, deformed); break;
    case PRIMITIVE_NOISE:
        for (size_t i = 0; i < unit_values(shape); i++)
            deformed[i] = (double)input[i] + (double)parameters[0] * (double)deform->epsilon[first + i];
        break;
    case PRIMITIVE_COUNT: break;
    }
}

void deform_forward_reference(struct device *device, const void *settings)
{
    const struct deform_forward *deform = settings;
    const struct unit_shape shape = {deform->height, deform->width, deform->channels};
    const size_t values = unit_values(shape);
    double *deformed = device_scratch(device, (1 + BLUR_SPACES) * values * sizeof *deformed);
    if (deformed == NULL) return;
    for (size_t image = 0; image < (size_t)deform->runs * (size_t)deform->images; image++) {
        const double gate = gate_of(deform->gate, image);
        deform_image(deform, shape, image, deformed + values, deformed);
        for (size_t i = 0; i < values; i++)
            deform->output[image * values + i] =
                (float)(gate * deformed[i] + (1 - gate) * (double)deform->input[image * values + i]);
    }
}

// ---- backward --------------------------------------------------------------------------------------------------

// From `gradient` = dL/dd; grad_input may be NULL.
static void differentiate_image(const struct deform_backward *deform, struct unit_shape shape, size_t image,
                                const double *gradient, double *space, double *grad_input, double *grad_parameters)
{
    const size_t first = image * unit_values(shape);
    const float *input = deform->input + first;
    const float *parameters = deform->parameters + image * (size_t)primitive_parameters(deform->primitive);
    switch (deform->primitive) {
    case PRIMITIVE_CONTRAST:
        contrast_backward_reference(shape, deform->contrast_range, parameters, input, gradient, grad_input,
                                    grad_parameters);
        break;
    case PRIMITIVE_GEOMETRIC:
        geometric_backward_reference(shape, parameters, input, gradient, grad_input, grad_parameters);
        break;
    case PRIMITIVE_BLUR:
        blur_backward_reference(shape, parameters, input, gradient, space, grad_input, grad_parameters);
        break;
    case PRIMITIVE_NOISE:
        grad_parameters[0] = 0;
        for (size_t i = 0; i < unit_values(shape); i++) {
            grad_parameters[0] += gradient[i] * (double)deform->epsilon[first + i];
            if (grad_input != NULL) grad_input[i] = gradient[i];
        }
        break;
    case PRIMITIVE_COUNT: break;
    }
}

static double gate_gradient(const struct deform_backward *deform, struct unit_shape shape, size_t image, double *space,
                            double *deformed)
{
    const struct deform_forward forward = {.primitive = deform->primitive,
                                           .contrast_range = deform->contrast_range,
                                           .parameters = deform->parameters,
                                           .epsilon = deform->epsilon,
                                           .input = deform->input};
    const size_t values = unit_values(shape);
    double sum = 0;
    deform_image(&forward, shape, image, space, deformed);
    for (size_t i = 0; i < values; i++)
        sum +=
            (double)deform->grad_output[image * values + i] * (deformed[i] - (double)deform->input[image * values + i]);
    return sum;
}

static void backward_image(const struct deform_backward *deform, struct unit_shape shape, size_t image, double *space)
{
    const size_t values = unit_values(shape), count = (size_t)primitive_parameters(deform->primitive);
    const double gate = gate_of(deform->gate, image);
    const float *grad_output = deform->grad_output + image * values;
    double grad_parameters[PRIMITIVE_PARAMETERS_LIMIT] = {0};
    double *gradient = space, *grad_input = deform->grad_input == NULL ? NULL : space + values;
    space += 2 * values;
    if (deform->grad_gate != NULL)
        deform->grad_gate[image] = (float)gate_gradient(deform, shape, image, space, gradient);
    for (size_t i = 0; i < values; i++) gradient[i] = gate * (double)grad_output[i];
    differentiate_image(deform, shape, image, gradient, space, grad_input, grad_parameters);
    for (size_t i = 0; i < count; i++) deform->grad_parameters[image * count + i] = (float)grad_parameters[i];
    for (size_t i = 0; grad_input != NULL && i < values; i++)
        deform->grad_input[image * values + i] = (float)(grad_input[i] + (1 - gate) * (double)grad_output[i]);
}

void deform_backward_reference(struct device *device, const void *settings)
{
    const struct deform_backward *deform = settings;
    const struct unit_shape shape = {deform->height, deform->width, deform->channels};
    double *space = device_scratch(device, (2 + BLUR_SPACES) * unit_values(shape) * sizeof *space);
    if (space == NULL) return;
    for (size_t image = 0; image < (size_t)deform->runs * (size_t)deform->images; image++)
        backward_image(deform, shape, image, space);
}
