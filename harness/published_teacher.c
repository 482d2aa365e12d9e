// published_teacher.c: see published_teacher.h. Tests: tests/published_teacher_test.c.
#include "harness/published_teacher.h"

#include <string.h>

static int severities_with_weight(const struct preset_weights *weights)
{
    int count = 0;
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) count += weights->items[severity] > 0;
    return count;
}

int published_teacher_test_count(const struct dataset *clean)
{
    return corrupted_held_out_count(clean->test.count);
}

int published_teacher_train_count(const struct dataset *clean, const struct preset_weights *weights)
{
    int training = clean->test.count - corrupted_held_out_count(clean->test.count);
    return clean->train.count + training * severities_with_weight(weights);
}

// Appends images `numbers` of `from` to `to`, whose count grows.
static void append(struct image_set *to, const struct image_set *from, const int32_t *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        memcpy(to->pixels + (size_t)(to->count + i) * IMAGE_BYTES, from->pixels + (size_t)numbers[i] * IMAGE_BYTES,
               IMAGE_BYTES);
        to->labels[to->count + i] = from->labels[numbers[i]];
    }
    to->count += count;
}

// Room for `capacity` images, none in it yet.
static struct status create_empty(int capacity, int classes, struct image_set *set)
{
    struct status status = image_set_create(capacity, classes, set);
    set->count = 0;
    return status;
}

static struct status create_sets(const struct dataset *clean, const struct preset_weights *weights,
                                 struct published_teacher *teacher)
{
    const int classes = clean->train.classes, held_out = published_teacher_test_count(clean);
    struct status status = create_empty(published_teacher_train_count(clean, weights), classes, &teacher->train);
    if (status.code == STATUS_OK) status = create_empty(held_out, classes, &teacher->test);
    for (int s = 0; status.code == STATUS_OK && s < CORRUPTION_SEVERITIES; s++)
        status = create_empty(held_out, classes, &teacher->test_corrupted[s]);
    return status;
}

static void fill_sets(const struct dataset *clean, const struct preset_weights *weights,
                      const struct corrupted_set *published, const struct corrupted_split *split,
                      struct published_teacher *teacher)
{
    const size_t count = (size_t)clean->train.count;
    memcpy(teacher->train.pixels, clean->train.pixels, count * IMAGE_BYTES);
    memcpy(teacher->train.labels, clean->train.labels, count * sizeof *clean->train.labels);
    teacher->train.count = clean->train.count;
    append(&teacher->test, &clean->test, split->held_out, split->held_out_count);
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        const struct image_set images = corrupted_set_at(published, severity);
        if (weights->items[severity] > 0) append(&teacher->train, &images, split->training, split->training_count);
        append(&teacher->test_corrupted[severity - 1], &images, split->held_out, split->held_out_count);
    }
}

static struct status find_archive(const struct dataset *clean, const char *folder, struct corrupted_archive *archive)
{
    const struct corrupted_request request = {
        .dataset = clean->name, .folder = folder, .base_images = clean->test.count};
    struct status status = corrupted_archive_find(&request, archive);
    return status.code == STATUS_OK ? corrupted_archive_check_labels(archive, &clean->test) : status;
}

struct status published_teacher_check(const struct dataset *clean, const char *folder,
                                      const struct corruption *corruption)
{
    struct corrupted_archive archive;
    struct status status = find_archive(clean, folder, &archive);
    return status.code == STATUS_OK ? corrupted_archive_read(&archive, corruption->name, 1, 0, 0, NULL) : status;
}

struct status published_teacher_load(const struct dataset *clean, const char *folder,
                                     const struct corruption *corruption, const struct preset_weights *weights,
                                     struct published_teacher *teacher)
{
    struct corrupted_archive archive;
    struct corrupted_set published = {.base_images = 0};
    struct corrupted_split split = {.held_out = NULL};
    *teacher = (struct published_teacher){.official = false};
    struct status status = find_archive(clean, folder, &archive);
    if (status.code == STATUS_OK) status = corrupted_set_load(&archive, corruption->name, &published);
    if (status.code == STATUS_OK) status = corrupted_split_create(clean->test.count, &split);
    if (status.code == STATUS_OK) status = create_sets(clean, weights, teacher);
    if (status.code == STATUS_OK) {
        fill_sets(clean, weights, &published, &split, teacher);
        teacher->official = published.official;
    } else {
        published_teacher_destroy(teacher);
    }
    corrupted_split_destroy(&split);
    corrupted_set_destroy(&published);
    return status;
}

void published_teacher_destroy(struct published_teacher *teacher)
{
    image_set_destroy(&teacher->train);
    image_set_destroy(&teacher->test);
    for (int s = 0; s < CORRUPTION_SEVERITIES; s++) image_set_destroy(&teacher->test_corrupted[s]);
}
