// training.c: the training loop: epochs of recorded steps, evaluations between them, checkpoints, divergence, interrupts.
// Knows no method by name and no run folder. Tests: tests/training_test.c, tests/resume_test.c.
#include "harness/training.h"

#include <math.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "base/machine.h"
#include "base/random.h"
#include "harness/evaluation.h"
#include "harness/methods/method.h"
#include "harness/training_session.h"

// ---- setting up ------------------------------------------------------------------------------------------------

static struct status check_settings(const struct training_job *job)
{
    const struct training_settings *settings = job->settings;
    if (settings->batch_size < 1 || settings->epochs < 1)
        return status_error(STATUS_USAGE, "training: batch size %d and %d epochs, expected at least 1 of each",
                            settings->batch_size, settings->epochs);
    if (job->train->count < settings->batch_size)
        return status_error(STATUS_USAGE, "training: batch size %d is larger than the training set of %d images",
                            settings->batch_size, job->train->count);
    if (job->train->classes != job->test->classes)
        return status_error(STATUS_USAGE, "training: %d classes to train on, but %d to test on", job->train->classes,
                            job->test->classes);
    return status_ok();
}

static struct status create_network(struct training_session *session)
{
    const struct training_job *job = session->job;
    struct network_shape shape = {.depth = job->settings->depth,
                                  .widen = job->settings->widen,
                                  .classes = job->train->classes,
                                  .side = IMAGE_SIDE,
                                  .channels = IMAGE_CHANNELS,
                                  .runs = 1,
                                  .images = job->settings->batch_size * method_views(job->settings->method)};
    struct status status = network_create(session->device, &shape, true, &session->network);
    if (status.code == STATUS_OK) status = network_initialise(session->network, 0, job->settings->seed);
    if (status.code != STATUS_OK || job->start == NULL) return status;
    status = network_import(session->network, 0, job->start, false);
    if (status.code == STATUS_OK) status = network_initialise_classifier(session->network, 0, job->settings->seed);
    return status;
}

static struct status create_rates(struct training_session *session)
{
    const struct training_settings *settings = session->job->settings;
    struct schedule schedule = {.rate = settings->learning_rate,
                                .rate_minimum = settings->learning_rate_minimum,
                                .epochs = settings->epochs,
                                .steps_per_epoch = session->steps_per_epoch,
                                .warmup_epochs = settings->warmup_epochs,
                                .warmup = settings->warmup};
    size_t steps = (size_t)settings->epochs * (size_t)session->steps_per_epoch;
    float *rates = malloc(steps * sizeof *rates);
    if (rates == NULL) return status_error(STATUS_NO_MEMORY, "learning rates of %zu steps: out of memory", steps);
    for (size_t i = 0; i < steps; i++) rates[i] = (float)schedule_rate(&schedule, (int64_t)i);
    session->rates.stride = steps;
    struct status status = device_allocate(session->device, steps * sizeof *rates, (void **)&session->rates.data);
    if (status.code == STATUS_OK) device_upload(session->device, session->rates.data, rates, steps * sizeof *rates);
    free(rates);
    return status;
}

static struct status create_loader(struct training_session *session)
{
    const struct training_settings *settings = session->job->settings;
    const struct image_loader_settings loader = {.batch = settings->batch_size,
                                                 .augmentation = settings->base_augmentation,
                                                 .law = settings->corrupts ? &settings->law : NULL,
                                                 .frost = session->job->frost};
    return image_loader_create(session->device, &session->train, &loader, &session->loader);
}

static struct status create_companion(struct training_session *session)
{
    const struct training_settings *settings = session->job->settings;
    const struct companion *companion = settings->method->companion;
    session->step = (struct training_step){.device = session->device,
                                           .network = session->network,
                                           .settings = settings,
                                           .classes = session->job->train->classes,
                                           .train = &session->train,
                                           .loader = &session->loader,
                                           .start = session->job->start,
                                           .steps = (int64_t)session->steps_per_epoch * settings->epochs};
    return companion == NULL ? status_ok() : companion->create(&session->step, &session->step.companion);
}

