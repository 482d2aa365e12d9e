// transinv_measure.c: what TransInv reports: at an epoch's end the losses of its steps and, on a fixed sample of training
// images under fixed draws, how far the augmentation goes and what it does to both networks; at the end the pictures.
// Tests: tests/transinv_test.c.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/methods/transinv_parts.h"

enum { PICTURE_ROWS = 8, PICTURE_COLUMNS = 3 };

// Below this share of the clean images' contrast there is nothing left to learn from.
static const double collapsed_contrast = 0.05;

// ---- the sample ------------------------------------------------------------------------------------------------

// Deforms the sample under draws number `draw`; its bytes stay in the loader's buffer.
static const float *enqueue_sample(const struct training_step *step, uint32_t draw)
{
    const struct transinv *transinv = step->companion;
    const struct resident_set *set = step->train;
    const int images = step->settings->batch_size;
    const struct training_state state = {.seed = step->settings->seed, .epoch = draw};
    device_upload(step->device, transinv->sample_state, &state, sizeof state);
    batch_gather(step->device, &(struct batch_gather){.runs = 1,
                                                      .images = images,
                                                      .height = IMAGE_SIDE,
                                                      .width = IMAGE_SIDE,
                                                      .channels = IMAGE_CHANNELS,
                                                      .augmentation = BASE_AUGMENTATION_NONE,
                                                      .pixels = set->pixels,
                                                      .labels = set->labels,
                                                      .order = transinv->sample_order,
                                                      .order_stride = (size_t)images,
                                                      .states = transinv->sample_state,
                                                      .output = step->loader->bytes,
                                                      .output_labels = transinv->sample_labels});
    const struct augmentation_batch batch = {.images = images,
                                             .purpose = PURPOSE_AUGMENTATION_SAMPLE,
                                             .order = transinv->sample_order,
                                             .order_stride = (size_t)images,
                                             .states = transinv->sample_state,
                                             .bytes = step->loader->bytes,
                                             .parameters = augmentation_model_parameters(transinv->model)};
    return augmentation_model_forward(transinv->model, &batch);
}

static float *download(struct device *device, const float *from, size_t count)
{
    float *values = malloc(count * sizeof *values);
    if (values != NULL) device_download(device, values, from, count * sizeof *values);
    return values;
}

// ---- how far the augmentation goes -----------------------------------------------------------------------------

static int compare_floats(const void *first, const void *second)
{
    const float a = *(const float *)first, b = *(const float *)second;
    return (a > b) - (a < b);
}

// The value at `share` of the way through the sorted values, the nearest one.
static double quantile(const float *sorted, int count, double share)
{
    return (double)sorted[(int)(share * (count - 1) + 0.5)];
}

static void measure_quantiles(const float *values, int images, int columns, int column, float *scratch,
                              double quantiles[AUGMENTATION_QUANTILES])
{
    static const double shares[AUGMENTATION_QUANTILES] = {0.05, 0.25, 0.5, 0.75, 0.95};
    for (int i = 0; i < images; i++) scratch[i] = values[(size_t)i * (size_t)columns + (size_t)column];
    qsort(scratch, (size_t)images, sizeof *scratch, compare_floats);
    for (int q = 0; q < AUGMENTATION_QUANTILES; q++) quantiles[q] = quantile(scratch, images, shares[q]);
}

static struct status measure_primitive(const struct training_step *step, enum primitive primitive,
                                       struct primitive_record *record)
{
    const struct transinv *transinv = step->companion;
    const int images = step->settings->batch_size, columns = primitive_parameters(primitive);
    float logit = 0;
    *record = (struct primitive_record){.present = step->settings->transinv.augmentation.primitives[primitive]};
    if (!record->present) return status_ok();
    float *values =
        download(step->device, augmentation_model_values(transinv->model, primitive), (size_t)images * (size_t)columns);
    float *scratch = malloc((size_t)images * sizeof *scratch);
    device_download(step->device, &logit,
                    augmentation_model_parameters(transinv->model).data +
                        augmentation_model_gate_place(transinv->model, primitive),
                    sizeof logit);
    struct status status = device_synchronise(step->device);
    if (values == NULL || scratch == NULL)
        status = status_error(STATUS_NO_MEMORY, "measure the augmentation: out of memory");
    if (status.code == STATUS_OK) {
        record->gate = augmentation_gate_probability(logit);
        for (int i = 0; i < columns; i++) measure_quantiles(values, images, columns, i, scratch, record->quantiles[i]);
    }
    free(values);
    free(scratch);
    return status;
}

