// frost_test.c: frost's textures from files that the test writes with libpng and libjpeg, as published ones are; every
// way in which they can be wrong; and the ice that stands in for them.
#include "datasets/frost.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "base/digest.h"
#include "base/file.h"
#include "datasets/frost_ice.h"
#include "datasets/picture.h"
#include "tests/support/memory.h"
#include "tests/support/random_data.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_PATH_SIZE];

static void enter(void)
{
    temporary_folder_enter(folder);
}

static void leave(void)
{
    temporary_folder_leave(folder);
}

TestSuite(frost, .init = enter, .fini = leave);

enum { SEED = 70 };

// ---- writing pictures ------------------------------------------------------------------------------------------

// `channels` 3 or 4 (RGBA), with a gamma that readers must ignore.
static void write_png(const char *path, int height, int width, int channels, int depth, const uint8_t *pixels)
{
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    cr_assert(file != NULL && png != NULL && info != NULL, "write %s", path);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth,
                 channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_gAMA(png, info, 0.3);
    png_write_info(png, info);
    for (int row = 0; row < height; row++)
        png_write_row(png, pixels + (size_t)row * (size_t)(width * channels * depth / 8));
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

static void write_jpeg(const char *path, int height, int width, bool progressive, const uint8_t *pixels)
{
    FILE *file = fopen(path, "wb");
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct info = {.err = jpeg_std_error(&errors)};
    cr_assert(file != NULL, "write %s", path);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 95, TRUE);
    if (progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)pixels + (size_t)info.next_scanline * (size_t)width * 3;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    fclose(file);
}

// ---- five pictures ---------------------------------------------------------------------------------------------

static const int heights[FROST_TEXTURES] = {200, 315, 171, 350, 165},
                 widths[FROST_TEXTURES] = {203, 167, 300, 177, 260};
static const int thin_heights[FROST_TEXTURES] = {40, 63, 34, 70, 33},
                 thin_widths[FROST_TEXTURES] = {41, 33, 60, 35, 52};
static const char *const names[FROST_TEXTURES] = {"frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg"};

// A slope in each channel, which JPEG keeps within a few steps.
static uint8_t slope_at(int picture, int row, int column, int channel)
{
    return (uint8_t)(20 + 15 * picture + row / 4 + (channel == 1 ? column / 4 : 0) + 10 * channel);
}

static uint8_t *make_pixels(int picture, int channels)
{
    const int height = heights[picture], width = widths[picture];
    const int bytes = height * width * channels;
    uint8_t *pixels = test_allocate((size_t)bytes);
    for (int i = 0; i < bytes; i++) {
        const int channel = i % channels, row = i / channels / width, column = i / channels % width;
        pixels[i] = channel == 3 ? (uint8_t)(row + column) : slope_at(picture, row, column, channel);
    }
    return pixels;
}

// Sizes and digests of what lies there now.
static void describe(struct frost_file files[FROST_TEXTURES], char digests[FROST_TEXTURES][65])
{
    for (int i = 0; i < FROST_TEXTURES; i++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        struct status status = file_read(names[i], 1 << 24, &bytes, &size);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        digest_sha256(bytes, size, digests[i]);
        files[i] = (struct frost_file){names[i], size, digests[i]};
        free(bytes);
    }
}

struct pictures {
    struct frost_file files[FROST_TEXTURES];
    char digests[FROST_TEXTURES][65];
};

static void write_pictures(struct pictures *pictures)
{
    for (int i = 0; i < FROST_TEXTURES; i++) {
        const int channels = i == 0 ? 4 : 3;
        uint8_t *pixels = make_pixels(i, channels);
        if (i < 3)
            write_png(names[i], heights[i], widths[i], channels, 8, pixels);
        else
            write_jpeg(names[i], heights[i], widths[i], i == 3, pixels);
        free(pixels);
    }
    describe(pictures->files, pictures->digests);
}

