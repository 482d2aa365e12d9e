// contact_sheet.c: where on the sheet everything stands, and the way into a PNG file through libpng.
// Tests: tests/cli_corrupt_test.c, tests/contact_sheet_test.c.
#include "cli/contact_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/png_file.h"
#include "cli/lettering.h"
#include "harness/image_corruptor.h"

enum {
    MARGIN = 12,
    TILE = SHEET_SCALE * IMAGE_SIDE,
    PITCH = TILE + 2,                                  // from tile to tile
    BLOCK_GAP = 14,                                    // between the images' blocks of columns
    LINE = 10 * SHEET_SCALE,                           // from line to line of text
    HEAD = MARGIN + 3 * LINE,                          // above the tiles: caption, images, columns
    LEFT = MARGIN + 18 * LETTER_ADVANCE * SHEET_SCALE, // the longest title is "Elastic transform"
};

static int columns_of(const struct corrupt_job *job)
{
    return 1 + job->severities.count;
}

static int block_left(const struct corrupt_job *job, int image)
{
    return LEFT + image * (columns_of(job) * PITCH + BLOCK_GAP);
}

static void caption(const struct corrupt_job *job, char *text, size_t size)
{
    snprintf(text, size, "%s %s images, seed %u%s%s%s", job->data->name, job->part, (unsigned)job->seed,
             job->frost != NULL ? ", frost: " : "", job->frost != NULL ? frost_origin_name(job->frost->origin) : "",
             job->frost != NULL ? " textures" : "");
}

// White, and as wide as blocks and caption need.
static struct status create_canvas(const struct corrupt_job *job, struct canvas *canvas)
{
    char text[160];
    caption(job, text, sizeof text);
    int blocks = block_left(job, job->range.count) - BLOCK_GAP - (PITCH - TILE);
    int line = MARGIN + lettering_width(text, SHEET_SCALE);
    *canvas = (struct canvas){.height = HEAD + job->corruptions.count * PITCH + MARGIN,
                              .width = (blocks > line ? blocks : line) + MARGIN};
    size_t bytes = (size_t)canvas->height * (size_t)canvas->width * 3;
    canvas->pixels = malloc(bytes);
    if (canvas->pixels == NULL) return status_error(STATUS_NO_MEMORY, "a sheet of %zu bytes: out of memory", bytes);
    memset(canvas->pixels, 255, bytes);
    return status_ok();
}

// Centred over a column of tiles.
static void draw_heading(struct canvas *canvas, int left, const char *text)
{
    lettering_draw(canvas, left + (TILE - lettering_width(text, SHEET_SCALE)) / 2, MARGIN + 2 * LINE, SHEET_SCALE,
                   text);
}

static void draw_text(const struct corrupt_job *job, struct canvas *canvas)
{
    char text[160];
    caption(job, text, sizeof text);
    lettering_draw(canvas, MARGIN, MARGIN, SHEET_SCALE, text);
    for (int c = 0; c < job->corruptions.count; c++)
        lettering_draw(canvas, MARGIN, HEAD + c * PITCH + (TILE - LETTER_HEIGHT * SHEET_SCALE) / 2, SHEET_SCALE,
                       job->corruptions.items[c]->title);
    for (int i = 0; i < job->range.count; i++) {
        int number = job->range.first + i;
        snprintf(text, sizeof text, "image %d, label %d", number, (int)job->images->labels[number]);
        lettering_draw(canvas, block_left(job, i), MARGIN + LINE, SHEET_SCALE, text);
        draw_heading(canvas, block_left(job, i), "clean");
        for (int s = 0; s < job->severities.count; s++) {
            snprintf(text, sizeof text, "%d", job->severities.items[s]);
            draw_heading(canvas, block_left(job, i) + (s + 1) * PITCH, text);
        }
    }
}

static void draw_tile(struct canvas *canvas, int left, int top, const uint8_t *pixels)
{
    for (int y = 0; y < TILE; y++)
        for (int x = 0; x < TILE; x++)
            memcpy(canvas->pixels + 3 * ((size_t)(top + y) * (size_t)canvas->width + (size_t)(left + x)),
                   pixels + (size_t)3 * (size_t)(y / SHEET_SCALE * IMAGE_SIDE + x / SHEET_SCALE), 3);
}

// One column of each block; severity 0 is the clean one.
static struct status draw_column(const struct corrupt_job *job, struct image_corruptor *corruptor, int row, int column,
                                 struct canvas *canvas)
{
    uint8_t bytes[SHEET_IMAGE_LIMIT * IMAGE_BYTES];
    const enum corruption_kind kind = (enum corruption_kind)corruption_place(job->corruptions.items[row]);
    const int severity = column == 0 ? 0 : job->severities.items[column - 1];
    image_corruptor_enqueue(corruptor, kind, severity, job->range.first,
                            job->images->pixels + (size_t)job->range.first * IMAGE_BYTES, job->range.count);
    struct status status = image_corruptor_download(corruptor, job->range.count, bytes);
    for (int i = 0; status.code == STATUS_OK && i < job->range.count; i++)
        draw_tile(canvas, block_left(job, i) + column * PITCH, HEAD + row * PITCH, bytes + (size_t)i * IMAGE_BYTES);
    return status;
}

static struct status draw_tiles(const struct corrupt_job *job, struct canvas *canvas)
{
    struct image_corruptor *corruptor = NULL;
    struct progress *progress = progress_create("contact sheet", "pictures",
                                                (double)job->corruptions.count * columns_of(job) * job->range.count);
    double done = 0;
    struct status status = image_corruptor_create(job->device, job->range.count, job->seed, job->frost, &corruptor);
    for (int row = 0; row < job->corruptions.count; row++)
        for (int column = 0; status.code == STATUS_OK && column < columns_of(job); column++) {
            status = draw_column(job, corruptor, row, column, canvas);
            progress_update(progress, done += job->range.count);
            if (status.code == STATUS_OK) status = interrupt_status();
        }
    progress_destroy(progress);
    image_corruptor_destroy(corruptor);
    return status;
}

struct status contact_sheet_write(const struct corrupt_job *job, const char *path)
{
    struct canvas canvas = {.pixels = NULL};
    struct status status = create_canvas(job, &canvas);
    if (status.code == STATUS_OK) {
        draw_text(job, &canvas);
        status = draw_tiles(job, &canvas);
    }
    if (status.code == STATUS_OK) status = png_file_write(path, canvas.width, canvas.height, canvas.pixels);
    free(canvas.pixels);
    return status;
}
