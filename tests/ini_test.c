// ini_test.c: what INI text means, and the sentence for every way of getting it wrong.
#include "base/ini.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

static struct status parse(const char *text, struct ini_file *file)
{
    return ini_parse_memory("test.ini", text, strlen(text), file);
}

Test(ini, entries_keep_order_and_lines)
{
    static const struct ini_entry expected[] = {
        {"training", "rate", "0.1 | chosen | the usual value", 3},
        {"training", "epochs", "30", 5},
        {"data", "rate", "", 9},
        {"data", "path", "a = b : c ; no comment # either", 10},
        {"training", "more", "1", 12},
    };
    static const char text[] = "# a comment\n"
                               "[training]\n"
                               "rate = 0.1 | chosen | the usual value\n"
                               "; another\n"
                               "   epochs=30   \n"
                               "\n"
                               "[data] ; said here\n"
                               "  # indented comment\n"
                               "rate =\n"
                               "path = a = b : c ; no comment # either\n"
                               "\t[training]\n"
                               "more: 1";
    struct ini_file file;
    struct status status = parse(text, &file);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, file.count, sizeof expected / sizeof expected[0]));
    for (size_t i = 0; i < file.count; i++) {
        cr_expect(eq(str, file.entries[i].section, expected[i].section), "entry %zu", i);
        cr_expect(eq(str, file.entries[i].key, expected[i].key), "entry %zu", i);
        cr_expect(eq(str, file.entries[i].value, expected[i].value), "entry %zu", i);
        cr_expect(eq(int, file.entries[i].line, expected[i].line), "entry %zu", i);
    }
    ini_destroy(&file);
    cr_expect(eq(ptr, file.entries, NULL));
}

Test(ini, byte_order_mark_and_carriage_returns_are_accepted)
{
    struct ini_file file;
    struct status status = parse("\xEF\xBB\xBF[a]\r\nk = v\r\n\r\nz = 2\r\n", &file);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    cr_assert(eq(sz, file.count, 2));
    cr_expect(eq(str, file.entries[0].section, "a"));
    cr_expect(eq(str, file.entries[0].value, "v"));
    cr_expect(eq(str, file.entries[1].value, "2"));
    cr_expect(eq(int, file.entries[1].line, 4));
    ini_destroy(&file);
}

Test(ini, nothing_is_a_file_without_entries)
{
    static const char *const texts[] = {"", "\n", "\n\n", "# only this", "[a]", "[a]\n[b]\n", "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ini_file file;
        struct status status = parse(texts[i], &file);
        cr_expect(eq(int, status.code, STATUS_OK), "text %zu: %s", i, status.message);
        cr_expect(eq(sz, file.count, 0), "text %zu", i);
        ini_destroy(&file);
    }
}

Test(ini, the_text_needs_no_end_mark)
{
    struct ini_file file;
    static const char text[] = "[a]\nkey = 12345";
    for (size_t size = 0; size < sizeof text; size++) {
        char *exact = malloc(size + 1); // a copy of just that size, so that sanitizers see a read beyond it
        cr_assert(ne(ptr, exact, NULL));
        char *bytes = realloc(exact, size > 0 ? size : 1);
        cr_assert(ne(ptr, bytes, NULL));
        memcpy(bytes, text, size);
        struct status status = ini_parse_memory("test.ini", bytes, size, &file);
        if (status.code == STATUS_OK && size > 10) {
            cr_expect(eq(sz, file.count, 1), "size %zu", size);
            cr_expect(eq(sz, strlen(file.entries[0].value), size > 10 ? size - 10 : 0), "size %zu", size);
        }
        ini_destroy(&file);
        free(bytes);
    }
}

Test(ini, errors_name_file_line_and_reason)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"k = 1\n", "test.ini:1: key \"k\" stands outside any [section]"},
        {"[]\nk = 1\n", "test.ini:2: key \"k\" stands outside any [section]"},
        {"[a]\nk = 1\nj = 2\nk = 3\n", "test.ini:4: key \"k\" of [a] was given before, in line 2"},
        {"[a]\nk = 1\n[b]\nk = 1\n[a]\nk = 1\n", "test.ini:6: key \"k\" of [a] was given before, in line 2"},
        {"[a]\n\nnothing here\n", "test.ini:3: expected \"[section]\" or \"key = value\", found \"nothing here\""},
        {"[a]\r\nwords\r\n", "test.ini:2: expected \"[section]\" or \"key = value\", found \"words\""},
        {"[a\nk = 1\n", "test.ini:1: expected \"[section]\" or \"key = value\", found \"[a\""},
        {"[a]\n = 1\n", "test.ini:2: expected a key before the \"=\", found none"},
        {"[a] k = 1\n", "test.ini:1: expected nothing after \"]\", found \"[a] k = 1\""},
        {"\xEF\xBB\xBF[a] k = 1\n", "test.ini:1: expected nothing after \"]\", found \"[a] k = 1\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ini_file file;
        struct status status = parse(cases[i].text, &file);
        cr_expect(eq(int, status.code, STATUS_USAGE), "case %zu", i);
        cr_expect(eq(str, status.message, (char *)cases[i].message), "case %zu", i);
        cr_expect(eq(sz, file.count, 0), "case %zu", i);
    }
}

