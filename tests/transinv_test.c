// transinv_test.c: TransInv: what its two steps compute and what they leave alone, their gradients, and the mechanism that
// the method rests on: an augmentation goes where the teacher does not see it go.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "datasets/synthetic.h"
#include "harness/methods/transinv_parts.h"
#include "harness/training_session.h"
#include "tests/support/device_array.h"
#include "tests/support/state_dicts.h"
#include "tests/support/training_jobs.h"

enum { BATCH = 8, IMAGES = 40, TEACHER_CLASSES = 10, CLASSES = 10 };

struct scene {
    struct training_settings settings;
    struct image_set train, test;
    struct state_dict teacher;
    struct training_job job;
    struct device *device;
    struct training_session session;
};

static void create_teacher(struct state_dict *teacher)
{
    const struct network_shape shape = {
        .depth = 10, .widen = 1, .classes = TEACHER_CLASSES, .side = 32, .channels = 3, .runs = 1, .images = 1};
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct network *network = NULL;
    cr_assert(eq(int, network_create(device, &shape, false, &network).code, STATUS_OK));
    cr_assert(eq(int, network_initialise(network, 0, 77).code, STATUS_OK));
    cr_assert(eq(int, network_export(network, 0, teacher).code, STATUS_OK));
    network_destroy(network);
    device_end_test(device);
}

static void scene_prepare(struct scene *scene)
{
    *scene = (struct scene){.settings = {.depth = 10,
                                         .widen = 1,
                                         .batch_size = BATCH,
                                         .epochs = 2,
                                         .learning_rate = 0.05,
                                         .learning_rate_minimum = 1e-6,
                                         .momentum = 0.9F,
                                         .weight_decay = 5e-4F,
                                         .seed = 3,
                                         .method = &method_transinv,
                                         .transinv = small_transinv_settings()}};
    cr_assert(eq(int, synthetic_generate(1, CLASSES, 0, IMAGES, &scene->train).code, STATUS_OK));
    cr_assert(eq(int, synthetic_generate(1, CLASSES, 100, 16, &scene->test).code, STATUS_OK));
    create_teacher(&scene->teacher);
    scene->job = (struct training_job){
        .settings = &scene->settings, .train = &scene->train, .test = &scene->test, .start = &scene->teacher};
}

static void scene_open(struct scene *scene, const char *backend)
{
    scene->device = device_for_test(kernels_find(backend), 2);
    struct status status = training_session_create(scene->device, &scene->job, &scene->session);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
}

static void scene_close(struct scene *scene)
{
    training_session_destroy(&scene->session);
    device_end_test(scene->device);
}

static void scene_destroy(struct scene *scene)
{
    image_set_destroy(&scene->train);
    image_set_destroy(&scene->test);
    state_dict_destroy(&scene->teacher);
}

static struct transinv *transinv_of(const struct scene *scene)
{
    return scene->session.step.companion;
}

// Only the augmentation's step, recorded; the images are those of a step of the network before it.
static struct graph *record_augmentation_step(struct scene *scene)
{
    struct graph *graph = NULL;
    device_capture_begin(scene->device);
    method_transinv.companion->enqueue_step(&scene->session.step);
    cr_assert(eq(int, device_capture_end(scene->device, &graph).code, STATUS_OK));
    return graph;
}

// An order and a state as at an epoch's begin, and the bytes of a first batch.
static void load_batch(struct scene *scene)
{
    const struct training_state state = {.seed = scene->settings.seed};
    device_upload(scene->device, scene->session.train.state, &state, sizeof state);
    image_loader_enqueue_bytes(&scene->session.loader);
}

// ---- what the steps do -----------------------------------------------------------------------------------------

struct tally {
    int calls[OPERATION_COUNT];
    int modes[3]; // of batchnorm_finalise
    int filter_or_affine_gradients;
};

static void count_call(void *context, enum operation operation, const void *settings)
{
    struct tally *tally = context;
    tally->calls[operation]++;
    if (operation == OPERATION_BATCHNORM_FINALISE) tally->modes[((const struct batchnorm_finalise *)settings)->mode]++;
    if (operation == OPERATION_BATCHNORM_BACKWARD)
        tally->filter_or_affine_gradients += ((const struct batchnorm_backward *)settings)->grad_gamma.data != NULL;
    if (operation == OPERATION_LINEAR_BACKWARD)
        tally->filter_or_affine_gradients += ((const struct linear_backward *)settings)->grad_weight.data != NULL;
}

