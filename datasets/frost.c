// frost.c: finds, checks and thins out frost's pictures. Decoding is picture.c's, drawing frost_ice.c's.
// Tests: tests/frost_test.c.
#include "datasets/frost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "datasets/data_folder.h"
#include "datasets/frost_ice.h"
#include "datasets/picture.h"

// hendrycks/robustness, ImageNet-C/create_c, commit 8190fe3. The sixth picture there is never used.
const struct frost_file frost_published_files[FROST_TEXTURES] = {
    {"frost1.png", 1199930, "ff9f907860bd7a835d459e32f9d588062b7f61ee267343cc7222b56753a14755"},
    {"frost2.png", 299002, "fe211a89b336999c207a852ce05818d4545d0b57c5beadd824b4cc9d9a9b6137"},
    {"frost3.png", 299002, "2d0d50b4a9bb213f38b024ef7768731bb83cc08d2f26b5766bbc167cdfa0e504"},
    {"frost4.jpg", 36734, "3f8b91ca1a9fa7167b09e773da53f5ae60d0a1fd88f02a783f6e328a72887f6e"},
    {"frost5.jpg", 155150, "5fc6a19df4a429ba68abdcc8f8a4278d4c9f81c9ccafd2c92ab0c8cf8992ebd2"},
};

static const size_t file_limit = (size_t)1 << 24;

const char *frost_origin_name(enum frost_origin origin)
{
    return origin == FROST_PUBLISHED ? "published" : "procedural";
}

void frost_destroy(struct frost *frost)
{
    free(frost->pixels);
    *frost = (struct frost){.pixels = NULL};
}

// Where textures 0 .. place end.
static size_t texture_end(const struct frost_textures *textures, int place)
{
    return textures->textures[place].offset +
           (size_t)textures->textures[place].height * (size_t)textures->textures[place].width * PICTURE_CHANNELS;
}

// Room for one more texture behind those before it.
static struct status append_texture(struct frost *frost, int place, int height, int width)
{
    frost->textures.textures[place].height = height;
    frost->textures.textures[place].width = width;
    frost->textures.textures[place].offset = place == 0 ? 0 : texture_end(&frost->textures, place - 1);
    const size_t bytes = texture_end(&frost->textures, place);
    uint8_t *pixels = realloc(frost->pixels, bytes);
    if (pixels == NULL) return status_error(STATUS_NO_MEMORY, "frost textures of %zu bytes: out of memory", bytes);
    frost->pixels = pixels;
    frost->bytes = bytes;
    frost->textures.pixels = pixels;
    return status_ok();
}

// Every fifth pixel: resizing to a fifth, as the original does it, meets pixel centres exactly.
static struct status thin_out(const char *path, const struct picture *picture, struct frost *frost, int place)
{
    const int height = (int)nearbyint(0.2 * picture->height), width = (int)nearbyint(0.2 * picture->width);
    if (height <= PICTURE_SIDE || width <= PICTURE_SIDE)
        return status_error(STATUS_BAD_INPUT, "frost texture %s: expected more than 160 pixels each way, found %dx%d",
                            path, picture->width, picture->height);
    struct status status = append_texture(frost, place, height, width);
    if (status.code != STATUS_OK) return status;
    uint8_t *to = frost->pixels + frost->textures.textures[place].offset;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++, to += PICTURE_CHANNELS) {
            const size_t from = (size_t)(5 * row + 2) * (size_t)picture->width + (size_t)(5 * column + 2);
            memcpy(to, picture->pixels + PICTURE_CHANNELS * from, PICTURE_CHANNELS);
        }
    return status_ok();
}

static struct status check_file(const char *path, const struct frost_file *file, const uint8_t *bytes, size_t size)
{
    char found[65];
    if (size != file->bytes)
        return status_error(STATUS_BAD_INPUT, "frost texture %s: expected %zu bytes, found %zu", path, file->bytes,
                            size);
    digest_sha256(bytes, size, found);
    if (strcmp(found, file->sha256) != 0)
        return status_error(STATUS_BAD_INPUT, "frost texture %s: expected SHA-256 %s, found %s", path, file->sha256,
                            found);
    return status_ok();
}

static struct status load_texture(const char *path, const struct frost_file *file, struct frost *frost, int place)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct picture picture = {.pixels = NULL};
    struct status status = file_read(path, file_limit, &bytes, &size);
    if (status.code == STATUS_OK) status = check_file(path, file, bytes, size);
    if (status.code == STATUS_OK) status = picture_decode(path, bytes, size, &picture);
    if (status.code == STATUS_OK) status = thin_out(path, &picture, frost, place);
    picture_destroy(&picture);
    free(bytes);
    return status;
}

static struct status load_published(const char *folder, const struct frost_file files[FROST_TEXTURES],
                                    struct frost *frost)
{
    struct status status = status_ok();
    frost->origin = FROST_PUBLISHED;
    for (int place = 0; place < FROST_TEXTURES && status.code == STATUS_OK; place++) {
        char *path = path_join(folder, files[place].name);
        status = load_texture(path, &files[place], frost, place);
        free(path);
    }
    return status;
}

static struct status draw_procedural(struct frost *frost)
{
    struct status status = status_ok();
    frost->origin = FROST_PROCEDURAL;
    for (int place = 0; place < FROST_TEXTURES && status.code == STATUS_OK; place++) {
        status = append_texture(frost, place, FROST_ICE_HEIGHT, FROST_ICE_WIDTH);
        if (status.code == STATUS_OK)
            frost_ice_draw((uint32_t)place, frost->pixels + frost->textures.textures[place].offset);
    }
    return status;
}

static int count_present(const char *folder, const struct frost_file files[FROST_TEXTURES])
{
    int present = 0;
    for (int place = 0; folder != NULL && place < FROST_TEXTURES; place++) {
        char *path = path_join(folder, files[place].name);
        present += file_exists(path);
        free(path);
    }
    return present;
}

struct status frost_load_files(const char *folder, const struct frost_file files[FROST_TEXTURES], struct frost *frost)
{
    *frost = (struct frost){.pixels = NULL};
    struct status status =
        count_present(folder, files) > 0 ? load_published(folder, files, frost) : draw_procedural(frost);
    if (status.code != STATUS_OK) frost_destroy(frost);
    return status;
}

struct status frost_load(const char *folder, struct frost *frost)
{
    return frost_load_files(folder, frost_published_files, frost);
}

struct status frost_find(const char *asked, struct frost *frost)
{
    char *folder = NULL;
    if (data_folder_resolve(asked, &folder).code != STATUS_OK) folder = NULL;
    struct status status = frost_load(folder, frost);
    free(folder);
    return status;
}
