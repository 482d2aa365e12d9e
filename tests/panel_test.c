// panel_test.c: the picture of a learned augmentation holds the right images at the right places.
#include "harness/panel.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "datasets/picture.h"
#include "tests/support/device_array.h"
#include "tests/support/temporary_folder.h"

enum { ROWS = 2, COLUMNS = 3, PITCH = IMAGE_SIDE * PANEL_SCALE + PANEL_GAP };

static const uint8_t *at(const struct picture *picture, int row, int column)
{
    const int x = PANEL_GAP + column * PITCH + 5, y = PANEL_GAP + row * PITCH + 5;
    return picture->pixels + ((size_t)y * (size_t)picture->width + (size_t)x) * 3;
}

// Every image is of one grey: clean 10 r, augmented 100 + 10 r + c. Brightness lifts black by 0.2 at severity 3.
Test(panel, shows_image_corruption_and_draws)
{
    uint8_t clean[ROWS * IMAGE_BYTES], augmented[ROWS * COLUMNS * IMAGE_BYTES];
    const struct augmented_pictures pictures = {ROWS, COLUMNS, clean, augmented};
    char folder[TEMPORARY_PATH_SIZE];
    struct picture picture;
    for (int r = 0; r < ROWS; r++) {
        memset(clean + (size_t)r * IMAGE_BYTES, 10 * r, IMAGE_BYTES);
        for (int c = 0; c < COLUMNS; c++)
            memset(augmented + (size_t)(r * COLUMNS + c) * IMAGE_BYTES, 100 + 10 * r + c, IMAGE_BYTES);
    }
    temporary_folder_create(folder);
    char *path = path_join(folder, "panel.png");
    struct device *device = device_for_test(kernels_find("cpu"), 1);
    struct status status = panel_write(device, &pictures, corruption_find("Br"), NULL, path);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    device_end_test(device);
    uint8_t *bytes = NULL;
    size_t size = 0;
    cr_assert(eq(int, file_read(path, 1 << 20, &bytes, &size).code, STATUS_OK));
    status = picture_decode(path, bytes, size, &picture);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, picture.width, PANEL_GAP + (2 + COLUMNS) * PITCH));
    cr_expect(eq(int, picture.height, PANEL_GAP + ROWS * PITCH));
    cr_expect(eq(int, picture.pixels[0], 255), "white between the images");
    for (int r = 0; r < ROWS; r++) {
        cr_expect(eq(int, *at(&picture, r, 0), 10 * r));
        cr_expect(gt(int, *at(&picture, r, 1), 10 * r + 20), "brighter");
        for (int c = 0; c < COLUMNS; c++) cr_expect(eq(int, *at(&picture, r, 2 + c), 100 + 10 * r + c));
    }
    picture_destroy(&picture);
    free(bytes);
    free(path);
    temporary_folder_remove(folder);
}
