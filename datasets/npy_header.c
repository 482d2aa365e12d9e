// npy_header.c: reads the few Python literals that a NumPy header is made of, and no others.
// Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Tests: tests/npy_reader_test.c.
#include "datasets/npy_header.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *code;
    int bytes;
} elements[] = {
    [NPY_ELEMENT_UINT8] = {"uint8", "|u1", 1},
    [NPY_ELEMENT_INT32] = {"int32", "<i4", 4},
    [NPY_ELEMENT_INT64] = {"int64", "<i8", 8},
};
enum { ELEMENT_COUNT = sizeof elements / sizeof elements[0] };

static const uint64_t data_limit = (uint64_t)1 << 62;

int npy_element_bytes(enum npy_element element)
{
    return elements[element].bytes;
}

const char *npy_element_name(enum npy_element element)
{
    return elements[element].name;
}

struct status npy_preamble_decode(const char *name, const uint8_t *bytes, size_t size, size_t *text_offset,
                                  size_t *text_size)
{
    static const uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (size < NPY_PREAMBLE_BYTES)
        return status_error(STATUS_BAD_INPUT, "%s: expected a .npy file, found %zu bytes", name, size);
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return status_error(STATUS_BAD_INPUT, "%s: byte 0: expected a .npy file, found other bytes", name);
    if ((bytes[6] != 1 && bytes[6] != 2) || bytes[7] != 0)
        return status_error(STATUS_BAD_INPUT, "%s: byte 6: expected .npy version 1.0 or 2.0, found %d.%d", name,
                            bytes[6], bytes[7]);
    *text_offset = bytes[6] == 1 ? 10 : 12;
    *text_size = bytes[8] + ((size_t)bytes[9] << 8);
    if (bytes[6] == 2) *text_size += ((size_t)bytes[10] << 16) + ((size_t)bytes[11] << 24);
    if (*text_size > NPY_TEXT_LIMIT)
        return status_error(STATUS_BAD_INPUT, "%s: byte 8: expected a header of at most %d bytes, found %zu", name,
                            NPY_TEXT_LIMIT, *text_size);
    return status_ok();
}

// ---- the literals ----------------------------------------------------------------------------------------------

struct literals {
    const char *name, *text;
    size_t offset, size, at; // of the text in the file; its length; the next character
};

static void skip_blanks(struct literals *literals)
{
    while (literals->at < literals->size && strchr(" \t\n\r", literals->text[literals->at]) != NULL &&
           literals->text[literals->at] != '\0')
        literals->at++;
}

// The next character, or 0 at the end.
static char peek(struct literals *literals)
{
    skip_blanks(literals);
    return literals->at < literals->size ? literals->text[literals->at] : '\0';
}

static struct status error_expected(struct literals *literals, const char *expected)
{
    char found[24];
    size_t length = 0;
    for (size_t at = literals->at; at < literals->size && length < sizeof found - 1; at++)
        found[length++] = (char)(isprint((unsigned char)literals->text[at]) ? literals->text[at] : '?');
    found[length] = '\0';
    return status_error(STATUS_BAD_INPUT, "%s: byte %zu: expected %s, found %s", literals->name,
                        literals->offset + literals->at, expected, length == 0 ? "the header's end" : found);
}

static struct status take(struct literals *literals, char character)
{
    const char expected[] = {'"', character, '"', '\0'};
    if (peek(literals) != character) return error_expected(literals, expected);
    literals->at++;
    return status_ok();
}

// A word that stands there, or false, and nothing is taken.
static bool take_word(struct literals *literals, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(literals);
    if (literals->size - literals->at < length || memcmp(literals->text + literals->at, word, length) != 0)
        return false;
    literals->at += length;
    return true;
}

// A text between quotes of either kind, without escapes.
static struct status take_string(struct literals *literals, char *string, size_t size)
{
    char quote = peek(literals);
    if (quote != '\'' && quote != '"') return error_expected(literals, "a text in quotes");
    const char *begin = literals->text + literals->at + 1;
    const char *end = memchr(begin, quote, literals->size - literals->at - 1);
    if (end == NULL || (size_t)(end - begin) >= size || memchr(begin, '\\', (size_t)(end - begin)) != NULL)
        return error_expected(literals, "a short text in quotes");
    memcpy(string, begin, (size_t)(end - begin));
    string[end - begin] = '\0';
    literals->at += (size_t)(end - begin) + 2;
    return status_ok();
}

// Digits; Python 2 wrote an L behind them.
static struct status take_extent(struct literals *literals, uint64_t *extent)
{
    *extent = 0;
    if (!isdigit((unsigned char)peek(literals))) return error_expected(literals, "a whole number");
    for (; literals->at < literals->size && isdigit((unsigned char)literals->text[literals->at]); literals->at++) {
        *extent = 10 * *extent + (uint64_t)(literals->text[literals->at] - '0');
        if (*extent > data_limit) return error_expected(literals, "a smaller number");
    }
    if (literals->at < literals->size && literals->text[literals->at] == 'L') literals->at++;
    return status_ok();
}