static void enqueue_step(const struct training_session *session, bool with_companion)
{
    const struct training_settings *settings = session->job->settings;
    const struct companion *companion = settings->method->companion;
    settings->method->enqueue_step(&session->step);
    sgd_update(session->device, &(struct sgd_update){.runs = 1,
                                                     .count = network_parameter_count(session->network),
                                                     .momentum = settings->momentum,
                                                     .weight_decay = settings->weight_decay,
                                                     .rates = session->rates,
                                                     .states = session->train.state,
                                                     .gradient = network_gradients(session->network),
                                                     .velocity = session->velocity,
                                                     .parameter = network_parameters(session->network)});
    if (with_companion && companion != NULL) companion->enqueue_step(&session->step);
    step_advance(session->device,
                 &(struct step_advance){
                     .runs = 1, .images = settings->batch_size, .count_step = true, .states = session->train.state});
}

static struct status record_step(struct training_session *session, bool chosen, bool with_companion)
{
    const struct companion *companion = session->job->settings->method->companion;
    if (companion != NULL) companion->set_replaying(session->step.companion, chosen);
    device_capture_begin(session->device);
    enqueue_step(session, with_companion);
    return device_capture_end(session->device, &session->recordings[chosen][with_companion]);
}

static struct status record_steps(struct training_session *session)
{
    if (session->job->settings->method->companion == NULL) return record_step(session, false, false);
    struct status status = status_ok();
    for (int i = 0; status.code == STATUS_OK && i < 4; i++) status = record_step(session, i / 2 == 1, i % 2 == 1);
    return status;
}

struct status training_session_create(struct device *device, const struct training_job *job,
                                      struct training_session *session)
{
    const struct training_settings *settings = job->settings;
    *session = (struct training_session){.device = device, .job = job, .state = {.seed = settings->seed}};
    struct status status = check_settings(job);
    if (status.code != STATUS_OK) return status;
    session->steps_per_epoch = job->train->count / settings->batch_size;
    session->records = calloc((size_t)settings->epochs, sizeof *session->records);
    if (session->records == NULL) return status_error(STATUS_NO_MEMORY, "records of epochs: out of memory");
    status = create_network(session);
    if (status.code == STATUS_OK)
        status = resident_set_create(device, job->train, settings->batch_size, &session->train);
    if (status.code == STATUS_OK) status = resident_set_create(device, job->test, settings->batch_size, &session->test);
    if (status.code == STATUS_OK) status = create_loader(session);
    if (status.code == STATUS_OK) status = create_rates(session);
    if (status.code != STATUS_OK) return status;
    session->velocity.stride = (size_t)network_parameter_count(session->network);
    status = device_allocate(device, session->velocity.stride * sizeof(float), (void **)&session->velocity.data);
    if (status.code != STATUS_OK) return status;
    status = create_companion(session);
    return status.code == STATUS_OK ? record_steps(session) : status;
}

void training_session_destroy(struct training_session *session)
{
    const struct companion *companion = session->job->settings->method->companion;
    for (int i = 0; i < 4; i++) graph_destroy(session->recordings[i / 2][i % 2]);
    if (companion != NULL) companion->destroy(session->step.companion);
    device_release(session->device, session->velocity.data);
    device_release(session->device, session->rates.data);
    image_loader_destroy(&session->loader);
    resident_set_destroy(session->device, &session->train);
    resident_set_destroy(session->device, &session->test);
    network_destroy(session->network);
    free(session->records);
}

// ---- one epoch -------------------------------------------------------------------------------------------------

// The epoch's image order follows from seed and epoch alone, so a restart in the middle finds the same one.
static struct status begin_epoch(struct training_session *session)
{
    const struct companion *companion = session->job->settings->method->companion;
    uint32_t count = (uint32_t)session->train.count;
    int32_t *order = malloc(count * sizeof *order);
    if (order == NULL) return status_error(STATUS_NO_MEMORY, "order of %u images: out of memory", count);
    struct random_stream stream =
        random_stream_create(session->state.seed, PURPOSE_IMAGE_ORDER, session->state.epoch, 0);
    random_permutation(&stream, order, count);
    device_upload(session->device, session->train.order, order, count * sizeof *order);
    device_upload(session->device, session->train.state, &session->state, sizeof session->state);
    device_upload(session->device, session->train.metrics, &session->epoch_metrics, sizeof session->epoch_metrics);
    free(order);
    struct status status = device_synchronise(session->device);
    if (status.code == STATUS_OK && companion != NULL)
        status = companion->begin_epoch(session->step.companion, (int)session->state.epoch);
    return status;
}

