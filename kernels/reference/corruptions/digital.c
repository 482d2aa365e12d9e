// digital.c: pixelate, and JPEG compression through libjpeg (libjpeg-turbo; its integer transforms are the definition).
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "kernels/reference/corruptions/corruptions.h"

// The pixels from `first` on, `count` of them, whose centres lie in the window of output `place`.
struct box_window {
    int first, count;
};

static struct box_window box_window_at(int place, int from, int to)
{
    const double ratio = (double)from / to, width = ratio > 1 ? ratio : 1, centre = (place + 0.5) * ratio;
    const int begin = (int)(centre - width / 2 + 0.5), end = (int)(centre + width / 2 + 0.5);
    struct box_window window = {0, 0};
    for (int j = begin < 0 ? 0 : begin; j < (end < from ? end : from); j++) {
        double distance = (j - centre + 0.5) / width;
        if (!(distance > -0.5 && distance <= 0.5)) continue;
        if (window.count++ == 0) window.first = j;
    }
    return window;
}

static uint8_t box_mean(struct box_window window, const uint8_t *line, int stride)
{
    const int weight = (int)((double)(1 << 22) / window.count + 0.5);
    int sum = 1 << 21;
    for (int j = 0; j < window.count; j++) sum += weight * line[(window.first + j) * stride];
    return (uint8_t)(sum >> 22);
}

// Along rows, then along columns, rounded to bytes after each. `input` is from x from pixels, `output` to x to.
static void box_resize(const uint8_t *input, int from, int to, uint8_t *output)
{
    uint8_t between[PICTURE_BYTES];
    for (int row = 0; row < from; row++)
        for (int i = 0; i < 3 * to; i++)
            between[row * 3 * to + i] = box_mean(box_window_at(i / 3, from, to), input + row * 3 * from + i % 3, 3);
    for (int row = 0; row < to; row++)
        for (int i = 0; i < 3 * to; i++)
            output[row * 3 * to + i] = box_mean(box_window_at(row, from, to), between + i, 3 * to);
}

void pixelate_reference(int severity, const uint8_t *image, uint8_t *output)
{
    uint8_t small[PICTURE_BYTES];
    box_resize(image, PICTURE_SIDE, pixelate_sides[severity - 1], small);
    box_resize(small, pixelate_sides[severity - 1], PICTURE_SIDE, output);
}

enum { JPEG_ROOM = 16384 }; // 24 blocks of at most 64 * 26 bits, and tables

// libjpeg reports by calling back; the only thing that can go wrong with our own pictures is memory.
struct jpeg_failure {
    struct jpeg_error_mgr manager; // first: libjpeg knows the whole by its address
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
};

static void jpeg_fail(j_common_ptr info)
{
    struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
    info->err->format_message(info, failure->message);
    longjmp(failure->back, 1);
}

static struct jpeg_error_mgr *jpeg_failure_prepare(struct jpeg_failure *failure)
{
    struct jpeg_error_mgr *manager = jpeg_std_error(&failure->manager);
    failure->message[0] = '\0';
    manager->error_exit = jpeg_fail;
    return manager;
}

// *size: room at `bytes`, then the bytes written.
static struct status jpeg_write(int quality, const uint8_t *image, unsigned char *bytes, unsigned long *size)
{
    struct jpeg_compress_struct info = {.mem = NULL};
    struct jpeg_failure failure;
    struct status status = status_ok();
    info.err = jpeg_failure_prepare(&failure);
    if (setjmp(failure.back) != 0) {
        status = status_error(STATUS_NO_MEMORY, "compress a picture as JPEG: %s", failure.message);
        goto done;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, size);
    info.image_width = info.image_height = PICTURE_SIDE;
    info.input_components = PICTURE_CHANNELS;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info); // 4:2:0, slow integer transform
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)(image + info.next_scanline * PICTURE_SIDE * PICTURE_CHANNELS);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
done:
    jpeg_destroy_compress(&info);
    return status;
}

static struct status jpeg_read(const unsigned char *bytes, unsigned long size, uint8_t *output)
{
    struct jpeg_decompress_struct info = {.mem = NULL};
    struct jpeg_failure failure;
    struct status status = status_ok();
    info.err = jpeg_failure_prepare(&failure);
    if (setjmp(failure.back) != 0) {
        status = status_error(STATUS_NO_MEMORY, "decompress a picture from JPEG: %s", failure.message);
        goto done;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, size);
    jpeg_read_header(&info, TRUE);
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = output + info.output_scanline * PICTURE_SIDE * PICTURE_CHANNELS;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
done:
    jpeg_destroy_decompress(&info);
    return status;
}

struct status jpeg_compression_reference(int severity, const uint8_t *image, uint8_t *output)
{
    unsigned char bytes[JPEG_ROOM];
    unsigned long size = sizeof bytes;
    struct status status = jpeg_write(jpeg_qualities[severity - 1], image, bytes, &size);
    if (status.code == STATUS_OK) status = jpeg_read(bytes, size, output);
    return status;
}
