// augmentation_draw.c: the reference's draws, a number at a time.
#include "kernels/draw/augmentation_stream.h"
#include "kernels/reference/reference.h"

static void draw_normals(struct random_stream stream, int count, float *normals)
{
    for (int i = 0; i < count; i++) normals[i] = (float)random_next_normal(&stream);
}

static void draw_image(const struct augmentation_draw *draw, int run, int place)
{
    struct random_stream words = augmentation_stream(draw, run, place, AUGMENTATION_UNIFORMS);
    const size_t images = (size_t)draw->images;
    if (draw->epsilon != NULL)
        draw_normals(augmentation_stream(draw, run, place, AUGMENTATION_EPSILON), draw->pixels,
                     draw->epsilon + ((size_t)run * images + (size_t)place) * (size_t)draw->pixels);
    for (int primitive = 0; primitive < draw->primitives; primitive++) {
        const size_t row = (size_t)(run * draw->primitives + primitive) * images + (size_t)place;
        draw->uniforms[row] = augmentation_uniform(random_next_u32(&words));
        draw_normals(augmentation_stream(draw, run, place, AUGMENTATION_NOISE + primitive), draw->noise_width,
                     draw->noise + row * (size_t)draw->noise_width);
    }
}

void augmentation_draw_reference(struct device *device, const void *settings)
{
    (void)device;
    const struct augmentation_draw *draw = settings;
    for (int run = 0; run < draw->runs; run++)
        for (int place = 0; place < draw->images; place++) draw_image(draw, run, place);
}