static double deviation(const float *image)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < IMAGE_BYTES; i++) sum += (double)image[i];
    const double mean = sum / IMAGE_BYTES;
    for (int i = 0; i < IMAGE_BYTES; i++) squares += ((double)image[i] - mean) * ((double)image[i] - mean);
    return sqrt(squares / IMAGE_BYTES);
}

static struct status measure_contrast(const struct training_step *step, const float *augmented, double *kept)
{
    const struct transinv *transinv = step->companion;
    const int images = step->settings->batch_size;
    const size_t count = (size_t)images * IMAGE_BYTES;
    float *before = download(step->device, augmentation_model_clean(transinv->model), count);
    float *after = download(step->device, augmented, count);
    double clean = 0, deformed = 0;
    struct status status = device_synchronise(step->device);
    if (before == NULL || after == NULL)
        status = status_error(STATUS_NO_MEMORY, "measure the augmentation: out of memory");
    for (int i = 0; status.code == STATUS_OK && i < images; i++) {
        clean += deviation(before + (size_t)i * IMAGE_BYTES);
        deformed += deviation(after + (size_t)i * IMAGE_BYTES);
    }
    *kept = clean > 0 ? deformed / clean : 1;
    free(before);
    free(after);
    return status;
}

// ---- what it does to a network ---------------------------------------------------------------------------------

static int largest(const float *logits, int classes)
{
    int place = 0;
    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[place]) place = k;
    return place;
}

// The share of images whose augmented form gets the class that the image itself gets.
static struct status measure_agreement(const struct training_step *step, struct network *network, int classes,
                                       const float *augmented, double *agreement)
{
    const int images = step->settings->batch_size;
    const size_t count = (size_t)images * (size_t)classes;
    int same = 0;
    image_loader_enqueue_normalised(step->loader, network_input(network));
    network_forward(network, images, BATCHNORM_FROZEN);
    float *clean = download(step->device, network_logits(network), count);
    transinv_enqueue_augmented(step, augmented, network);
    network_forward(network, images, BATCHNORM_FROZEN);
    float *deformed = download(step->device, network_logits(network), count);
    struct status status = device_synchronise(step->device);
    if (clean == NULL || deformed == NULL)
        status = status_error(STATUS_NO_MEMORY, "measure the augmentation: out of memory");
    for (int i = 0; status.code == STATUS_OK && i < images; i++)
        same += largest(clean + (size_t)i * (size_t)classes, classes) ==
                largest(deformed + (size_t)i * (size_t)classes, classes);
    *agreement = (double)same / images;
    free(clean);
    free(deformed);
    return status;
}

// ---- an epoch's end --------------------------------------------------------------------------------------------

static struct status measure_losses(struct transinv *transinv, struct augmentation_record *record)
{
    struct metrics adversarial = {0}, distance = {0};
    device_download(transinv->device, &adversarial, transinv->adversarial, sizeof adversarial);
    device_download(transinv->device, &distance, transinv->distance, sizeof distance);
    struct status status = device_synchronise(transinv->device);
    record->adversarial_loss = adversarial.loss_sum / (double)adversarial.images;
    record->distance = distance.loss_sum / (double)distance.images;
    transinv->epoch_adversarial = transinv->epoch_distance = (struct metrics){0};
    return status;
}

