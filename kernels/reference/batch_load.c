// batch_load.c: gathers, flips, crops and normalises the next images of every run.
#include "kernels/reference/crop_pixel.h"
#include "kernels/reference/reference.h"

static float normalise(uint8_t byte)
{
    return (float)((byte / 255.0 - 0.5) / 0.5);
}

static void load_image(struct image_shape shape, const uint8_t *image, struct crop_window window, float *output)
{
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++)
            for (int channel = 0; channel < shape.channels; channel++)
                *output++ = normalise(crop_pixel(shape, image, window, row, column, channel));
}

void batch_load_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct batch_load *load = settings;
    const struct image_shape shape = {load->height, load->width, load->channels};
    size_t image_size = (size_t)load->height * (size_t)load->width * (size_t)load->channels;
    for (int run = 0; run < load->runs; run++) {
        const struct training_state *state = &load->states[run];
        const int32_t *order = load->order + (size_t)run * load->order_stride + state->position;
        for (int image = 0; image < load->images; image++) {
            size_t row = (size_t)run * (size_t)load->images + (size_t)image;
            struct crop_window window = crop_window_draw(load->augmentation, state, order[image]);
            load_image(shape, load->pixels + (size_t)order[image] * image_size, window,
                       (float *)load->output + row * image_size);
            load->output_labels[row] = load->labels[order[image]];
        }
    }
}
