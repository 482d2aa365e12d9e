// panel_image.c: see panel_image.h. The picture is shown by the browser; here its head alone is read, for its size.
// Tests: tests/report_learned_test.c.
#include "report/panel_image.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum { PANEL_SIZE_LIMIT = 1 << 20, PANEL_SIDE_LIMIT = 4096, PANEL_HEAD = 24 };

static const char panel_file[] = "panel.png";

static uint32_t panel_read_number(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Signature, and a first chunk IHDR that begins with width and height (PNG specification, 5.2 and 11.2.2).
static struct status panel_read_head(const uint8_t *bytes, size_t size, uint32_t *width, uint32_t *height)
{
    static const uint8_t begin[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    if (size < PANEL_HEAD || memcmp(bytes, begin, sizeof begin) != 0)
        return status_error(STATUS_BAD_INPUT, "%s does not begin as a PNG file does", panel_file);
    *width = panel_read_number(bytes + sizeof begin);
    *height = panel_read_number(bytes + sizeof begin + 4);
    if (*width == 0 || *height == 0 || *width > PANEL_SIDE_LIMIT || *height > PANEL_SIDE_LIMIT)
        return status_error(STATUS_BAD_INPUT, "%s: expected 1 to %d pixels a side, found %u x %u", panel_file,
                            PANEL_SIDE_LIMIT, *width, *height);
    return status_ok();
}

static void panel_append_base64(const uint8_t *bytes, size_t size, struct text *html)
{
    unsigned char *encoded = malloc((size + 2) / 3 * 4 + 1);
    html->failed = html->failed || encoded == NULL;
    if (encoded == NULL) return;
    int length = EVP_EncodeBlock(encoded, bytes, (int)size);
    text_append_bytes(html, (const char *)encoded, (size_t)length);
    free(encoded);
}

struct status panel_image_append(const char *runs_folder, const char *run, const char *description, struct text *html)
{
    struct stat information;
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint32_t width = 0, height = 0;
    char *folder = path_join(runs_folder, run), *path = path_join(folder, panel_file);
    struct status status = status_ok();
    if (stat(path, &information) == 0 && !S_ISREG(information.st_mode)) // a pipe could block for ever
        status = status_error(STATUS_BAD_INPUT, "%s is not a plain file", panel_file);
    else
        status = file_read(path, PANEL_SIZE_LIMIT, &bytes, &size);
    if (status.code == STATUS_MISSING) status = status_error(STATUS_MISSING, "the run has no %s", panel_file);
    if (status.code == STATUS_OK) status = panel_read_head(bytes, size, &width, &height);
    if (status.code == STATUS_OK) {
        text_append_format(html, "<img loading=\"lazy\" decoding=\"async\" width=\"%u\" height=\"%u\" alt=\"", width,
                           height);
        text_append_html(html, description);
        text_append(html, "\" src=\"data:image/png;base64,");
        panel_append_base64(bytes, size, html);
        text_append(html, "\">");
    }
    free(bytes);
    free(path);
    free(folder);
    return status;
}
