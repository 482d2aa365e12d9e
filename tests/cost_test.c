// cost_test.c: what operations cost by definition, against counts by hand; and that a training step costs the same
// however many images and cells there are.
#include "bench/cost.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "harness/matrix.h"
#include "harness/methods/method.h"
#include "harness/training_session.h"
#include "tests/support/device_array.h"
#include "tests/support/temporary_folder.h"

static float some; // an address, for arrays that count and are not looked at
static const struct per_run present = {&some, 1};

// Sizes that no two terms of a sum can swap without notice.
static const struct kernels kernels_of_two_bytes = {.name = "made up", .statistics_bytes = 100, .activation_bytes = 2};

static void expect_cost(enum operation operation, const void *settings, double flops, double bytes, const char *label)
{
    const struct operation_cost cost = operation_cost(&kernels_of_two_bytes, operation, settings);
    cr_expect(eq(dbl, cost.flops, flops), "%s: flops", label);
    cr_expect(eq(dbl, cost.bytes, bytes), "%s: bytes", label);
}

// 2 runs of 3 images of 5 x 4, 7 channels to 11, kernel 3, stride 2: 3 x 2 out.
enum { INPUT = 2 * 3 * 5 * 4 * 7, OUTPUT = 2 * 3 * 3 * 2 * 11, FILTER = 2 * 9 * 7 * 11, TAPS = OUTPUT * 9 * 7 };
static const struct conv_shape strided = {2, 3, 5, 4, 7, 11, 3, 2};
// The same with kernel 1: it looks at 3 x 2 positions of the input.
enum { TOUCHED = 2 * 3 * 3 * 2 * 7, FILTER_1 = 2 * 7 * 11, TAPS_1 = OUTPUT * 7 };
static const struct conv_shape shortcut = {2, 3, 5, 4, 7, 11, 1, 2};

Test(cost, convolutions_count_taps_and_every_tensor_once)
{
    struct conv_forward forward = {.shape = strided};
    expect_cost(OPERATION_CONV_FORWARD, &forward, 2 * TAPS, 2 * (INPUT + OUTPUT) + 4 * FILTER, "forward");
    forward.affine = present;
    forward.residual = &some;
    forward.statistics = &some;
    expect_cost(OPERATION_CONV_FORWARD, &forward, 2 * TAPS,
                2 * (INPUT + 2 * OUTPUT) + 4 * FILTER + 4 * 2 * 2 * 7 + 100 * 2 * 11, "forward, fused");
    forward = (struct conv_forward){.shape = shortcut};
    expect_cost(OPERATION_CONV_FORWARD, &forward, 2 * TAPS_1, 2 * (TOUCHED + OUTPUT) + 4 * FILTER_1, "shortcut");

    struct conv_backward_data data = {.shape = strided};
    expect_cost(OPERATION_CONV_BACKWARD_DATA, &data, 2 * TAPS, 2 * (INPUT + OUTPUT) + 4 * FILTER, "data");
    data.coefficients = present;
    data.mask_input = data.addend = data.sums = &some;
    expect_cost(OPERATION_CONV_BACKWARD_DATA, &data, 2 * TAPS,
                2 * (3 * INPUT + 2 * OUTPUT) + 4 * FILTER + 4 * 2 * 3 * 11 + 4 * 2 * 2 * 7 + 100 * 2 * 7,
                "data, fused");
    data = (struct conv_backward_data){.shape = shortcut, .mask_input = &some};
    expect_cost(OPERATION_CONV_BACKWARD_DATA, &data, 2 * TAPS_1,
                2 * (INPUT + TOUCHED + OUTPUT) + 4 * FILTER_1 + 4 * 2 * 2 * 7, "data, shortcut");

    struct conv_backward_filter filter = {.shape = strided};
    expect_cost(OPERATION_CONV_BACKWARD_FILTER, &filter, 2 * TAPS, 2 * (INPUT + OUTPUT) + 4 * FILTER, "filter");
    filter.affine = filter.coefficients = present;
    expect_cost(OPERATION_CONV_BACKWARD_FILTER, &filter, 2 * TAPS,
                2 * (INPUT + 2 * OUTPUT) + 4 * FILTER + 4 * 2 * 2 * 7 + 4 * 2 * 3 * 11, "filter, fused");
}