static struct tally count(struct scene *scene, const struct graph *graph)
{
    struct tally tally = {.filter_or_affine_gradients = 0};
    device_set_observer(scene->device, (struct device_observer){.after = count_call, .context = &tally});
    device_graph_launch(scene->device, graph);
    cr_assert(eq(int, device_synchronise(scene->device).code, STATUS_OK));
    device_set_observer(scene->device, (struct device_observer){.context = NULL});
    return tally;
}

// WRN-10-1 has 9 convolutions and 7 batch norms.
Test(transinv, the_augmentations_step_computes_no_gradient_of_a_network)
{
    struct scene scene;
    scene_prepare(&scene);
    for (enum transinv_distance distance = TRANSINV_COSINE; distance <= TRANSINV_KL; distance++) {
        scene.settings.transinv.distance = distance;
        scene_open(&scene, "cpu");
        load_batch(&scene);
        struct graph *graph = record_augmentation_step(&scene);
        const struct tally tally = count(&scene, graph);
        cr_expect(eq(int, tally.calls[OPERATION_CONV_BACKWARD_FILTER], 0));
        cr_expect(eq(int, tally.filter_or_affine_gradients, 0));
        cr_expect(eq(int, tally.calls[OPERATION_CONV_FORWARD], 3 * 9), "target once, teacher twice");
        cr_expect(eq(int, tally.calls[OPERATION_CONV_BACKWARD_DATA], 2 * 9), "each back to the image once");
        cr_expect(eq(int, tally.modes[BATCHNORM_FROZEN], 2 * 7), "the teacher is frozen");
        cr_expect(eq(int, tally.modes[BATCHNORM_BATCH_ONLY], 7), "the target's running statistics stay");
        cr_expect(eq(int, tally.modes[BATCHNORM_BATCH_UPDATE], 0));
        cr_expect(eq(int, tally.calls[OPERATION_SGD_UPDATE], 0));
        cr_expect(eq(int, tally.calls[OPERATION_ADAMW_UPDATE], 1));
        cr_expect(eq(int, tally.calls[OPERATION_KL_LOSS], distance == TRANSINV_KL));
        graph_destroy(graph);
        scene_close(&scene);
    }
    scene_destroy(&scene);
}

Test(transinv, each_step_changes_its_own_parameters_alone)
{
    struct scene scene;
    struct state_dict target[2] = {{0}}, model[2] = {{0}};
    scene_prepare(&scene);
    scene_open(&scene, "cpu");
    load_batch(&scene);
    struct transinv *transinv = transinv_of(&scene);
    const struct per_run parameters = augmentation_model_parameters(transinv->model);
    struct graph *graph = record_augmentation_step(&scene);
    cr_assert(eq(int, network_export(scene.session.network, 0, &target[0]).code, STATUS_OK));
    cr_assert(eq(int, augmentation_model_export(transinv->model, parameters, "", &model[0]).code, STATUS_OK));
    device_graph_launch(scene.device, graph);
    cr_assert(eq(int, network_export(scene.session.network, 0, &target[1]).code, STATUS_OK));
    cr_assert(eq(int, augmentation_model_export(transinv->model, parameters, "", &model[1]).code, STATUS_OK));
    cr_expect(state_dicts_equal(&target[0], &target[1], NULL), "the network, its running statistics included");
    cr_expect(not(state_dicts_equal(&model[0], &model[1], NULL)), "the augmentation has learned nothing");
    state_dict_destroy(&model[0]);
    device_graph_launch(scene.device, scene.session.recordings[0][0]);
    cr_assert(eq(int, augmentation_model_export(transinv->model, parameters, "", &model[0]).code, STATUS_OK));
    cr_expect(state_dicts_equal(&model[0], &model[1], NULL), "a step of the network leaves the augmentation");
    for (int i = 0; i < 2; i++) {
        state_dict_destroy(&target[i]);
        state_dict_destroy(&model[i]);
    }
    graph_destroy(graph);
    scene_close(&scene);
    scene_destroy(&scene);
}

// ---- gradients of the augmentation's step ------------------------------------------------------------------------

