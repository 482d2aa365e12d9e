// duration.c: steps of the matrix times the measured time of one. Tests: tests/cli_fetch_test.c.
#include "cli/duration.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "bench/training_profile.h"

static const double images_worth_measuring = 2e6; // below that even a slow machine needs hours, not days
static const double seconds_of_a_day = 86400, profile_seconds = 2;

void duration_format(double seconds, char text[40])
{
    double minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (!(seconds >= 0 && days < 1e6))
        snprintf(text, 40, "an unknown time");
    else if (days >= 2)
        snprintf(text, 40, "%d days %d h", (int)days, (int)hours % 24);
    else if (hours >= 1)
        snprintf(text, 40, "%d h %d min", (int)hours, (int)minutes % 60);
    else
        snprintf(text, 40, "%d min", (int)(minutes + 0.5));
}

// Images that all trainings together will see.
static double count_images(const struct preset_values *values)
{
    const double cifar = 50000, published = 9000; // images of CIFAR; of CIFAR-10-C at a severity, less the held out
    const double cells = (double)values->matrix.seeds.count * values->matrix.corruptions.count;
    bool drawn = values->data.source == PRESET_SOURCE_SYNTHETIC;
    double teacher = drawn ? values->data.synthetic_train_images_teacher : cifar;
    for (int s = 1; values->data.corrupted_source == PRESET_CORRUPTED_PUBLISHED && s <= CORRUPTION_SEVERITIES; s++)
        teacher += values->teacher_severities.items[s] > 0 ? published : 0;
    double target = drawn ? values->data.synthetic_train_images_target : cifar;
    return cells * (teacher * values->teacher.epochs + values->matrix.methods.count * target * values->target.epochs);
}

struct status duration_confirm(const struct preset *preset, struct device *device, bool yes)
{
    const struct preset_values *values = &preset->values;
    const double images = count_images(values);
    char text[40];
    if (strncmp(device_kernels(device)->name, "cuda", 4) == 0 || images < images_worth_measuring) return status_ok();
    log_message(LOG_INFO, "measuring some training steps to estimate how long the preset %s takes", preset->name);
    const struct training_profile_request request = {.preset = preset,
                                                     .method =
                                                         values->matrix.methods.items[values->matrix.methods.count - 1],
                                                     .device = device,
                                                     .seconds = profile_seconds};
    struct profile profile;
    struct status status = training_profile_measure(&request, &profile);
    if (status.code != STATUS_OK) return status;
    const double seconds = images / values->training.batch_size * profile.step_seconds;
    profile_destroy(&profile);
    duration_format(seconds, text);
    log_message(LOG_INFO, "the preset %s will take about %s on this CPU, counted from its beginning", preset->name,
                text);
    if (yes || seconds < seconds_of_a_day) return status;
    return status_error(
        STATUS_USAGE,
        "the preset %s would take about %s on this CPU: add --yes to start it all the same (Ctrl-C and the "
        "same command later are fine), or choose less, such as --corruptions GN --seeds 1",
        preset->name, text);
}