Test(cost, the_rest_counts_what_is_wanted)
{
    const struct linear_forward linear = {.runs = 2, .images = 3, .features = 5, .classes = 7};
    expect_cost(OPERATION_LINEAR_FORWARD, &linear, 2 * 2 * 3 * 5 * 7, 4 * 2 * (3 * 5 + 7 * 5 + 7 + 3 * 7), "linear");
    struct linear_backward backward = {.runs = 2, .images = 3, .features = 5, .classes = 7, .grad_weight = present};
    expect_cost(OPERATION_LINEAR_BACKWARD, &backward, 2 * 2 * 3 * 5 * 7, 4 * 2 * (3 * 7 + 3 * 5 + 7 * 5),
                "gradient of the weight");
    backward.grad_input = &some;
    expect_cost(OPERATION_LINEAR_BACKWARD, &backward, 2 * 2 * 2 * 3 * 5 * 7,
                4 * 2 * (3 * 7 + 3 * 5 + 7 * 5 + 7 * 5 + 3 * 5), "both gradients");
    const struct residual_join join = {.runs = 2, .positions = 12, .channels = 5, .addend = &some};
    expect_cost(OPERATION_RESIDUAL_JOIN, &join, 5 * 120, 2 * 4 * 120 + 4 * 2 * 15, "join");
    const struct sgd_update update = {.runs = 1, .count = 1000};
    expect_cost(OPERATION_SGD_UPDATE, &update, 8 * 1000, 20 * 1000 + sizeof(struct training_state) + sizeof(float),
                "sgd");
    const struct batch_load load = {.runs = 1, .images = 2, .height = 4, .width = 3, .channels = 3};
    expect_cost(OPERATION_BATCH_LOAD, &load, 2 * 72, 72 + 2 * 72 + 3 * 4 * 2 + sizeof(struct training_state), "load");
}

Test(cost, the_augmentation_model)
{
    // 2 runs of 3 images of 5 x 4 x 3.
    enum { VALUES = 2 * 3 * 5 * 4 * 3 };
    const struct unit_to_activation unit = {.runs = 2, .images = 3, .height = 5, .width = 4, .channels = 3};
    expect_cost(OPERATION_UNIT_TO_ACTIVATION, &unit, 4 * VALUES, (4 + 2) * VALUES, "unit to activation");
    struct unit_to_activation_backward back = {.runs = 2, .images = 3, .height = 5, .width = 4, .channels = 3};
    expect_cost(OPERATION_UNIT_TO_ACTIVATION_BACKWARD, &back, 3 * VALUES, (8 + 2) * VALUES, "one gradient");
    back.second = &some;
    expect_cost(OPERATION_UNIT_TO_ACTIVATION_BACKWARD, &back, 5 * VALUES, (8 + 4) * VALUES, "two gradients");
    const struct deform_forward noise = {
        .runs = 2, .images = 3, .height = 5, .width = 4, .channels = 3, .primitive = PRIMITIVE_NOISE, .gate = &some};
    expect_cost(OPERATION_DEFORM_FORWARD, &noise, 5 * VALUES, 4 * (3 * VALUES + 2 * 3 * 2), "noise");
    struct deform_backward blur = {
        .runs = 2, .images = 3, .height = 5, .width = 4, .channels = 3, .primitive = PRIMITIVE_BLUR};
    expect_cost(OPERATION_DEFORM_BACKWARD, &blur, 58 * VALUES, 4 * (2 * VALUES + 2 * 3 * 2), "blur, sigma alone");
    blur.grad_input = blur.grad_gate = &some;
    expect_cost(OPERATION_DEFORM_BACKWARD, &blur, (58 + 39 + 39) * VALUES, 4 * (3 * VALUES + 2 * 3 * 3), "blur");
    // 4 rows, 5 > 7 > 7 > 2: 126 parameters and 126 saved numbers a run.
    const struct mlp_forward mlp = {.shape = {2, 4, 5, 7, 2}};
    expect_cost(OPERATION_MLP_FORWARD, &mlp, 2 * 4 * (2 * 7 * (5 + 7 + 2) + 2 * 9 * 7),
                4 * 2 * (126 + 126 + 4 * (5 + 2)), "mlp");
}

