// batch_load.c: gathers, flips, crops and normalises the next images of every run.
#include "kernels/draw/crop_window.h"
#include "kernels/reference/reference.h"

// The byte at a place of the mirrored image; black outside.
static uint8_t pixel_at(const struct batch_load *load, const uint8_t *image, struct crop_window window, int row,
                        int column, int channel)
{
    int row_in = row + window.row, column_in = column + window.column;
    if (row_in < 0 || row_in >= load->height || column_in < 0 || column_in >= load->width) return 0;
    if (window.mirrored) column_in = load->width - 1 - column_in;
    size_t position = (size_t)row_in * (size_t)load->width + (size_t)column_in;
    return image[position * (size_t)load->channels + (size_t)channel];
}

static float normalise(uint8_t byte)
{
    return (float)((byte / 255.0 - 0.5) / 0.5);
}

static void load_image(const struct batch_load *load, const uint8_t *image, struct crop_window window, float *output)
{
    for (int row = 0; row < load->height; row++)
        for (int column = 0; column < load->width; column++)
            for (int channel = 0; channel < load->channels; channel++)
                *output++ = normalise(pixel_at(load, image, window, row, column, channel));
}

void batch_load_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct batch_load *load = settings;
    size_t image_size = (size_t)load->height * (size_t)load->width * (size_t)load->channels;
    for (int run = 0; run < load->runs; run++) {
        const struct training_state *state = &load->states[run];
        const int32_t *order = load->order + (size_t)run * load->order_stride + state->position;
        for (int image = 0; image < load->images; image++) {
            size_t row = (size_t)run * (size_t)load->images + (size_t)image;
            struct crop_window window = crop_window_draw(load->augmentation, state, order[image]);
            load_image(load, load->pixels + (size_t)order[image] * image_size, window,
                       (float *)load->output + row * image_size);
            load->output_labels[row] = load->labels[order[image]];
        }
    }
}
