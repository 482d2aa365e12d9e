// picture.c: one door to libpng and libjpeg. Both report errors by jumping; the jump ends in the function that called
// them, and what is damaged is an error even where the library would go on. Tests: tests/frost_test.c.
#include "datasets/picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

enum { SIDE_LIMIT = 8192 };

void picture_destroy(struct picture *picture)
{
    free(picture->pixels);
    *picture = (struct picture){.pixels = NULL};
}

static struct status allocate(const char *name, unsigned long height, unsigned long width, struct picture *picture)
{
    if (height == 0 || width == 0 || height > SIDE_LIMIT || width > SIDE_LIMIT)
        return status_error(STATUS_BAD_INPUT, "decode %s: expected sides of 1 .. %d, found %lux%lu", name, SIDE_LIMIT,
                            width, height);
    *picture = (struct picture){(int)height, (int)width, malloc(3 * height * width)};
    if (picture->pixels == NULL)
        return status_error(STATUS_NO_MEMORY, "decode %s: %lux%lu pixels: out of memory", name, width, height);
    return status_ok();
}

// ---- PNG -------------------------------------------------------------------------------------------------------

// What libpng is given to read from, and where its complaint goes.
struct png_source {
    const uint8_t *bytes;
    size_t size, used;
    char message[160];
};

static void png_take(png_structp png, png_bytep to, size_t count)
{
    struct png_source *source = png_get_io_ptr(png);
    if (count > source->size - source->used) png_error(png, "the file ends too early");
    memcpy(to, source->bytes + source->used, count);
    source->used += count;
}

static void png_complain(png_structp png, png_const_charp message)
{
    struct png_source *source = png_get_error_ptr(png);
    snprintf(source->message, sizeof source->message, "%s", message);
    png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static struct status png_check(const char *name, png_structp png, png_infop info)
{
    const int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    if (depth != 8 || (type != PNG_COLOR_TYPE_RGB && type != PNG_COLOR_TYPE_RGB_ALPHA))
        return status_error(STATUS_BAD_INPUT, "decode %s: expected 8-bit RGB or RGBA, found colour type %d, %d bits",
                            name, type, depth);
    return status_ok();
}

// After the jump only what `source` and `picture` point at is looked at; the caller destroys both libpng's structs.
static struct status png_decode_with(const char *name, png_structp png, png_infop info, struct png_source *source,
                                     struct picture *picture)
{
    if (setjmp(png_jmpbuf(png)) != 0) return status_error(STATUS_BAD_INPUT, "decode %s: %s", name, source->message);
    png_set_read_fn(png, source, png_take);
    png_read_info(png, info);
    struct status status = png_check(name, png, info);
    if (status.code != STATUS_OK) return status;
    png_set_strip_alpha(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    status = allocate(name, png_get_image_height(png, info), png_get_image_width(png, info), picture);
    if (status.code != STATUS_OK) return status;
    for (int pass = 0; pass < passes; pass++)
        for (int row = 0; row < picture->height; row++)
            png_read_row(png, picture->pixels + (size_t)row * (size_t)picture->width * 3, NULL);
    png_read_end(png, NULL);
    return status_ok();
}

static struct status png_decode(const char *name, const uint8_t *bytes, size_t size, struct picture *picture)
{
    struct png_source source = {.bytes = bytes, .size = size};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, png_complain, png_ignore);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    struct status status = info == NULL ? status_error(STATUS_NO_MEMORY, "decode %s: out of memory", name)
                                        : png_decode_with(name, png, info, &source, picture);
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

// ---- JPEG ------------------------------------------------------------------------------------------------------

struct jpeg_failure {
    struct jpeg_error_mgr manager; // first: libjpeg knows the whole by its address
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
};

static void jpeg_complain(j_common_ptr info)
{
    struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
    info->err->format_message(info, failure->message);
    longjmp(failure->back, 1);
}

// Level -1 is a warning: damaged data, which libjpeg would paint over.
static void jpeg_notice(j_common_ptr info, int level)
{
    if (level < 0) jpeg_complain(info);
}

static struct status jpeg_decode_with(const char *name, struct jpeg_decompress_struct *info,
                                      struct jpeg_failure *failure, const uint8_t *bytes, size_t size,
                                      struct picture *picture)
{
    if (setjmp(failure->back) != 0) return status_error(STATUS_BAD_INPUT, "decode %s: %s", name, failure->message);
    jpeg_mem_src(info, bytes, size);
    jpeg_read_header(info, TRUE);
    info->out_color_space = JCS_RGB;
    struct status status = allocate(name, info->image_height, info->image_width, picture);
    if (status.code != STATUS_OK) return status;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = picture->pixels + (size_t)info->output_scanline * (size_t)picture->width * 3;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return status_ok();
}

static struct status jpeg_decode(const char *name, const uint8_t *bytes, size_t size, struct picture *picture)
{
    struct jpeg_failure failure = {.message = ""};
    struct jpeg_decompress_struct info = {.err = jpeg_std_error(&failure.manager)};
    failure.manager.error_exit = jpeg_complain;
    failure.manager.emit_message = jpeg_notice;
    if (setjmp(failure.back) != 0) {
        jpeg_destroy_decompress(&info);
        return status_error(STATUS_NO_MEMORY, "decode %s: %s", name, failure.message);
    }
    jpeg_create_decompress(&info);
    struct status status = jpeg_decode_with(name, &info, &failure, bytes, size, picture);
    jpeg_destroy_decompress(&info);
    return status;
}

struct status picture_decode(const char *name, const uint8_t *bytes, size_t size, struct picture *picture)
{
    const char *ending = strrchr(name, '.');
    *picture = (struct picture){.pixels = NULL};
    struct status status = ending != NULL && strcmp(ending, ".png") == 0 ? png_decode(name, bytes, size, picture)
                           : ending != NULL && strcmp(ending, ".jpg") == 0
                               ? jpeg_decode(name, bytes, size, picture)
                               : status_error(STATUS_BAD_INPUT, "decode %s: not .png or .jpg", name);
    if (status.code != STATUS_OK) picture_destroy(picture);
    return status;
}