static void expect_text(enum operation operation, const void *settings, const char *expected)
{
    char text[80];
    operation_shape_text(operation, settings, text, sizeof text);
    cr_expect(eq(str, text, (char *)expected));
}

Test(cost, shapes_have_short_names)
{
    const struct conv_forward conv = {.shape = {1, 128, 32, 32, 32, 64, 3, 2}};
    expect_text(OPERATION_CONV_FORWARD, &conv, "3x3/2 32x32 32>64 n128");
    const struct conv_backward_data data = {.shape = strided};
    expect_text(OPERATION_CONV_BACKWARD_DATA, &data, "3x3/2 5x4 7>11 n3 r2");
    const struct linear_forward linear = {.runs = 1, .images = 32, .features = 128, .classes = 100};
    expect_text(OPERATION_LINEAR_FORWARD, &linear, "128>100 n32");
    const struct sgd_update update = {.runs = 3, .count = 2243546};
    expect_text(OPERATION_SGD_UPDATE, &update, "2243546 values r3");
    const struct augmentation_draw draw = {
        .runs = 1, .images = 128, .primitives = 4, .noise_width = 32, .epsilon = &some};
    expect_text(OPERATION_AUGMENTATION_DRAW, &draw, "4x32 epsilon n128");
    const struct mlp_forward mlp = {.shape = {2, 128, 32, 64, 6}};
    expect_text(OPERATION_MLP_FORWARD, &mlp, "32>64>64>6 n128 r2");
    const struct deform_forward deform = {
        .runs = 1, .images = 128, .height = 32, .width = 30, .channels = 3, .primitive = PRIMITIVE_BLUR};
    expect_text(OPERATION_DEFORM_FORWARD, &deform, "blur 32x30 c3 n128");
    char cut[8];
    operation_shape_text(OPERATION_CONV_FORWARD, &conv, cut, sizeof cut);
    cr_expect(eq(str, cut, "3x3/2 3"));
}

Test(cost, every_operation_has_a_shape)
{
    static const union {
        struct conv_backward_filter conv;
        char bytes[1024]; // more than any operation's settings
    } nothing;
    for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
        char text[80] = "";
        operation_shape_text(operation, &nothing, text, sizeof text);
        cr_expect(gt(sz, strlen(text), 0), "%s", operation_name(operation));
    }
}

// ---- a step's cost, counted ------------------------------------------------------------------------------------

struct tally {
    const struct kernels *kernels;
    int64_t calls, steps;
    double flops, bytes;
};

static void count_call(void *context, enum operation operation, const void *settings)
{
    struct tally *tally = context;
    const struct operation_cost cost = operation_cost(tally->kernels, operation, settings);
    cr_expect(cost.bytes > 0 && cost.flops >= 0, "%s", operation_name(operation));
    tally->calls++;
    tally->flops += cost.flops;
    tally->bytes += cost.bytes;
    if (operation == OPERATION_STEP_ADVANCE) tally->steps += ((const struct step_advance *)settings)->count_step;
}

static void observe(struct device *device, struct tally *tally)
{
    *tally = (struct tally){.kernels = device_kernels(device)};
    device_set_observer(device, (struct device_observer){.after = count_call, .context = tally});
}

enum { BATCH = 10, STEPS = 4 };

// STEPS recorded steps on so many images.
static struct tally count_steps(int images, const char *backend)
{
    static const struct training_settings settings = {
        .depth = 10, .widen = 1, .batch_size = BATCH, .epochs = 1, .learning_rate = 0.01, .method = &method_ft};
    struct device *device = device_for_test(kernels_find(backend), 1);
    struct image_set set;
    struct training_session session;
    struct tally tally;
    cr_assert(eq(int, image_set_create(images, 10, &set).code, STATUS_OK));
    memset(set.pixels, 77, (size_t)images * IMAGE_BYTES);
    for (int i = 0; i < images; i++) set.labels[i] = i % 10;
    const struct training_job job = {.settings = &settings, .train = &set, .test = &set};
    struct status status = training_session_create(device, &job, &session);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    observe(device, &tally);
    for (int i = 0; i < STEPS; i++) device_graph_launch(device, session.recordings[0][0]);
    cr_expect(eq(sz, (size_t)tally.calls, STEPS * graph_length(session.recordings[0][0])));
    training_session_destroy(&session);
    image_set_destroy(&set);
    device_end_test(device);
    return tally;
}

