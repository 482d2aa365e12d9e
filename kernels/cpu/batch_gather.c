// batch_gather.c: gathers, flips and crops images: whole rows at a time.
// Bound     memory: 1 byte in, 1 out per value.
#include <string.h>

#include "kernels/cpu/cpu.h"
#include "kernels/device.h"
#include "kernels/draw/crop_window.h"

static void gather_mirrored(const uint8_t *row, int width, int channels, int shift, uint8_t *output)
{
    for (int column = 0; column < width; column++, output += channels) {
        const int from = width - 1 - (column + shift);
        for (int c = 0; c < channels; c++) output[c] = from >= 0 && from < width ? row[from * channels + c] : 0;
    }
}

// Pixels first .. last - 1 of the output come from the row, the others are black.
static void gather_straight(const uint8_t *row, int width, int channels, int shift, uint8_t *output)
{
    const int first = shift < 0 ? -shift : 0, last = shift > 0 ? width - shift : width;
    memset(output, 0, (size_t)width * (size_t)channels);
    if (first < last)
        memcpy(output + (ptrdiff_t)first * channels, row + (ptrdiff_t)(first + shift) * channels,
               (size_t)(last - first) * (size_t)channels);
}

static void gather_image(const struct batch_gather *gather, int image)
{
    const int run = image / gather->images;
    const struct training_state *state = &gather->states[run];
    const int32_t index =
        gather->order[(size_t)run * gather->order_stride + (size_t)state->position + (size_t)(image % gather->images)];
    const struct crop_window window = crop_window_draw(gather->augmentation, state, index);
    const size_t row_values = (size_t)gather->width * (size_t)gather->channels;
    const uint8_t *pixels = gather->pixels + (size_t)index * (size_t)gather->height * row_values;
    uint8_t *output = gather->output + (size_t)image * (size_t)gather->height * row_values;
    for (int row = 0; row < gather->height; row++, output += row_values) {
        const int from = row + window.row;
        if (from < 0 || from >= gather->height)
            memset(output, 0, row_values);
        else
            (window.mirrored ? gather_mirrored : gather_straight)(pixels + (size_t)from * row_values, gather->width,
                                                                  gather->channels, window.column, output);
    }
    gather->output_labels[image] = gather->labels[index];
}

void batch_gather_cpu(struct device *device, const void *settings)
{
    const struct batch_gather *gather = settings;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < gather->runs * gather->images; image++) gather_image(gather, image);
}
