// linear.c: the classifier and its three gradients, in double, rounded once.
#include "kernels/reference/pointwise.h"
#include "kernels/reference/reference.h"

// One image: logits = weight * input + bias.
static void forward_row(const struct linear_forward *linear, int run, size_t row)
{
    const float *input = linear->input + row * (size_t)linear->features;
    const float *bias = per_run_part(linear->bias, run);
    float *logits = linear->logits + row * (size_t)linear->classes;
    for (int class = 0; class < linear->classes; class ++) {
        const float *weight = per_run_part(linear->weight, run) + (size_t) class * (size_t)linear->features;
        double sum = bias == NULL ? 0 : (double)bias[class];
        for (int feature = 0; feature < linear->features; feature++)
            sum += (double)input[feature] * (double)weight[feature];
        logits[class] = (float)sum;
    }
}

void linear_forward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct linear_forward *linear = settings;
    for (int run = 0; run < linear->runs; run++)
        for (int image = 0; image < linear->images; image++)
            forward_row(linear, run, (size_t)run * (size_t)linear->images + (size_t)image);
}

// One image: grad_input = weight^T * grad_logits.
static void backward_row(const struct linear_backward *linear, int run, size_t row)
{
    const float *grad_logits = linear->grad_logits + row * (size_t)linear->classes;
    const float *weight = per_run_part(linear->weight, run);
    float *grad_input = linear->grad_input + row * (size_t)linear->features;
    for (int feature = 0; feature < linear->features; feature++) {
        double sum = 0;
        for (int class = 0; class < linear->classes; class ++)
            sum += (double)grad_logits[class] *
                   (double)weight[(size_t) class * (size_t)linear->features + (size_t)feature];
        grad_input[feature] = (float)sum;
    }
}

// sum over the run's images of grad_logits[class] * input[feature]; feature -1 stands for the bias' constant 1.
static float parameter_gradient(const struct linear_backward *linear, int run, int class, int feature)
{
    double sum = 0;
    for (int image = 0; image < linear->images; image++) {
        size_t row = (size_t)run * (size_t)linear->images + (size_t)image;
        double grad = (double)linear->grad_logits[row * (size_t)linear->classes + (size_t) class];
        sum += feature < 0 ? grad : grad * (double)linear->input[row * (size_t)linear->features + (size_t)feature];
    }
    return (float)sum;
}

static void differentiate_parameters(const struct linear_backward *linear, int run)
{
    float *grad_weight = per_run_part(linear->grad_weight, run), *grad_bias = per_run_part(linear->grad_bias, run);
    for (int class = 0; class < linear->classes; class ++) {
        for (int feature = 0; grad_weight != NULL && feature < linear->features; feature++)
            grad_weight[(size_t) class * (size_t)linear->features + (size_t)feature] =
                parameter_gradient(linear, run, class, feature);
        if (grad_bias != NULL) grad_bias[class] = parameter_gradient(linear, run, class, -1);
    }
}

void linear_backward_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct linear_backward *linear = settings;
    for (int run = 0; run < linear->runs; run++) {
        for (int image = 0; linear->grad_input != NULL && image < linear->images; image++)
            backward_row(linear, run, (size_t)run * (size_t)linear->images + (size_t)image);
        differentiate_parameters(linear, run);
    }
}
