// draw.c: the augmentation model's draws: the reference's bits, on vectors (kernels/cpu/vector_random.h).
// Bound     arithmetic: two words of Philox, a logarithm, a root and a cosine in double per normal, about 45 operations;
//           an image takes 3,072 normals for the noise primitive and noise_width per primitive.
// Parallel  over images.
#include "kernels/cpu/augmentation/augmentation.h"
#include "kernels/cpu/vector_random.h"
#include "kernels/device.h"
#include "kernels/draw/augmentation_stream.h"

static void draw_normals(struct random_stream stream, int count, float *normals)
{
    double values[RANDOM_NORMALS];
    for (int done = 0; done < count; done += RANDOM_NORMALS) {
        const int left = count - done, now = left < RANDOM_NORMALS ? left : RANDOM_NORMALS;
        random_next_normals(&stream, values);
        for (int i = 0; i < now; i++) normals[done + i] = (float)values[i];
    }
}

static void draw_image(const struct augmentation_draw *draw, int image)
{
    const int run = image / draw->images, place = image % draw->images;
    struct random_stream words = augmentation_stream(draw, run, place, AUGMENTATION_UNIFORMS);
    if (draw->epsilon != NULL)
        draw_normals(augmentation_stream(draw, run, place, AUGMENTATION_EPSILON), draw->pixels,
                     draw->epsilon + (size_t)image * (size_t)draw->pixels);
    for (int primitive = 0; primitive < draw->primitives; primitive++) {
        const size_t row = (size_t)(run * draw->primitives + primitive) * (size_t)draw->images + (size_t)place;
        draw->uniforms[row] = augmentation_uniform(random_next_u32(&words));
        draw_normals(augmentation_stream(draw, run, place, AUGMENTATION_NOISE + primitive), draw->noise_width,
                     draw->noise + row * (size_t)draw->noise_width);
    }
}

void ISA_NAME(augmentation_draw)(struct device *device, const void *settings)
{
    const struct augmentation_draw *draw = settings;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int image = 0; image < draw->runs * draw->images; image++) draw_image(draw, image);
}
