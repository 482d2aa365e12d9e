// conv_tile.c: see conv_tile.h. Tests: tests/backend_conv_test.c through the kernels, tests/cuda_layout_test.c.
#include "kernels/cuda/conv_tile.h"

enum {
    LOG_PIXELS = 7,
    LOG_PIXELS_LARGE = 8,
    LOG_COLUMNS_MOST = 4,
    PLANE = 8,
    DEPTH_MOST = 32,
    PIXEL_BYTES = 16,
    BANK_BYTES = 128
};

static int divide_up(int value, int by)
{
    return (value + by - 1) / by;
}

// The smallest power of two that covers `size`, at most 2^most.
static int log_covering(int size, int most)
{
    int log = 0;
    while (log < most && 1 << log < size) log++;
    return log;
}

// Eight channels of consecutive pixels lie side by side; planes are set apart so that the loader's stores, which go to
// all planes of a pixel together, meet all banks.
static int plane_pitch(int pixels, int planes)
{
    int raw = pixels * PIXEL_BYTES, wanted = BANK_BYTES / planes % BANK_BYTES;
    return raw + (wanted - raw % BANK_BYTES + BANK_BYTES) % BANK_BYTES;
}

// Larger tiles read the filter less often; 16 x 16 images and larger fill them. With stride 2 the patch of a large tile
// would be more than the shared memory of some devices (99 KB).
static void choose_tile(struct conv_tile *tile, bool large)
{
    int height = divide_up(tile->write_height, tile->out_step), width = divide_up(tile->write_width, tile->out_step);
    int log_pixels = large && tile->stride == 1 && height >= 16 && width >= 16 ? LOG_PIXELS_LARGE : LOG_PIXELS;
    tile->pixels = 1 << log_pixels;
    tile->log_columns = log_covering(width, LOG_COLUMNS_MOST);
    if (tile->log_columns < 2) tile->log_columns = 2; // fewer columns would mean more halo than pixels
    tile->log_rows = log_covering(height, log_pixels - tile->log_columns);
    tile->log_images = log_pixels - tile->log_columns - tile->log_rows;
    tile->tiles_across = divide_up(width, 1 << tile->log_columns);
    tile->tiles_down = divide_up(height, 1 << tile->log_rows);
    tile->tiles = divide_up(tile->images, 1 << tile->log_images) * tile->tiles_down * tile->tiles_across;
    tile->patch_rows = ((1 << tile->log_rows) - 1) * tile->stride + tile->tap_extent + 1;
    tile->patch_columns = ((1 << tile->log_columns) - 1) * tile->stride + tile->tap_extent + 1;
    tile->patch_pixels = (tile->patch_rows * tile->patch_columns) << tile->log_images;
    tile->depth = tile->read_channels <= DEPTH_MOST / 2 ? DEPTH_MOST / 2 : DEPTH_MOST;
    tile->pitch = plane_pitch(tile->patch_pixels, tile->depth / PLANE);
}

static void find_tap_extent(struct conv_tile *tile)
{
    int first = 0, last = 0;
    for (int c = 0; c < tile->classes; c++)
        for (int t = 0; t < tile->class_of[c].taps; t++) {
            const struct conv_tap *tap = &tile->class_of[c].tap[t];
            if (tap->row < first) first = tap->row;
            if (tap->row > last) last = tap->row;
        }
    tile->first_tap = first; // columns have the same taps as rows
    tile->tap_extent = last - first;
}

static struct conv_tile forward_tile(const struct conv_shape *shape, bool large)
{
    int stride = shape->stride, half = shape->kernel / 2;
    struct conv_tile tile = {
        .images = shape->images,
        .read_height = shape->height,
        .read_width = shape->width,
        .read_channels = shape->channels_in,
        .write_height = divide_up(shape->height, stride),
        .write_width = divide_up(shape->width, stride),
        .write_channels = shape->channels_out,
        .read_step = shape->kernel == 1 ? stride : 1,
        .stride = shape->kernel == 1 ? 1 : stride,
        .out_step = 1,
        .classes = 1,
        .read_stride = shape->channels_out,
        .write_stride = 1,
        .tap_stride = shape->channels_in * shape->channels_out,
        .filter_taps = shape->kernel * shape->kernel,
    };
    struct conv_class *all = &tile.class_of[0];
    for (int i = 0; i < shape->kernel * shape->kernel; i++)
        all->tap[all->taps++] =
            (struct conv_tap){(int16_t)(i / shape->kernel - half), (int16_t)(i % shape->kernel - half), (int16_t)i};
    find_tap_extent(&tile);
    choose_tile(&tile, large);
    return tile;
}

struct conv_tile conv_tile_forward(const struct conv_shape *shape)
{
    return forward_tile(shape, true);
}

struct conv_tile conv_tile_filter(const struct conv_shape *shape)
{
    return forward_tile(shape, false);
}

// Input row i * stride + parity was read, through kernel row k, by the output row `parity + half - k` / stride below i,
// where that is whole.
static bool reaches(const struct conv_shape *shape, int parity, int kernel_row, int *row)
{
    int distance = parity + shape->kernel / 2 - kernel_row;
    *row = distance / shape->stride;
    return distance % shape->stride == 0;
}

static struct conv_class gather_class(const struct conv_shape *shape, int row_parity, int column_parity)
{
    struct conv_class c = {.first_row = row_parity, .first_column = column_parity};
    for (int i = 0; i < shape->kernel * shape->kernel; i++) {
        int row, column;
        if (!reaches(shape, row_parity, i / shape->kernel, &row)) continue;
        if (!reaches(shape, column_parity, i % shape->kernel, &column)) continue;
        c.tap[c.taps++] = (struct conv_tap){(int16_t)row, (int16_t)column, (int16_t)i};
    }
    return c;
}

struct conv_tile conv_tile_backward_data(const struct conv_shape *shape)
{
    int stride = shape->stride;
    struct conv_tile tile = {
        .images = shape->images,
        .read_height = divide_up(shape->height, stride),
        .read_width = divide_up(shape->width, stride),
        .read_channels = shape->channels_out,
        .write_height = shape->height,
        .write_width = shape->width,
        .write_channels = shape->channels_in,
        .read_step = 1,
        .stride = 1,
        .out_step = stride,
        .classes = stride * stride,
        .read_stride = 1,
        .write_stride = shape->channels_out,
        .tap_stride = shape->channels_in * shape->channels_out,
        .filter_taps = shape->kernel * shape->kernel,
    };
    for (int c = 0; c < tile.classes; c++) tile.class_of[c] = gather_class(shape, c / stride, c % stride);
    find_tap_extent(&tile);
    choose_tile(&tile, true);
    return tile;
}