// ---- the three keys --------------------------------------------------------------------------------------------

static struct status take_type(struct literals *literals, struct npy_layout *layout)
{
    char code[24] = "", expected[80];
    skip_blanks(literals);
    struct literals before = *literals;
    struct status status = take_string(literals, code, sizeof code);
    if (status.code != STATUS_OK) return status;
    for (int element = 0; element < ELEMENT_COUNT; element++)
        if (strcmp(code, elements[element].code) == 0) {
            layout->element = (enum npy_element)element;
            return status;
        }
    snprintf(expected, sizeof expected, "%s: '|u1' (uint8), '<i4' (int32) or '<i8' (int64)",
             code[0] == '>' ? "little-endian values" : "a known type of values");
    return error_expected(&before, expected);
}

static struct status take_order(struct literals *literals)
{
    if (take_word(literals, "False")) return status_ok();
    return error_expected(literals, "'fortran_order': False (C order)");
}

static struct status take_shape(struct literals *literals, struct npy_layout *layout)
{
    struct status status = take(literals, '(');
    bool comma = true;
    while (status.code == STATUS_OK && peek(literals) != ')') {
        if (!comma) return error_expected(literals, "\",\"");
        if (layout->dimensions == NPY_SHAPE_LIMIT) return error_expected(literals, "at most 4 dimensions");
        status = take_extent(literals, &layout->shape[layout->dimensions++]);
        comma = status.code == STATUS_OK && peek(literals) == ',';
        if (comma) literals->at++;
    }
    if (status.code != STATUS_OK) return status;
    if (layout->dimensions == 1 && !comma) return error_expected(literals, "\",\""); // "(5)" is no tuple
    return take(literals, ')');
}

enum { KEY_TYPE = 1, KEY_ORDER = 2, KEY_SHAPE = 4, ALL_KEYS = 7 };

static struct status take_entry(struct literals *literals, unsigned *seen, struct npy_layout *layout)
{
    char key[24] = "";
    skip_blanks(literals);
    struct literals before = *literals;
    struct status status = take_string(literals, key, sizeof key);
    if (status.code != STATUS_OK) return status;
    unsigned bit = strcmp(key, "descr") == 0           ? KEY_TYPE
                   : strcmp(key, "fortran_order") == 0 ? KEY_ORDER
                   : strcmp(key, "shape") == 0         ? KEY_SHAPE
                                                       : 0;
    if (bit == 0 || (*seen & bit) != 0)
        return error_expected(&before, "'descr', 'fortran_order' and 'shape', each once");
    *seen |= bit;
    status = take(literals, ':');
    if (status.code != STATUS_OK) return status;
    return bit == KEY_TYPE    ? take_type(literals, layout)
           : bit == KEY_ORDER ? take_order(literals)
                              : take_shape(literals, layout);
}

static struct status take_dictionary(struct literals *literals, struct npy_layout *layout)
{
    unsigned seen = 0;
    bool comma = true;
    struct status status = take(literals, '{');
    while (status.code == STATUS_OK && peek(literals) != '}') {
        if (!comma) return error_expected(literals, "\",\" or \"}\"");
        status = take_entry(literals, &seen, layout);
        comma = status.code == STATUS_OK && peek(literals) == ',';
        if (comma) literals->at++;
    }
    if (status.code == STATUS_OK && seen != ALL_KEYS)
        return error_expected(literals, "'descr', 'fortran_order' and 'shape', each once");
    if (status.code == STATUS_OK) status = take(literals, '}');
    if (status.code == STATUS_OK && (peek(literals) != '\0' || literals->at < literals->size))
        return error_expected(literals, "nothing behind the dictionary");
    return status;
}

struct status npy_text_decode(const char *name, const char *text, size_t text_offset, size_t text_size,
                              struct npy_layout *layout)
{
    struct literals literals = {.name = name, .text = text, .offset = text_offset, .size = text_size};
    *layout = (struct npy_layout){.data_offset = text_offset + text_size};
    struct status status = take_dictionary(&literals, layout);
    if (status.code != STATUS_OK) return status;
    layout->data_bytes = (uint64_t)npy_element_bytes(layout->element);
    for (int d = 0; d < layout->dimensions; d++) {
        uint64_t extent = layout->shape[d];
        if (extent != 0 && layout->data_bytes > data_limit / extent)
            return status_error(STATUS_BAD_INPUT, "%s: byte %zu: expected a shape of at most 2^62 bytes, found more",
                                name, text_offset);
        layout->data_bytes *= extent;
    }
    return status;
}