Test(cost, a_step_costs_the_same_however_many_images_there_are)
{
    static const int images[] = {BATCH * STEPS, 1000, 5000};
    const struct tally first = count_steps(images[0], "cpu");
    cr_expect(eq(i64, first.steps, STEPS));
    // A forward and a backward pass: no fewer than three times the forward's 2 flops per multiply-add, but for the stem's
    // gradient with respect to the images, which nobody asks for.
    cr_expect(first.flops > 2.9 * 2 * 10.4e6 * BATCH * STEPS, "%g flops", first.flops);
    for (size_t i = 1; i < sizeof images / sizeof images[0]; i++) {
        const struct tally other = count_steps(images[i], "cpu");
        cr_expect(eq(i64, other.calls, first.calls), "calls with %d images", images[i]);
        cr_expect(eq(dbl, other.bytes, first.bytes), "bytes with %d images", images[i]);
        cr_expect(eq(dbl, other.flops, first.flops), "flops with %d images", images[i]);
    }
}

// The whole matrix, evaluations included, for a number of corruptions and of training images.
static struct tally count_matrix(const char *corruptions, const char *train_images)
{
    static const char *const values[] = {"data.synthetic_test_images_teacher=20",
                                         "data.synthetic_test_images_target=100",
                                         "training.batch_size=10",
                                         "training.evaluate_every=0",
                                         "matrix.methods=FT",
                                         "teacher.epochs=1",
                                         "target.epochs=1"};
    char root[TEMPORARY_PATH_SIZE], text[96];
    struct preset preset;
    struct tally tally;
    struct matrix_summary summary;
    log_set_level(LOG_ERROR);
    temporary_folder_create(root);
    cr_assert(eq(int, preset_load("quick", &preset).code, STATUS_OK));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        cr_assert(eq(int, preset_override(&preset, values[i], "test").code, STATUS_OK));
    snprintf(text, sizeof text, "matrix.corruptions=%s", corruptions);
    cr_assert(eq(int, preset_override(&preset, text, "test").code, STATUS_OK));
    snprintf(text, sizeof text, "data.synthetic_train_images_teacher=%s", train_images);
    cr_assert(eq(int, preset_override(&preset, text, "test").code, STATUS_OK));
    snprintf(text, sizeof text, "data.synthetic_train_images_target=%s", train_images);
    cr_assert(eq(int, preset_override(&preset, text, "test").code, STATUS_OK));
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    observe(device, &tally);
    const struct matrix_request request = {
        .preset = &preset, .device = device, .runs_folder = root, .checkpoint_seconds = 1000};
    struct status status = matrix_run(&request, &summary);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    device_end_test(device);
    preset_destroy(&preset);
    temporary_folder_remove(root);
    return tally;
}

Test(cost, an_image_costs_the_same_however_many_cells_there_are)
{
    const struct tally one = count_matrix("GN", "100"), two = count_matrix("GN Co", "100");
    cr_expect(eq(i64, one.steps, 2 * 10), "a teacher and a target");
    cr_expect(eq(i64, two.steps, 2 * one.steps));
    cr_expect(eq(i64, two.calls, 2 * one.calls));
    cr_expect(eq(dbl, two.bytes, 2 * one.bytes));
    cr_expect(eq(dbl, two.flops, 2 * one.flops));
    // Twice the images: what is added is steps alone, each as the first ones were.
    const struct tally longer = count_matrix("GN", "200"), longest = count_matrix("GN", "300");
    cr_expect(eq(i64, longer.steps, 2 * one.steps));
    cr_expect(eq(i64, longer.calls - one.calls, longest.calls - longer.calls));
    cr_expect(eq(dbl, longer.bytes - one.bytes, longest.bytes - longer.bytes));
}