struct descent {
    struct scene *scene;
    struct graph *graph;
    float *base; // parameters where the gradient is taken
    size_t count;
};

// The loss of the augmentation at base + length * direction; the step's own update is undone.
static double loss_at(const struct descent *descent, const float *direction, size_t first, size_t count, double length)
{
    struct scene *scene = descent->scene;
    struct transinv *transinv = transinv_of(scene);
    const struct per_run parameters = augmentation_model_parameters(transinv->model);
    struct metrics adversarial, distance;
    float *moved = malloc(descent->count * sizeof *moved);
    memcpy(moved, descent->base, descent->count * sizeof *moved);
    for (size_t i = first; i < first + count; i++) moved[i] += (float)(length * (double)direction[i]);
    device_upload(scene->device, parameters.data, moved, descent->count * sizeof *moved);
    device_zero(scene->device, transinv->adversarial, sizeof adversarial);
    device_zero(scene->device, transinv->distance, sizeof distance);
    device_zero(scene->device, transinv->optimiser, sizeof *transinv->optimiser);
    device_graph_launch(scene->device, descent->graph);
    device_download(scene->device, &adversarial, transinv->adversarial, sizeof adversarial);
    device_download(scene->device, &distance, transinv->distance, sizeof distance);
    cr_assert(eq(int, device_synchronise(scene->device).code, STATUS_OK));
    free(moved);
    return (adversarial.loss_sum + (double)scene->settings.transinv.lambda * distance.loss_sum) / BATCH;
}

static double norm_of(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static struct descent descent_create(struct scene *scene)
{
    const struct per_run parameters = augmentation_model_parameters(transinv_of(scene)->model);
    struct descent descent = {.scene = scene, .count = parameters.stride};
    load_batch(scene);
    descent.graph = record_augmentation_step(scene);
    descent.base = device_get_floats(scene->device, parameters.data, parameters.stride);
    return descent;
}

static void descent_destroy(struct descent *descent)
{
    graph_destroy(descent->graph);
    free(descent->base);
}

static float *gradient_of(const struct descent *descent)
{
    const struct transinv *transinv = transinv_of(descent->scene);
    loss_at(descent, descent->base, 0, 0, 0);
    return device_get_floats(descent->scene->device, augmentation_model_gradients(transinv->model).data,
                             descent->count);
}

// Through both networks and all four primitives, against central differences along the gradient, each primitive by itself.
// The path through ReLUs and bilinear cells has kinks: with steps ten times as long contrast and geometric are 7 % off, blur and noise 1 %.
Test(transinv, a_whole_step_has_the_gradient_of_its_loss, .timeout = 300)
{
    struct scene scene;
    scene_prepare(&scene);
    scene.settings.transinv.clip = 1e9F;
    scene.settings.transinv.lambda = 3;
    for (enum transinv_distance distance = TRANSINV_COSINE; distance <= TRANSINV_KL; distance++) {
        scene.settings.transinv.distance = distance;
        scene_open(&scene, "reference");
        struct descent descent = descent_create(&scene);
        float *gradient = gradient_of(&descent);
        size_t first = 0;
        for (int p = 0; p < PRIMITIVE_COUNT; p++) {
            const struct augmentation_model *model = transinv_of(&scene)->model;
            const size_t count = augmentation_model_gate_place(model, (enum primitive)p) + 1 - first;
            const double norm = norm_of(gradient + first, count), step = 3e-4 / norm;
            const double difference =
                (loss_at(&descent, gradient, first, count, step) - loss_at(&descent, gradient, first, count, -step)) /
                (2 * step * norm);
            cr_expect(norm > 0 && fabs(difference - norm) <= 0.05 * norm,
                      "distance %d, %s: %g by differences, %g by backward, seed %u", (int)distance,
                      primitive_name((enum primitive)p), difference, norm, (unsigned)scene.settings.seed);
            first += count;
        }
        free(gradient);
        descent_destroy(&descent);
        scene_close(&scene);
    }
    scene_destroy(&scene);
}

// No primitive, and no gate, may be deaf at the start: what is a thousand times smaller than its neighbour never learns.
// A gate hears only where its draw falls near the threshold, so norms are taken over many draws of the same images.
Test(transinv, at_the_start_all_primitives_hear_the_loss)
{
    enum { DRAWS = 16 };
    struct scene scene;
    double norms[PRIMITIVE_COUNT][2] = {{0}}, smallest = INFINITY, largest = 0;
    scene_prepare(&scene);
    scene.settings.transinv.clip = 1e9F;
    scene_open(&scene, "cpu");
    struct descent descent = descent_create(&scene);
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        const struct training_state state = {.seed = scene.settings.seed, .epoch = draw};
        device_upload(scene.device, scene.session.train.state, &state, sizeof state);
        float *gradient = gradient_of(&descent);
        size_t first = 0;
        for (int p = 0; p < PRIMITIVE_COUNT; p++) {
            const size_t gate = augmentation_model_gate_place(transinv_of(&scene)->model, (enum primitive)p);
            norms[p][0] += norm_of(gradient + first, gate - first) / DRAWS;
            norms[p][1] += fabs((double)gradient[gate]) / DRAWS;
            first = gate + 1;
        }
        free(gradient);
    }
    for (int i = 0; i < 2 * PRIMITIVE_COUNT; i++) {
        smallest = norms[i / 2][i % 2] < smallest ? norms[i / 2][i % 2] : smallest;
        largest = norms[i / 2][i % 2] > largest ? norms[i / 2][i % 2] : largest;
    }
    cr_expect(smallest > 0 && largest / smallest <= 1000, "norms of gradients from %g to %g, seed %u", smallest,
              largest, (unsigned)scene.settings.seed);
    descent_destroy(&descent);
    scene_close(&scene);
    scene_destroy(&scene);
}