static struct status read_back(struct training_session *session)
{
    device_download(session->device, &session->state, session->train.state, sizeof session->state);
    device_download(session->device, &session->epoch_metrics, session->train.metrics, sizeof session->epoch_metrics);
    return device_synchronise(session->device);
}

static void report_progress(const struct training_session *session, int64_t step)
{
    const struct training_job *job = session->job;
    double batch = job->settings->batch_size;
    if (job->progress != NULL)
        job->progress(job->context, (double)step * batch,
                      (double)session->steps_per_epoch * (double)job->settings->epochs * batch);
}

static struct status diverged(int epoch, const char *what, double value)
{
    return status_error(STATUS_DIVERGED, "training diverged in epoch %d: %s is %g", epoch, what, value);
}

struct checkpoint_clock {
    double last; // clock_seconds() of the last checkpoint
};

static bool checkpoint_due(const struct training_session *session, const struct checkpoint_clock *clock)
{
    return session->job->checkpoint_path != NULL && clock_seconds() - clock->last >= session->job->checkpoint_seconds;
}

static struct status write_checkpoint(struct training_session *session, struct checkpoint_clock *clock, double begun)
{
    struct status status = read_back(session);
    double loss_sum = session->epoch_metrics.loss_sum;
    if (status.code == STATUS_OK && !isfinite(loss_sum))
        return diverged((int)session->state.epoch + 1, "the training loss", loss_sum);
    double before = session->epoch_seconds;
    session->epoch_seconds += clock_seconds() - begun;
    if (status.code == STATUS_OK) status = training_checkpoint_write(session);
    session->epoch_seconds = before;
    clock->last = clock_seconds();
    return status;
}

static struct status stop_for_interrupt(struct training_session *session, struct checkpoint_clock *clock, double begun)
{
    struct status status = status_ok();
    if (session->job->checkpoint_path != NULL) status = write_checkpoint(session, clock, begun);
    return status.code == STATUS_OK ? interrupt_status() : status;
}

// Step `number` of the epoch, from 0.
static void launch_step(struct training_session *session, int64_t number)
{
    const struct training_settings *settings = session->job->settings;
    const struct companion *companion = settings->method->companion;
    struct training_state state = session->state;
    state.step = (int64_t)state.epoch * session->steps_per_epoch + number;
    state.position = number * settings->batch_size;
    const int chosen = companion != NULL ? companion->choose(session->step.companion, &state) : 0;
    const bool with_companion = companion != NULL && (state.step + 1) % companion->period(settings) == 0;
    device_graph_launch(session->device, session->recordings[chosen][with_companion]);
}

static struct status run_steps(struct training_session *session, struct checkpoint_clock *clock, double begun)
{
    int batch = session->job->settings->batch_size;
    int64_t before = (int64_t)session->state.epoch * session->steps_per_epoch;
    for (int64_t i = session->state.position / batch; i < session->steps_per_epoch; i++) {
        if (interrupt_requested()) return stop_for_interrupt(session, clock, begun);
        launch_step(session, i);
        report_progress(session, before + i + 1);
        if (!checkpoint_due(session, clock)) continue;
        struct status status = write_checkpoint(session, clock, begun);
        if (status.code != STATUS_OK) return status;
    }
    return read_back(session);
}

static bool evaluation_due(const struct training_settings *settings, int epoch)
{
    return epoch == settings->epochs || (settings->evaluate_every > 0 && epoch % settings->evaluate_every == 0);
}

