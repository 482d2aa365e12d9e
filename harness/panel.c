// panel.c: see panel.h. Tests: tests/panel_test.c.
#include "harness/panel.h"

#include <stdlib.h>
#include <string.h>

#include "base/png_file.h"
#include "harness/image_corruptor.h"
#include "harness/severity_curve.h"

enum { PITCH = IMAGE_SIDE * PANEL_SCALE + PANEL_GAP };

struct canvas {
    int width, height;
    uint8_t *pixels; // height x width x 3
};

static void draw_picture(struct canvas *canvas, int row, int column, const uint8_t *image)
{
    const int top = PANEL_GAP + row * PITCH, left = PANEL_GAP + column * PITCH;
    for (int y = 0; y < IMAGE_SIDE * PANEL_SCALE; y++)
        for (int x = 0; x < IMAGE_SIDE * PANEL_SCALE; x++)
            memcpy(canvas->pixels + ((size_t)(top + y) * (size_t)canvas->width + (size_t)(left + x)) * IMAGE_CHANNELS,
                   image + (size_t)(y / PANEL_SCALE * IMAGE_SIDE + x / PANEL_SCALE) * IMAGE_CHANNELS, IMAGE_CHANNELS);
}

static void draw_rows(struct canvas *canvas, const struct augmented_pictures *pictures, const uint8_t *corrupted)
{
    for (int row = 0; row < pictures->rows; row++) {
        draw_picture(canvas, row, 0, pictures->clean + (size_t)row * IMAGE_BYTES);
        draw_picture(canvas, row, 1, corrupted + (size_t)row * IMAGE_BYTES);
        for (int column = 0; column < pictures->columns; column++)
            draw_picture(canvas, row, 2 + column,
                         pictures->augmented +
                             ((size_t)row * (size_t)pictures->columns + (size_t)column) * IMAGE_BYTES);
    }
}

static struct status corrupt(struct device *device, const struct augmented_pictures *pictures,
                             const struct corruption *corruption, const struct frost *frost, uint8_t *corrupted)
{
    struct image_corruptor *corruptor = NULL;
    struct status status = image_corruptor_create(device, pictures->rows, SEVERITY_CURVE_SEED, frost, &corruptor);
    if (status.code == STATUS_OK) {
        image_corruptor_enqueue(corruptor, (enum corruption_kind)corruption_place(corruption), PANEL_SEVERITY, 0,
                                pictures->clean, pictures->rows);
        status = image_corruptor_download(corruptor, pictures->rows, corrupted);
    }
    image_corruptor_destroy(corruptor);
    return status;
}

struct status panel_write(struct device *device, const struct augmented_pictures *pictures,
                          const struct corruption *corruption, const struct frost *frost, const char *path)
{
    struct canvas canvas = {.width = PANEL_GAP + (2 + pictures->columns) * PITCH,
                            .height = PANEL_GAP + pictures->rows * PITCH};
    const size_t bytes = (size_t)canvas.width * (size_t)canvas.height * IMAGE_CHANNELS;
    uint8_t *corrupted = malloc((size_t)pictures->rows * IMAGE_BYTES);
    canvas.pixels = malloc(bytes);
    struct status status = corrupted == NULL || canvas.pixels == NULL
                               ? status_error(STATUS_NO_MEMORY, "draw %s: out of memory", path)
                               : corrupt(device, pictures, corruption, frost, corrupted);
    if (status.code == STATUS_OK) {
        memset(canvas.pixels, 255, bytes);
        draw_rows(&canvas, pictures, corrupted);
        status = png_file_write(path, canvas.width, canvas.height, canvas.pixels);
    }
    free(canvas.pixels);
    free(corrupted);
    return status;
}
