// ini.c: INI text to a flat list of entries through inih, with the checks that inih leaves out: NUL bytes, text after a
// section's bracket, keys without a section or name, keys given twice, and names and lines too long for its buffers
// (it would cut them silently). What sections and keys mean is the caller's. Tests: tests/ini_test.c.
#include "base/ini.h"

#include <ini.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    INI_LINE_LIMIT = 4096,   // bytes in a line, without its end
    INI_SECTION_LIMIT = 48,  // inih cuts section names at 49 bytes
    INI_ENTRY_LIMIT = 10000, // keys in a file; bounds the search for duplicates
};

// One parse: where the reader stands in the text, the line that it gave to inih last, and what has come of it.
struct ini_parser {
    const char *name, *text;
    size_t size, position;
    const char *line;
    size_t line_length;
    int line_number;
    struct ini_file *file;
    struct status status;
};

// Debian's inih has its build options as variables of the process. Inline comments are off because a value may well
// contain " ;", and indented lines are ordinary ones instead of continuations.
static void ini_configure(void)
{
    ini_use_stack = false;
    ini_initial_alloc = INI_LINE_LIMIT + 3; // '\n', '\0' and one to spare
    ini_max_line = INI_LINE_LIMIT + 3;
    ini_allow_realloc = false;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_no_value = false;
    ini_stop_on_first_error = true;
}

static bool ini_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// inih ignores whatever follows "[section]"; a forgotten line end would lose a key.
static bool ini_section_line_is_clean(const char *line, size_t length)
{
    while (length > 0 && ini_is_blank(*line)) line++, length--;
    const char *close = length > 0 && *line == '[' ? memchr(line, ']', length) : NULL;
    if (close == NULL) return true; // no section line, or one that inih itself refuses
    const char *end = line + length;
    for (line = close + 1; line < end && ini_is_blank(*line);) line++;
    return line == end || *line == ';' || *line == '#';
}

// The reader that inih calls for every line, in place of fgets. NULL ends the parse.
static char *ini_read_line(char *buffer, int size, void *context)
{
    struct ini_parser *parser = context;
    if (parser->status.code != STATUS_OK || parser->position == parser->size) return NULL;
    const char *line = parser->text + parser->position;
    size_t left = parser->size - parser->position;
    const char *end = memchr(line, '\n', left);
    size_t length = end == NULL ? left : (size_t)(end - line);
    parser->position += length + (end != NULL);
    parser->line = line;
    parser->line_length = length;
    parser->line_number++;
    if (length + 3 > (size_t)size)
        parser->status = status_error(STATUS_USAGE, "%s:%d: line of %zu bytes, expected at most %d", parser->name,
                                      parser->line_number, length, size - 3);
    else if (memchr(line, '\0', length) != NULL)
        parser->status =
            status_error(STATUS_USAGE, "%s:%d: a NUL byte: this is no text file", parser->name, parser->line_number);
    else if (!ini_section_line_is_clean(line, length))
        parser->status = status_error(STATUS_USAGE, "%s:%d: expected nothing after \"]\", found \"%.*s\"", parser->name,
                                      parser->line_number, (int)length, line);
    if (parser->status.code != STATUS_OK) return NULL;
    memcpy(buffer, line, length);
    buffer[length] = '\n';
    buffer[length + 1] = '\0';
    return buffer;
}

static struct status ini_check_entry(const struct ini_parser *parser, const char *section, const char *key)
{
    const char *name = parser->name;
    int line = parser->line_number;
    if (key[0] == '\0')
        return status_error(STATUS_USAGE, "%s:%d: expected a key before the \"=\", found none", name, line);
    if (section[0] == '\0')
        return status_error(STATUS_USAGE, "%s:%d: key \"%s\" stands outside any [section]", name, line, key);
    if (strlen(section) > INI_SECTION_LIMIT)
        return status_error(STATUS_USAGE, "%s:%d: key \"%s\" is in a section whose name has over %d bytes (\"%s...\")",
                            name, line, key, INI_SECTION_LIMIT, section);
    if (parser->file->count >= INI_ENTRY_LIMIT)
        return status_error(STATUS_USAGE, "%s:%d: more than %d keys in one file", name, line, INI_ENTRY_LIMIT);
    for (size_t i = 0; i < parser->file->count; i++) {
        const struct ini_entry *entry = &parser->file->entries[i];
        if (strcmp(entry->section, section) == 0 && strcmp(entry->key, key) == 0)
            return status_error(STATUS_USAGE, "%s:%d: key \"%s\" of [%s] was given before, in line %d", name, line, key,
                                section, entry->line);
    }
    return status_ok();
}

static struct status ini_add_entry(const struct ini_parser *parser, const char *section, const char *key,
                                   const char *value)
{
    struct ini_file *file = parser->file;
    if ((file->count & (file->count - 1)) == 0) { // full at every power of two
        size_t capacity = file->count == 0 ? 1 : 2 * file->count;
        struct ini_entry *grown = realloc(file->entries, capacity * sizeof *grown);
        if (grown == NULL) goto no_memory;
        file->entries = grown;
    }
    struct ini_entry entry = {strdup(section), strdup(key), strdup(value), parser->line_number};
    file->entries[file->count++] = entry; // counted even when incomplete, so that ini_destroy frees the rest
    if (entry.section != NULL && entry.key != NULL && entry.value != NULL) return status_ok();
no_memory:
    return status_error(STATUS_NO_MEMORY, "%s:%d: out of memory", parser->name, parser->line_number);
}

// inih calls this for every key; 0 stops it.
static int ini_handle_entry(void *context, const char *section, const char *key, const char *value)
{
    struct ini_parser *parser = context;
    parser->status = ini_check_entry(parser, section, key);
    if (parser->status.code == STATUS_OK) parser->status = ini_add_entry(parser, section, key, value);
    return parser->status.code == STATUS_OK;
}

static struct status ini_explain_failure(const struct ini_parser *parser, int result)
{
    if (result == -2) return status_error(STATUS_NO_MEMORY, "parse %s: out of memory", parser->name);
    size_t length = parser->line_length;
    while (length > 0 && ini_is_blank(parser->line[length - 1])) length--;
    return status_error(STATUS_USAGE, "%s:%d: expected \"[section]\" or \"key = value\", found \"%.*s\"", parser->name,
                        parser->line_number, (int)length, parser->line);
}

struct status ini_parse_memory(const char *name, const char *text, size_t size, struct ini_file *file)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, ini_configure);
    *file = (struct ini_file){NULL, 0};
    struct ini_parser parser = {.name = name, .text = text, .size = size, .file = file, .status = status_ok()};
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) parser.position = 3; // a UTF-8 byte order mark
    int result = ini_parse_stream(ini_read_line, &parser, ini_handle_entry, &parser);
    if (parser.status.code == STATUS_OK && result != 0) parser.status = ini_explain_failure(&parser, result);
    if (parser.status.code != STATUS_OK) ini_destroy(file);
    return parser.status;
}

void ini_destroy(struct ini_file *file)
{
    if (file == NULL) return;
    for (size_t i = 0; i < file->count; i++) {
        free(file->entries[i].section);
        free(file->entries[i].key);
        free(file->entries[i].value);
    }
    free(file->entries);
    *file = (struct ini_file){NULL, 0};
}