static void expect_texture(const struct frost *frost, int place)
{
    const int width = frost->textures.textures[place].width;
    const uint8_t *texture = frost->textures.pixels + frost->textures.textures[place].offset;
    int largest = 0;
    cr_assert(eq(int, frost->textures.textures[place].height, thin_heights[place]), "texture %d", place);
    cr_assert(eq(int, width, thin_widths[place]), "texture %d", place);
    for (int i = 0; i < 3 * width * thin_heights[place]; i++) {
        const int row = i / 3 / width, column = i / 3 % width;
        const int error = abs(texture[i] - slope_at(place, 5 * row + 2, 5 * column + 2, i % 3));
        if (error > largest) largest = error;
    }
    cr_expect(largest <= (place < 3 ? 0 : 6), "texture %d: largest difference %d", place, largest);
}

Test(frost, published_pictures_are_thinned_out)
{
    struct pictures pictures;
    struct frost frost;
    write_pictures(&pictures);
    struct status status = frost_load_files(".", pictures.files, &frost);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, frost.origin, FROST_PUBLISHED));
    cr_expect(eq(str, (char *)frost_origin_name(frost.origin), "published"));
    size_t end = 0;
    for (int i = 0; i < FROST_TEXTURES; i++) {
        cr_expect(eq(sz, frost.textures.textures[i].offset, end));
        end += (size_t)(3 * thin_heights[i] * thin_widths[i]);
        expect_texture(&frost, i);
    }
    cr_expect(eq(sz, frost.bytes, end));
    frost_destroy(&frost);
    cr_expect(eq(ptr, frost.pixels, NULL));
}

// ---- what can be wrong -----------------------------------------------------------------------------------------

static void expect_error(const struct frost_file files[FROST_TEXTURES], enum status_code code,
                         const char *const words[])
{
    struct frost frost;
    struct status status = frost_load_files(".", files, &frost);
    cr_expect(eq(int, status.code, code), "\"%s\"", status.message);
    for (; *words != NULL; words++)
        cr_expect(strstr(status.message, *words) != NULL, "\"%s\" lacks \"%s\"", status.message, *words);
    cr_expect(eq(ptr, frost.pixels, NULL));
}

// Writes `name` again, cut to `size` bytes or with the byte at `flip` changed.
static void spoil(const char *name, size_t size, size_t flip)
{
    uint8_t *bytes = NULL;
    size_t whole = 0;
    struct status status = file_read(name, 1 << 24, &bytes, &whole);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    if (flip < whole) bytes[flip] ^= 1;
    status = file_write_atomic(name, bytes, size < whole ? size : whole);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    free(bytes);
}

Test(frost, an_absent_picture_is_an_error_when_others_are_there)
{
    struct pictures pictures;
    write_pictures(&pictures);
    cr_assert(eq(int, remove("frost3.png"), 0));
    expect_error(pictures.files, STATUS_MISSING, (const char *[]){"frost3.png", NULL});
}

Test(frost, another_size_or_content_is_an_error_with_both_numbers)
{
    struct pictures pictures;
    char expected[32];
    write_pictures(&pictures);
    spoil("frost4.jpg", 1000, SIZE_MAX);
    snprintf(expected, sizeof expected, "expected %zu", pictures.files[3].bytes);
    expect_error(pictures.files, STATUS_BAD_INPUT, (const char *[]){"frost4.jpg", expected, "found 1000", NULL});
    write_pictures(&pictures);
    spoil("frost2.png", SIZE_MAX, 500);
    expect_error(pictures.files, STATUS_BAD_INPUT,
                 (const char *[]){"frost2.png", "SHA-256", pictures.digests[1], NULL});
}

// Files that are what the list says, but no usable pictures: the decoders' own checks.
Test(frost, damaged_pictures_are_errors_at_every_length)
{
    static const int places[] = {0, 3, 4};
    struct pictures pictures;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (int eighth = 0; eighth < 8; eighth++) {
            const int place = places[i];
            write_pictures(&pictures);
            spoil(names[place], pictures.files[place].bytes * (size_t)eighth / 8, SIZE_MAX);
            describe(pictures.files, pictures.digests);
            expect_error(pictures.files, STATUS_BAD_INPUT, (const char *[]){names[place], NULL});
        }
}