Test(ini, nul_bytes_are_refused)
{
    static const char text[] = "[a]\nk = 1\0\nj = 2\n";
    struct ini_file file;
    struct status status = ini_parse_memory("test.ini", text, sizeof text - 1, &file);
    cr_expect(eq(int, status.code, STATUS_USAGE));
    cr_expect(eq(str, status.message, "test.ini:2: a NUL byte: this is no text file"));
}

// Lines up to the limit arrive whole; one byte more is an error that names the line and the limit.
Test(ini, long_lines_are_whole_or_refused)
{
    static const size_t lengths[] = {150, 199, 200, 201, 500, 1023, 1024, 4095, 4096, 4097, 5000, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = lengths[i];
        char *text = malloc(length + 32);
        cr_assert(ne(ptr, text, NULL));
        strcpy(text, "[a]\nk = ");
        memset(text + 8, 'x', length - 4);
        strcpy(text + 4 + length, "\nnext = 1\n");
        struct ini_file file;
        struct status status = parse(text, &file);
        if (length <= 4096) {
            cr_assert(eq(int, status.code, STATUS_OK), "length %zu: %s", length, status.message);
            cr_assert(eq(sz, file.count, 2), "length %zu", length);
            cr_expect(eq(sz, strlen(file.entries[0].value), length - 4), "length %zu", length);
            cr_expect(eq(int, file.entries[1].line, 3), "length %zu", length);
        } else {
            char expected[128];
            snprintf(expected, sizeof expected, "test.ini:2: line of %zu bytes, expected at most 4096", length);
            cr_expect(eq(int, status.code, STATUS_USAGE), "length %zu", length);
            cr_expect(eq(str, status.message, expected));
        }
        ini_destroy(&file);
        free(text);
    }
}

Test(ini, long_section_names_are_refused_not_cut)
{
    for (size_t length = 40; length < 60; length++) {
        char name[64], text[128];
        memset(name, 's', length);
        name[length] = '\0';
        snprintf(text, sizeof text, "[%s]\nk = 1\n", name);
        struct ini_file file;
        struct status status = parse(text, &file);
        cr_expect(eq(int, status.code, length <= 48 ? STATUS_OK : STATUS_USAGE), "length %zu: %s", length,
                  status.message);
        if (status.code == STATUS_OK) cr_expect(eq(str, file.entries[0].section, name));
        ini_destroy(&file);
    }
}

Test(ini, too_many_keys_are_refused)
{
    char *text = malloc(200000), *end = text;
    cr_assert(ne(ptr, text, NULL));
    end += sprintf(end, "[a]\n");
    for (int i = 0; i < 10001; i++) end += sprintf(end, "k%d = 1\n", i);
    struct ini_file file;
    struct status status = parse(text, &file);
    cr_expect(eq(int, status.code, STATUS_USAGE));
    cr_expect(eq(str, status.message, "test.ini:10002: more than 10000 keys in one file"));
    free(text);
}

// Random text from the letters that matter: nothing crashes, and a success is a well-formed list.
Test(ini, random_text_does_no_harm)
{
    static const char alphabet[] = "[]=:;#ab \t\r\n\n\\\"\0\xEF\xBB\xBF";
    for (uint32_t seed = 0; seed < 20000; seed++) {
        struct random_stream stream = random_stream_create(seed, PURPOSE_TEST, 0, 0);
        char text[120];
        size_t size = random_next_below(&stream, sizeof text);
        for (size_t i = 0; i < size; i++) text[i] = alphabet[random_next_below(&stream, sizeof alphabet - 1)];
        struct ini_file file;
        struct status status = ini_parse_memory("test.ini", text, size, &file);
        cr_assert(status.code == STATUS_OK || status.code == STATUS_USAGE, "seed %u", seed);
        for (size_t i = 0; i < file.count; i++)
            cr_assert(file.entries[i].section[0] != '\0' && file.entries[i].key[0] != '\0', "seed %u", seed);
        ini_destroy(&file);
    }
}
