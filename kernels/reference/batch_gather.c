// batch_gather.c: gathers, flips and crops the next images of every run.
#include "kernels/reference/crop_pixel.h"
#include "kernels/reference/reference.h"

static void gather_image(struct image_shape shape, const uint8_t *image, struct crop_window window, uint8_t *output)
{
    for (int row = 0; row < shape.height; row++)
        for (int column = 0; column < shape.width; column++)
            for (int channel = 0; channel < shape.channels; channel++)
                *output++ = crop_pixel(shape, image, window, row, column, channel);
}

void batch_gather_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct batch_gather *gather = settings;
    const struct image_shape shape = {gather->height, gather->width, gather->channels};
    const size_t image_size = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
    for (int run = 0; run < gather->runs; run++) {
        const struct training_state *state = &gather->states[run];
        const int32_t *order = gather->order + (size_t)run * gather->order_stride + state->position;
        for (int image = 0; image < gather->images; image++) {
            size_t row = (size_t)run * (size_t)gather->images + (size_t)image;
            struct crop_window window = crop_window_draw(gather->augmentation, state, order[image]);
            gather_image(shape, gather->pixels + (size_t)order[image] * image_size, window,
                         gather->output + row * image_size);
            gather->output_labels[row] = gather->labels[order[image]];
        }
    }
}
