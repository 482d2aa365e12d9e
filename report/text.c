// text.c: growing text and escapes for HTML, Markdown and CSV. Tests: tests/report_text_test.c.
#include "report/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { TEXT_REPLACEMENT = 0xFFFD };

void text_destroy(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

// Makes room for `count` more bytes and the terminating 0.
static bool text_reserve(struct text *text, size_t count)
{
    if (text->failed) return false;
    if (count < text->capacity - text->length) return true;
    size_t capacity = text->capacity < 1024 ? 1024 : text->capacity;
    while (capacity <= text->length + count) capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_append_bytes(struct text *text, const char *bytes, size_t count)
{
    if (!text_reserve(text, count)) return;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
    if (string != NULL) text_append_bytes(text, string, strlen(string));
}

void text_append_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        text->failed = true;
    else if (text_reserve(text, (size_t)length))
        text->length += (size_t)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
}

// How many bytes a UTF-8 sequence has that starts with `lead`; 0 when none does. *code gets the bits of the lead.
static int text_sequence_length(unsigned char lead, uint32_t *code)
{
    static const struct {
        unsigned char mask, pattern;
    } leads[] = {{0x80, 0x00}, {0xE0, 0xC0}, {0xF0, 0xE0}, {0xF8, 0xF0}};
    for (int i = 0; i < 4; i++) {
        if ((lead & leads[i].mask) == leads[i].pattern) {
            *code = (uint32_t)(lead & ~leads[i].mask & 0xFF);
            return i + 1;
        }
    }
    return 0;
}

// Reads one character and moves *cursor behind it. A byte that starts no valid sequence counts as U+FFFD by itself;
// overlong forms, surrogates and values above U+10FFFF are not valid.
static uint32_t text_decode(const char **cursor)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)*cursor;
    uint32_t code = 0;
    int length = text_sequence_length(bytes[0], &code);
    *cursor += 1;
    for (int i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) // also stops at the terminating 0
            return TEXT_REPLACEMENT;
        code = code << 6 | (bytes[i] & 0x3FU);
    }
    if (length == 0 || code < smallest[length - 1] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return TEXT_REPLACEMENT;
    *cursor += length - 1;
    return code;
}

// What a reader may safely see in place of `code`.
static uint32_t text_tame(uint32_t code)
{
    if (code == '\n' || code == '\r' || code == '\t' || code == 0x2028 || code == 0x2029) return ' ';
    bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    bool reorders = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return control || reorders ? TEXT_REPLACEMENT : code;
}

static void text_append_code(struct text *text, uint32_t code)
{
    char bytes[4];
    size_t count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = count; i-- > 1; code >>= 6) bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(leads[count] | code);
    text_append_bytes(text, bytes, count);
}

static const char *text_html_entity(uint32_t code)
{
    switch (code) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void text_append_html(struct text *text, const char *string)
{
    while (string != NULL && *string != '\0') {
        uint32_t code = text_tame(text_decode(&string));
        const char *entity = text_html_entity(code);
        if (entity != NULL)
            text_append(text, entity);
        else
            text_append_code(text, code);
    }
}

void text_append_markdown(struct text *text, const char *string)
{
    while (string != NULL && *string != '\0') {
        uint32_t code = text_tame(text_decode(&string));
        if (code == '&' || code == '<' || code == '>') {
            text_append(text, text_html_entity(code));
            continue;
        }
        if (code < 0x80 && strchr("\\`*_[]|~$#", (int)code) != NULL) text_append(text, "\\");
        text_append_code(text, code);
    }
}

void text_append_clean(struct text *text, const char *string)
{
    while (string != NULL && *string != '\0') text_append_code(text, text_tame(text_decode(&string)));
}

void text_append_csv(struct text *text, const char *string)
{
    if (string == NULL) return;
    bool formula = string[0] != '\0' && strchr("=+-@\t\r\n", string[0]) != NULL;
    bool quoted = formula || strpbrk(string, ",\"\r\n;") != NULL || string[0] == ' ';
    text_append(text, quoted ? "\"" : "");
    text_append(text, formula ? "'" : "");
    while (*string != '\0') {
        uint32_t code = text_tame(text_decode(&string));
        text_append(text, code == '"' ? "\"" : "");
        text_append_code(text, code);
    }
    text_append(text, quoted ? "\"" : "");
}

void text_append_number(struct text *text, double value)
{
    char digits[32];
    if (!isfinite(value)) return;
    number_format_double(value, digits);
    text_append(text, digits);
}

void text_append_fixed(struct text *text, double value, int decimals)
{
    char digits[64];
    if (!isfinite(value)) return;
    number_format_fixed(value, decimals, digits);
    bool negative = digits[0] == '-';
    bool zero = strspn(digits + negative, "0.") == strlen(digits + negative); // -0.04 must not become -0.0
    text_append(text, negative && !zero ? "\u2212" : "");
    text_append(text, digits + negative);
}

void text_append_probability(struct text *text, double probability)
{
    if (!isfinite(probability)) return;
    const bool small = probability < 0.001;
    text_append(text, small ? "p\u00a0<\u00a0" : "p\u00a0=\u00a0");
    text_append_fixed(text, small ? 0.001 : probability, 3);
}