// ---- the mechanism ---------------------------------------------------------------------------------------------

// How far each primitive has gone from the identity, as a share of its range, on the sample after training.
struct reach {
    double of[PRIMITIVE_COUNT], all;
    double shift;    // contrast's alone
    double distance; // of the last epoch
};

static double parameter_reach(const struct primitive_record *record, int parameter, double identity, double range)
{
    double sum = 0;
    for (int q = 0; q < AUGMENTATION_QUANTILES; q++) sum += fabs(record->quantiles[parameter][q] - identity);
    return record->gate * sum / AUGMENTATION_QUANTILES / range;
}

static struct reach reach_of(const struct augmentation_record *record)
{
    static const double geometric_identity[] = {1, 0, 0, 0, 1, 0};
    const struct primitive_record *primitives = record->primitives;
    struct reach reach = {.distance = record->distance};
    reach.of[PRIMITIVE_CONTRAST] = (parameter_reach(&primitives[PRIMITIVE_CONTRAST], 0, 1, 0.8) +
                                    parameter_reach(&primitives[PRIMITIVE_CONTRAST], 1, 0, 0.8)) /
                                   2;
    reach.shift = parameter_reach(&primitives[PRIMITIVE_CONTRAST], 1, 0, 0.8);
    for (int i = 0; i < 6; i++)
        reach.of[PRIMITIVE_GEOMETRIC] +=
            parameter_reach(&primitives[PRIMITIVE_GEOMETRIC], i, geometric_identity[i], 0.25) / 6;
    reach.of[PRIMITIVE_BLUR] = parameter_reach(&primitives[PRIMITIVE_BLUR], 0, 0.1, 1.9);
    reach.of[PRIMITIVE_NOISE] = parameter_reach(&primitives[PRIMITIVE_NOISE], 0, 0, 0.3);
    for (int p = 0; p < PRIMITIVE_COUNT; p++) reach.all += reach.of[p] / PRIMITIVE_COUNT;
    return reach;
}

static struct reach train(struct scene *scene)
{
    struct training_outcome outcome;
    struct state_dict model = {0};
    struct device *device = device_for_test(kernels_find("cpu"), 2);
    struct status status = training_run(device, &scene->job, &outcome, &model);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    const struct reach reach = reach_of(&outcome.last.augmentation);
    cr_expect(outcome.pictures.rows == BATCH && outcome.augmentation.count == 32, "what training leaves behind");
    training_outcome_destroy(&outcome);
    state_dict_destroy(&model);
    device_end_test(device);
    return reach;
}