static struct status measure_epoch(struct training_session *session, double seconds)
{
    const struct training_settings *settings = session->job->settings;
    const struct metrics *metrics = &session->epoch_metrics;
    struct epoch_record *record = &session->records[session->record_count];
    double images = (double)session->steps_per_epoch * settings->batch_size;
    float rate = 0;
    device_download(session->device, &rate, session->rates.data + session->state.step - 1, sizeof rate);
    *record = (struct epoch_record){.epoch = (int)session->state.epoch + 1,
                                    .steps = session->state.step,
                                    .learning_rate = (double)rate,
                                    .train_loss = metrics->loss_sum / (double)metrics->images,
                                    .train_accuracy = (double)metrics->correct / (double)metrics->images,
                                    .seconds = seconds,
                                    .images_per_second = images / seconds};
    if (!isfinite(record->train_loss)) return diverged(record->epoch, "the training loss", record->train_loss);
    if (settings->method->companion != NULL) {
        struct status measured =
            settings->method->companion->end_epoch(&session->step, record->epoch, &record->augmentation);
        if (measured.code != STATUS_OK) return measured;
    }
    if (!evaluation_due(settings, record->epoch)) return device_synchronise(session->device);
    record->evaluated = true;
    struct status status = evaluation_run(session->device, session->network, session->job->test->classes,
                                          &session->test, settings->batch_size, &record->test, NULL);
    if (status.code == STATUS_OK && !isfinite(record->test.loss))
        return diverged(record->epoch, "the test loss", record->test.loss);
    return status;
}

static void tell_epoch(const struct training_job *job, const struct epoch_record *record)
{
    if (job->epoch_done != NULL) job->epoch_done(job->context, record);
}

static struct status run_epoch(struct training_session *session, struct checkpoint_clock *clock)
{
    double begun = clock_seconds();
    struct status status = begin_epoch(session);
    if (status.code == STATUS_OK) status = run_steps(session, clock, begun);
    double seconds = session->epoch_seconds + clock_seconds() - begun;
    if (status.code == STATUS_OK) status = measure_epoch(session, seconds);
    // An interrupt during the evaluation: the epoch's steps are all in the checkpoint, the evaluation is repeated.
    if (status.code == STATUS_INTERRUPTED && session->state.position > 0 &&
        session->state.position / session->job->settings->batch_size == session->steps_per_epoch)
        status = stop_for_interrupt(session, clock, begun);
    if (status.code != STATUS_OK) return status;
    tell_epoch(session->job, &session->records[session->record_count]);
    session->record_count++;
    session->state.epoch++;
    session->state.position = 0;
    session->epoch_metrics = (struct metrics){0};
    session->epoch_seconds = 0;
    return status;
}

// ---- the whole run ---------------------------------------------------------------------------------------------

static struct status run_epochs(struct training_session *session)
{
    struct checkpoint_clock clock = {clock_seconds()};
    struct status status = status_ok();
    while (status.code == STATUS_OK && session->record_count < session->job->settings->epochs)
        status = run_epoch(session, &clock);
    // What follows on the training may be long, and stopped: it must not cost the steps since the last checkpoint.
    if (status.code == STATUS_OK && session->job->checkpoint_path != NULL) status = training_checkpoint_write(session);
    return status;
}

static struct status resume(struct training_session *session, struct training_outcome *outcome)
{
    bool found = false;
    if (session->job->checkpoint_path == NULL) return status_ok();
    struct status status = training_checkpoint_read(session, &found);
    if (status.code != STATUS_OK || !found) return status;
    outcome->resumed = true;
    for (int i = 0; i < session->record_count; i++) tell_epoch(session->job, &session->records[i]);
    return status;
}

struct status training_run(struct device *device, const struct training_job *job, struct training_outcome *outcome,
                           struct state_dict *model)
{
    struct training_session session;
    double begun = clock_seconds();
    *outcome = (struct training_outcome){0};
    *model = (struct state_dict){0};
    struct status status = training_session_create(device, job, &session);
    if (status.code == STATUS_OK) status = resume(&session, outcome);
    if (status.code == STATUS_OK) status = run_epochs(&session);
    if (session.record_count > 0) outcome->last = session.records[session.record_count - 1];
    outcome->test = outcome->last.test;
    if (status.code == STATUS_OK && job->settings->method->companion != NULL)
        status = job->settings->method->companion->finish(&session.step, outcome);
    if (status.code == STATUS_OK) status = network_export(session.network, 0, model);
    if (status.code != STATUS_OK) state_dict_destroy(model);
    training_session_destroy(&session);
    outcome->seconds = clock_seconds() - begun;
    return status;
}

void training_outcome_destroy(struct training_outcome *outcome)
{
    state_dict_destroy(&outcome->augmentation);
    free(outcome->pictures.clean);
    free(outcome->pictures.augmented);
    outcome->pictures = (struct augmented_pictures){.rows = 0};
}