Test(frost, unusable_pictures_are_errors)
{
    struct pictures pictures;
    uint8_t *pixels = random_bytes(SEED, 0, 400 * 400 * 6);
    write_pictures(&pictures);
    write_png("frost1.png", 160, 400, 3, 8, pixels);
    describe(pictures.files, pictures.digests);
    expect_error(pictures.files, STATUS_BAD_INPUT, (const char *[]){"frost1.png", "400x160", NULL});
    write_png("frost1.png", 200, 200, 3, 16, pixels);
    describe(pictures.files, pictures.digests);
    expect_error(pictures.files, STATUS_BAD_INPUT, (const char *[]){"frost1.png", "16 bits", NULL});
    free(pixels);
}

// A byte changed anywhere gives an error or some picture, and no more than that: run with sanitizers.
Test(frost, decoders_survive_changed_bytes)
{
    struct pictures pictures;
    write_pictures(&pictures);
    for (int place = 0; place < FROST_TEXTURES; place++) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        struct status status = file_read(names[place], 1 << 24, &bytes, &size);
        cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
        int refused = 0;
        for (size_t at = 0; at < size; at += 1 + size / 300) {
            struct picture picture;
            bytes[at] ^= 0x55;
            refused += picture_decode(names[place], bytes, size, &picture).code != STATUS_OK;
            picture_destroy(&picture);
            bytes[at] ^= 0x55;
        }
        cr_expect(gt(int, refused, 0), "%s", names[place]);
        free(bytes);
    }
}

// ---- ice -------------------------------------------------------------------------------------------------------

static void expect_ice(const char *where)
{
    struct frost frost;
    struct status status = frost_load(where, &frost);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_expect(eq(int, frost.origin, FROST_PROCEDURAL));
    cr_expect(eq(str, (char *)frost_origin_name(frost.origin), "procedural"));
    cr_expect(eq(sz, frost.bytes, (size_t)FROST_TEXTURES * FROST_ICE_HEIGHT * FROST_ICE_WIDTH * 3));
    for (int i = 0; i < FROST_TEXTURES; i++) {
        cr_expect(eq(int, frost.textures.textures[i].height, FROST_ICE_HEIGHT));
        cr_expect(eq(int, frost.textures.textures[i].width, FROST_ICE_WIDTH));
    }
    frost_destroy(&frost);
}

Test(frost, ice_stands_in_where_no_picture_is)
{
    expect_ice(NULL);
    expect_ice(".");
    expect_ice("no-such-folder");
}

// Bright over dark, more blue than red, five different ones; and the very bytes, which results hang on.
Test(frost, ice_is_the_same_everywhere)
{
    static const char *const digests[FROST_TEXTURES] = {
        "a1f8d0942cb9f5d264cb2fe654294a5e3bf776e0c7cbd202922a02b5db521cd2",
        "1d8be411c80241221ca680efb1b7e4353d2ea24eab4e17155ea845fbd0db5b55",
        "e662e2b4e488cb01e0df692830cf1038d929c53710989348fa7cd341af32e55d",
        "c9eeb818d9b8254be8f0465ac28caaac3840da1f947403cef3f0f7f9bbee49d7",
        "eab5c72c6b991f6b0b168118ff519c128d5637f20bb39fc39a3346f4d9e28813",
    };
    enum { BYTES = FROST_ICE_HEIGHT * FROST_ICE_WIDTH * 3 };
    uint8_t *pixels = test_allocate(BYTES);
    for (int texture = 0; texture < FROST_TEXTURES; texture++) {
        char digest[65];
        double sums[3] = {0, 0, 0}, squares = 0;
        frost_ice_draw((uint32_t)texture, pixels);
        for (int i = 0; i < BYTES; i++) sums[i % 3] += pixels[i];
        for (int i = 1; i < BYTES; i += 3) squares += pixels[i] * pixels[i];
        const double count = BYTES / 3.0, mean = sums[1] / count;
        cr_expect(mean > 90 && mean < 190 && sums[2] > sums[0], "texture %d: mean %g", texture, mean);
        cr_expect(sqrt(squares / count - mean * mean) > 30, "texture %d is flat", texture);
        digest_sha256(pixels, BYTES, digest);
        cr_expect(eq(str, digest, (char *)digests[texture]), "texture %d", texture);
    }
    free(pixels);
}