// Many steps of the augmentation in little time: behind every step of the network, at ten times the rate.
static void hurry(struct scene *scene)
{
    scene->settings.epochs = 16;
    scene->settings.transinv.inner_steps = 1;
    scene->settings.transinv.learning_rate = 1e-2;
    scene->settings.transinv.weight_decay = 0;
}

Test(transinv, lambda_holds_the_augmentation_near_the_identity, .timeout = 300)
{
    struct scene scene;
    scene_prepare(&scene);
    hurry(&scene);
    scene.settings.transinv.lambda = 0;
    const struct reach loose = train(&scene);
    scene.settings.transinv.lambda = 1e6F;
    const struct reach tight = train(&scene);
    cr_expect(loose.distance > 10 * tight.distance, "the teacher's distance: %g without lambda, %g with a large one",
              loose.distance, tight.distance);
    cr_expect(loose.all > 2 * tight.all, "the augmentation's reach: %g without lambda, %g with a large one", loose.all,
              tight.all);
    scene_destroy(&scene);
}

// A teacher whose features keep their direction when contrast changes, and under no other primitive: every tap of its stem
// sums to zero over the colours, so a shift of all three is invisible; behind it, with batch norms that do nothing and
// ReLUs, everything is positively homogeneous, so a scale is too. Exact as long as the images' channels have one mean and
// contrast clamps nothing.
static void make_blind_to_contrast(struct state_dict *teacher)
{
    for (size_t t = 0; t < teacher->count; t++) {
        struct state_tensor *tensor = &teacher->tensors[t];
        const size_t length = state_tensor_length(tensor);
        if (strstr(tensor->name, "running_mean") != NULL) memset(tensor->values, 0, length * sizeof(float));
        if (strcmp(tensor->name, "conv1.weight") != 0) continue;
        for (size_t o = 0; o < length / 27; o++)
            for (int tap = 0; tap < 9; tap++) {
                float *filter = tensor->values + o * 27 + tap;
                const float mean = (filter[0] + filter[9] + filter[18]) / 3;
                for (int c = 0; c < 3; c++) filter[9 * c] -= mean;
            }
    }
}

// Colourful textures in 0.5 +- 0.1, each channel's mean exactly half: neighbours differ by opposite signs.
static void draw_textures(struct image_set *images)
{
    for (int i = 0; i < images->count; i++) {
        struct random_stream stream = random_stream_create(9, PURPOSE_TEST, 0, (uint32_t)i);
        uint8_t *pixels = images->pixels + (size_t)i * IMAGE_BYTES;
        for (int p = 0; p < IMAGE_SIDE * IMAGE_SIDE; p += 2)
            for (int c = 0; c < 3; c++) {
                const uint8_t offset = (uint8_t)random_next_below(&stream, 26);
                const bool up = ((i % CLASSES) + p / 2 + c) % 2 == 0;
                pixels[p * 3 + c] = (uint8_t)(up ? 128 + offset : 128 - offset);
                pixels[(p + 1) * 3 + c] = (uint8_t)(up ? 128 - offset : 128 + offset);
            }
    }
}

Test(transinv, contrast_widens_where_the_teacher_is_blind_to_it, .timeout = 300)
{
    struct scene scene;
    scene_prepare(&scene);
    hurry(&scene);
    draw_textures(&scene.train);
    draw_textures(&scene.test);
    make_blind_to_contrast(&scene.teacher);
    scene.settings.transinv.lambda = 100;
    const struct reach reach = train(&scene);
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        if (p != PRIMITIVE_CONTRAST)
            cr_expect(reach.of[PRIMITIVE_CONTRAST] > 1.5 * reach.of[p], "contrast reaches %g of its range, %s %g",
                      reach.of[PRIMITIVE_CONTRAST], primitive_name((enum primitive)p), reach.of[p]);
    scene_destroy(&scene);
}

// A teacher that sees the mean of each colour and nothing else: the stem copies the colours, strides are binomial averages
// that give every pixel the same weight, ReLUs do nothing to bright images, and one constant feature makes the direction of
// the features tell their length. On images whose content lies inside a flat margin a blur keeps the means exactly, and
// noise but for a thirtieth of its sigma; contrast's shift moves them. (Geometry has no part: what keeps areas keeps means.)
static float *tensor_values(struct state_dict *teacher, const char *name)
{
    const struct state_tensor *tensor = state_dict_find(teacher, name);
    cr_assert(tensor != NULL, "%s", name);
    return tensor->values;
}

