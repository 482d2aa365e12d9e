// training_profile.c: sets up a training as training.c does, on random pixels, and hands its recorded step to profile.c.
// Tests: tests/profile_test.c.
#include "bench/training_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/machine.h"
#include "base/random.h"
#include "bench/profile_json.h"
#include "harness/environment.h"
#include "harness/json_text.h"
#include "harness/run.h"
#include "harness/training_session.h"

enum {
    PROFILE_FORMAT = 1,
    PROFILE_BATCHES = 8,  // distinct ones
    TARGET_CLASSES = 100, // of every data set that targets are trained on
    TEACHER_CLASSES = 10,
};

static struct status draw_images(int count, struct image_set *images)
{
    struct status status = image_set_create(count, TARGET_CLASSES, images);
    if (status.code != STATUS_OK) return status;
    struct random_stream stream = random_stream_create(1, PURPOSE_BENCH, 0, 0);
    for (size_t i = 0; i < (size_t)count * IMAGE_BYTES; i++)
        images->pixels[i] = (uint8_t)random_next_below(&stream, 256);
    for (int i = 0; i < count; i++) images->labels[i] = (int32_t)random_next_below(&stream, TARGET_CLASSES);
    return status;
}

// The corruption, where the method has one, is the first of the preset's. The rate is small since labels are noise: numbers that explode could change the time.
static struct training_settings profile_settings(const struct training_profile_request *request)
{
    const struct run_plan plan = {.role = RUN_TARGET,
                                  .preset = request->preset,
                                  .method = request->method,
                                  .corruption = request->preset->values.matrix.corruptions.items[0]};
    struct training_settings settings = run_training_settings(&plan);
    settings.epochs = 1;
    settings.warmup_epochs = 0;
    settings.learning_rate = settings.learning_rate_minimum = 1e-4;
    return settings;
}

// A method with a companion needs a teacher: any weights take the same time.
static struct status draw_teacher(struct device *device, const struct training_settings *settings,
                                  struct state_dict *teacher)
{
    const struct network_shape shape = {.depth = settings->depth,
                                        .widen = settings->widen,
                                        .classes = TEACHER_CLASSES,
                                        .side = IMAGE_SIDE,
                                        .channels = IMAGE_CHANNELS,
                                        .runs = 1,
                                        .images = 1};
    struct network *network = NULL;
    struct status status = network_create(device, &shape, false, &network);
    if (status.code == STATUS_OK) status = network_initialise(network, 0, settings->seed);
    if (status.code == STATUS_OK) status = network_export(network, 0, teacher);
    network_destroy(network);
    return status;
}

struct replay {
    struct training_session *session;
    int steps;
};

// An epoch has PROFILE_BATCHES steps; then images and rates begin anew.
static void rewind_epoch(void *context)
{
    struct replay *replay = context;
    struct training_session *session = replay->session;
    if (replay->steps++ % PROFILE_BATCHES == 0)
        device_upload(session->device, session->train.state, &session->state, sizeof session->state);
}

struct status training_profile_measure(const struct training_profile_request *request, struct profile *profile)
{
    const struct training_settings settings = profile_settings(request);
    struct training_session session = {0};
    struct image_set images = {0};
    struct frost frost = {.pixels = NULL};
    struct state_dict teacher = {0};
    const struct training_job job = {
        .settings = &settings, .train = &images, .test = &images, .frost = &frost, .start = &teacher};
    *profile = (struct profile){0};
    struct status status = draw_images(PROFILE_BATCHES * settings.batch_size, &images);
    if (status.code == STATUS_OK) status = frost_load(NULL, &frost); // any textures take the same time
    if (status.code == STATUS_OK) status = draw_teacher(request->device, &settings, &teacher);
    if (status.code != STATUS_OK) goto done;
    status = training_session_create(request->device, &job, &session);
    if (status.code == STATUS_OK) {
        struct replay replay = {.session = &session};
        const struct profile_request step = {.device = request->device,
                                             .step = session.recordings[0][settings.method->companion != NULL],
                                             .before_step = rewind_epoch,
                                             .context = &replay,
                                             .seconds = request->seconds};
        status = profile_measure(&step, profile);
    }
    training_session_destroy(&session);
done:
    state_dict_destroy(&teacher);
    frost_destroy(&frost);
    image_set_destroy(&images);
    return status;
}

// Everything but the measurement. NULL when memory is exhausted.
static json_t *describe(const struct training_profile_request *request, const char *configuration_hash)
{
    const struct preset_values *values = &request->preset->values;
    char measured[32];
    clock_utc_text(measured);
    return json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:o}", "format", PROFILE_FORMAT, "preset",
                     request->preset->name, "configuration_hash", configuration_hash, "method", request->method->code,
                     "depth", values->network.depth, "widen", values->network.widen, "classes", TARGET_CLASSES,
                     "measured", measured, "environment", environment_to_json(request->device));
}

struct status training_profile_write(const struct training_profile_request *request, const char *configuration_hash,
                                     const char *path)
{
    struct profile profile = {0};
    char *text = NULL;
    json_t *root = NULL, *measured = NULL;
    struct status status = training_profile_measure(request, &profile);
    if (status.code != STATUS_OK) return status;
    root = describe(request, configuration_hash);
    measured = profile_to_json(&profile, request->preset->values.training.batch_size);
    if (root != NULL && measured != NULL && json_object_update(root, measured) == 0)
        text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (text == NULL)
        status = status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    else
        status = file_write_atomic(path, text, strlen(text));
    free(text);
    json_decref(measured);
    json_decref(root);
    profile_destroy(&profile);
    return status;
}