static struct status judge(int epoch, const struct augmentation_record *record)
{
    if (!isfinite(record->adversarial_loss) || !isfinite(record->distance))
        return status_error(STATUS_DIVERGED,
                            "training diverged in epoch %d: the augmentation's adversarial loss is %g, its distance %g",
                            epoch, record->adversarial_loss, record->distance);
    if (!(record->contrast_kept >= collapsed_contrast))
        return status_error(STATUS_DIVERGED,
                            "training diverged in epoch %d: the augmentation collapsed: augmented images keep %.3g of "
                            "the clean ones' standard deviation, expected at least %.3g",
                            epoch, record->contrast_kept, collapsed_contrast);
    return status_ok();
}

struct status transinv_end_epoch(const struct training_step *step, int epoch, struct augmentation_record *record)
{
    struct transinv *transinv = step->companion;
    *record = (struct augmentation_record){.present = true};
    struct status status = measure_losses(transinv, record);
    const float *augmented = enqueue_sample(step, 0);
    for (int p = 0; status.code == STATUS_OK && p < PRIMITIVE_COUNT; p++)
        status = measure_primitive(step, (enum primitive)p, &record->primitives[p]);
    if (status.code == STATUS_OK) status = measure_contrast(step, augmented, &record->contrast_kept);
    if (status.code == STATUS_OK)
        status = measure_agreement(step, step->network, step->classes, augmented, &record->target_agreement);
    if (status.code == STATUS_OK)
        status = measure_agreement(step, transinv->teacher, transinv->teacher_classes, augmented,
                                   &record->teacher_agreement);
    return status.code == STATUS_OK ? judge(epoch, record) : status;
}

// ---- the end ---------------------------------------------------------------------------------------------------

static uint8_t to_byte(float value)
{
    const float limited = value < 0 ? 0 : value > 1 ? 1 : value;
    return (uint8_t)(limited * 255 + 0.5F);
}

// Draw `column` of the first images becomes a column of the pictures.
static struct status take_column(const struct training_step *step, int column, struct augmented_pictures *pictures)
{
    const size_t floats = (size_t)pictures->rows * IMAGE_BYTES;
    const float *augmented = enqueue_sample(step, (uint32_t)column);
    float *images = download(step->device, augmented, floats);
    device_download(step->device, pictures->clean, step->loader->bytes, floats);
    struct status status = device_synchronise(step->device);
    if (images == NULL) status = status_error(STATUS_NO_MEMORY, "pictures of the augmentation: out of memory");
    for (int row = 0; status.code == STATUS_OK && row < pictures->rows; row++) {
        uint8_t *to = pictures->augmented + ((size_t)row * (size_t)pictures->columns + (size_t)column) * IMAGE_BYTES;
        for (int i = 0; i < IMAGE_BYTES; i++) to[i] = to_byte(images[(size_t)row * IMAGE_BYTES + (size_t)i]);
    }
    free(images);
    return status;
}

struct status transinv_finish(const struct training_step *step, struct training_outcome *outcome)
{
    struct transinv *transinv = step->companion;
    const int images = step->settings->batch_size;
    struct augmented_pictures *pictures = &outcome->pictures;
    *pictures =
        (struct augmented_pictures){.rows = images < PICTURE_ROWS ? images : PICTURE_ROWS, .columns = PICTURE_COLUMNS};
    pictures->clean = malloc((size_t)pictures->rows * IMAGE_BYTES);
    pictures->augmented = malloc((size_t)pictures->rows * PICTURE_COLUMNS * IMAGE_BYTES);
    if (pictures->clean == NULL || pictures->augmented == NULL)
        return status_error(STATUS_NO_MEMORY, "pictures of the augmentation: out of memory");
    struct status status = augmentation_model_export(transinv->model, augmentation_model_parameters(transinv->model),
                                                     "", &outcome->augmentation);
    for (int column = 0; status.code == STATUS_OK && column < PICTURE_COLUMNS; column++)
        status = take_column(step, column, pictures);
    return status;
}