static void make_see_means(struct state_dict *teacher)
{
    static const float binomial[3] = {0.25F, 0.5F, 0.25F};
    for (size_t t = 0; t < teacher->count; t++) { // batch norms are as they are at first: they do nothing
        struct state_tensor *tensor = &teacher->tensors[t];
        if (strstr(tensor->name, "conv") != NULL)
            memset(tensor->values, 0, state_tensor_length(tensor) * sizeof(float));
    }
    float *stem = tensor_values(teacher, "conv1.weight");
    for (int c = 0; c < 3; c++) {
        stem[(c * 3 + c) * 9 + 4] = 1;
        for (int group = 2; group <= 3; group++) {
            char name[64];
            snprintf(name, sizeof name, "block%d.layer.0.conv1.weight", group);
            float *halving = tensor_values(teacher, name);
            const int channels_in = group == 2 ? 16 : 32, channels_out = 2 * channels_in;
            for (int tap = 0; tap < 9; tap++)
                halving[(c * channels_in + c) * 9 + tap] = binomial[tap / 3] * binomial[tap % 3];
            snprintf(name, sizeof name, "block%d.layer.0.conv2.weight", group);
            tensor_values(teacher, name)[(c * channels_out + c) * 9 + 4] = 1;
        }
    }
    tensor_values(teacher, "bn1.bias")[3] = 1;
}

// Bright pictures: a fine pattern, another one in each class, inside a flat margin of 6 pixels.
static void draw_framed_patterns(struct image_set *images)
{
    for (int i = 0; i < images->count; i++) {
        struct random_stream stream = random_stream_create(9, PURPOSE_TEST, 0, (uint32_t)images->labels[i]);
        uint8_t *pixels = images->pixels + (size_t)i * IMAGE_BYTES;
        memset(pixels, 190, IMAGE_BYTES);
        for (int y = 6; y < 26; y++)
            for (int x = 6; x < 26; x++)
                for (int c = 0; c < 3; c++)
                    pixels[(y * IMAGE_SIDE + x) * 3 + c] = random_next_below(&stream, 2) == 0 ? 150 : 230;
    }
}

// The target begins with weights of its own: the teacher's would be as blind.
static struct reach train_fresh_target(struct scene *scene)
{
    struct augmentation_record record;
    scene_open(scene, "cpu");
    cr_assert(eq(int, network_initialise(scene->session.network, 0, 5).code, STATUS_OK));
    const int steps = scene->session.steps_per_epoch;
    for (int epoch = 0; epoch < scene->settings.epochs; epoch++) {
        const struct training_state state = {
            .seed = scene->settings.seed, .epoch = (uint32_t)epoch, .step = (int64_t)epoch * steps};
        device_upload(scene->device, scene->session.train.state, &state, sizeof state);
        for (int i = 0; i < steps; i++) device_graph_launch(scene->device, scene->session.recordings[0][1]);
    }
    struct status status = transinv_end_epoch(&scene->session.step, scene->settings.epochs, &record);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    scene_close(scene);
    return reach_of(&record);
}

Test(transinv, blur_and_noise_widen_where_the_teacher_is_blind_to_them, .timeout = 300)
{
    static const enum primitive blind[] = {PRIMITIVE_BLUR, PRIMITIVE_NOISE};
    static const double start[] = {0.5 * 0.3 / 1.9, 0.5 * 0.01 / 0.3}; // half the gates are open
    struct scene scene;
    scene_prepare(&scene);
    hurry(&scene);
    scene.settings.epochs = 32;
    draw_framed_patterns(&scene.train);
    make_see_means(&scene.teacher);
    scene.settings.transinv.lambda = 300;
    for (int k = 0; k < 2; k++) {
        bool *primitives = scene.settings.transinv.augmentation.primitives;
        for (int p = 0; p < PRIMITIVE_COUNT; p++) primitives[p] = p == PRIMITIVE_CONTRAST || p == (int)blind[k];
        const struct reach reach = train_fresh_target(&scene);
        cr_expect(reach.of[blind[k]] > 1.5 * start[k] && reach.of[blind[k]] > 1.5 * reach.shift,
                  "%s reaches %g of its range from %g at the start, contrast's shift %g", primitive_name(blind[k]),
                  reach.of[blind[k]], start[k], reach.shift);
    }
    scene_destroy(&scene);
}

