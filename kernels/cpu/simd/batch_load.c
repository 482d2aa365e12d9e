// batch_load.c: gathers, flips, crops and normalises images: whole rows at a time, bytes through a table.
// Bound     memory: 1 byte in, one activation out per value.
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"
#include "kernels/draw/crop_window.h"

struct byte_table {
    activation values[256];
};

static struct byte_table normalised_bytes(void)
{
    struct byte_table table;
    for (int byte = 0; byte < 256; byte++) table.values[byte] = activation_of((float)((byte / 255.0 - 0.5) / 0.5));
    return table;
}

static void load_row(const struct batch_load *load, const struct byte_table *table, const uint8_t *row,
                     struct crop_window window, activation *output)
{
    for (int column = 0; column < load->width; column++, output += load->channels) {
        int from = column + window.column;
        bool inside = from >= 0 && from < load->width;
        if (window.mirrored) from = load->width - 1 - from;
        for (int c = 0; c < load->channels; c++) output[c] = table->values[inside ? row[from * load->channels + c] : 0];
    }
}

static void load_image(const struct batch_load *load, const struct byte_table *table, int image)
{
    int run = image / load->images;
    const struct training_state *state = &load->states[run];
    int32_t index =
        load->order[(size_t)run * load->order_stride + (size_t)state->position + (size_t)(image % load->images)];
    struct crop_window window = crop_window_draw(load->augmentation, state, index);
    size_t row_values = (size_t)load->width * (size_t)load->channels;
    const uint8_t *pixels = load->pixels + (size_t)index * (size_t)load->height * row_values;
    activation *output = (activation *)load->output + (size_t)image * (size_t)load->height * row_values;
    for (int row = 0; row < load->height; row++, output += row_values) {
        int from = row + window.row;
        if (from >= 0 && from < load->height)
            load_row(load, table, pixels + (size_t)from * row_values, window, output);
        else
            for (size_t i = 0; i < row_values; i++) output[i] = table->values[0];
    }
    load->output_labels[image] = load->labels[index];
}

void ISA_NAME(batch_load)(struct device *device, const void *settings)
{
    const struct batch_load *load = settings;
    struct byte_table table = normalised_bytes();
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < load->runs * load->images; image++) load_image(load, &table, image);
}
