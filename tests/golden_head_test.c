// golden_head_test.c: global average pooling and the linear classifier, with gradients, against golden vectors.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/support/device_array.h"
#include "tests/support/golden.h"

static const double pool_tolerance = 2e-6;          // one mean, rounded
static const double bf16_pool_tolerance = 0x1.1p-8; // its operands or its result rounded to 8 bits
static const double linear_tolerance = 5e-6;        // a hundred products summed in float32

static void check_pool(struct golden_case *golden)
{
    const struct golden_array *x = golden_read_images(golden, "x"), *y = golden_read(golden, "y");
    int images = x->shape[0], positions = x->shape[1] * x->shape[2], channels = x->shape[3];
    struct pool_forward forward = {
        .runs = 1,
        .images = images,
        .positions = positions,
        .channels = channels,
        .input = golden_put(golden, x),
        .features = device_make_floats(golden->device, y->count),
    };
    double tolerance = by_precision(golden->device, pool_tolerance, bf16_pool_tolerance);
    pool_forward(golden->device, &forward);
    golden_expect(golden, forward.features, y, ERROR_MAX, tolerance);
    struct pool_backward backward = {
        .runs = 1,
        .images = images,
        .positions = positions,
        .channels = channels,
        .grad_features = golden_put(golden, golden_read(golden, "gy")),
        .output = device_make_floats(golden->device, x->count),
    };
    pool_backward(golden->device, &backward);
    golden_expect(golden, backward.output, golden_read_images(golden, "gx"), ERROR_MAX, tolerance);
}

static void check_linear(struct golden_case *golden)
{
    const struct golden_array *x = golden_read(golden, "x"), *w = golden_read(golden, "w");
    const struct golden_array *y = golden_read(golden, "y");
    int images = x->shape[0], features = x->shape[1], classes = w->shape[0];
    struct linear_forward forward = {
        .runs = 1,
        .images = images,
        .features = features,
        .classes = classes,
        .input = golden_put(golden, x),
        .weight = golden_put_per_run(golden, w),
        .bias = golden_put_per_run(golden, golden_read(golden, "b")),
        .logits = device_make_floats(golden->device, y->count),
    };
    linear_forward(golden->device, &forward);
    golden_expect(golden, forward.logits, y, ERROR_MAX, linear_tolerance);
    struct linear_backward backward = {
        .runs = 1,
        .images = images,
        .features = features,
        .classes = classes,
        .grad_logits = golden_put(golden, golden_read(golden, "gy")),
        .input = forward.input,
        .weight = forward.weight,
        .grad_input = device_make_floats(golden->device, x->count),
        .grad_weight = device_make_per_run(golden->device, 1, w->count),
        .grad_bias = device_make_per_run(golden->device, 1, (size_t)classes),
    };
    linear_backward(golden->device, &backward);
    golden_expect(golden, backward.grad_input, golden_read(golden, "gx"), ERROR_MAX, linear_tolerance);
    golden_expect(golden, backward.grad_weight.data, golden_read(golden, "gw"), ERROR_MAX, linear_tolerance);
    golden_expect(golden, backward.grad_bias.data, golden_read(golden, "gb"), ERROR_MAX, linear_tolerance);
}

Test(golden_head, global_average_pool)
{
    golden_for_each("training/layers/gap", check_pool);
}

Test(golden_head, linear)
{
    golden_for_each("training/layers/linear", check_linear);
}