// ---- what can go wrong -----------------------------------------------------------------------------------------

static void expect_failure(struct scene *scene, enum status_code code, const char *part)
{
    struct training_outcome outcome;
    struct state_dict model = {0};
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct status status = training_run(device, &scene->job, &outcome, &model);
    cr_expect(eq(int, status.code, code), "%s", status.message);
    cr_expect(strstr(status.message, part) != NULL, "expected \"%s\" in: %s", part, status.message);
    training_outcome_destroy(&outcome);
    device_close(device);
}

Test(transinv, says_what_went_wrong)
{
    struct scene scene;
    scene_prepare(&scene);
    scene.job.start = NULL;
    expect_failure(&scene, STATUS_USAGE, "expected a teacher's model");
    scene.job.start = &scene.teacher;
    scene.settings.transinv.inner_steps = 6;
    expect_failure(&scene, STATUS_USAGE, "transinv.inner_steps is 6, expected at most the 5 steps of an epoch");
    scene.settings.transinv.inner_steps = 1;
    scene.settings.transinv.learning_rate = INFINITY;
    expect_failure(&scene, STATUS_DIVERGED, "diverged in epoch 1");
    scene_destroy(&scene);
}

// An augmentation that paints everything in one colour: contrast 0.2 is as low as it goes, blur does the rest.
Test(transinv, a_collapsed_augmentation_ends_the_run)
{
    struct scene scene;
    struct augmentation_record record;
    scene_prepare(&scene);
    scene_open(&scene, "cpu");
    for (int i = 0; i < IMAGES; i++) // one bright pixel in an image: all of its contrast
        memset(scene.train.pixels + (size_t)i * IMAGE_BYTES, i == 0 ? 0 : 7, IMAGE_BYTES);
    for (int i = 0; i < IMAGES; i++) memset(scene.train.pixels + (size_t)i * IMAGE_BYTES + 3 * (16 * 32 + 16), 60, 3);
    device_upload(scene.device, scene.session.train.pixels, scene.train.pixels, IMAGES * IMAGE_BYTES);
    struct transinv *transinv = transinv_of(&scene);
    const struct per_run parameters = augmentation_model_parameters(transinv->model);
    float *values = device_get_floats(scene.device, parameters.data, parameters.stride);
    for (int p = 0; p < PRIMITIVE_COUNT; p++)
        values[augmentation_model_gate_place(transinv->model, (enum primitive)p)] =
            p == PRIMITIVE_CONTRAST || p == PRIMITIVE_BLUR ? 20 : -20;
    const int hidden = scene.settings.transinv.augmentation.hidden;
    const size_t contrast_w3 = augmentation_model_gate_place(transinv->model, PRIMITIVE_CONTRAST) - 2 * (size_t)hidden;
    const size_t blur_w3 = augmentation_model_gate_place(transinv->model, PRIMITIVE_BLUR) - (size_t)hidden;
    for (int i = 0; i < hidden; i++) {
        const size_t beta2[] = {contrast_w3 - (size_t)hidden + (size_t)i, blur_w3 - (size_t)hidden + (size_t)i};
        for (int k = 0; k < 2; k++) values[beta2[k]] = 50; // the hidden layer is bright whatever the noise
        values[contrast_w3 + (size_t)i] = -5;
        values[contrast_w3 + (size_t)hidden + (size_t)i] = 0;
        values[blur_w3 + (size_t)i] = 5;
    }
    device_upload(scene.device, parameters.data, values, parameters.stride * sizeof *values);
    load_batch(&scene);
    struct graph *graph = record_augmentation_step(&scene);
    device_zero(scene.device, transinv->rates.data, sizeof(float)); // a step that changes nothing
    device_graph_launch(scene.device, graph);
    struct status status = transinv_end_epoch(&scene.session.step, 1, &record);
    cr_expect(eq(int, status.code, STATUS_DIVERGED));
    cr_expect(strstr(status.message, "the augmentation collapsed: augmented images keep 0.0") != NULL, "%s",
              status.message);
    free(values);
    graph_destroy(graph);
    scene_close(&scene);
    scene_destroy(&scene);
}
