// status_test.c: messages that fit, that are cut, and the exit statuses that README.md promises.
#include "base/status.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

Test(status, ok_has_no_message)
{
    struct status status = status_ok();
    cr_expect(eq(int, status.code, STATUS_OK));
    cr_expect(eq(str, status.message, ""));
}

Test(status, error_is_formatted)
{
    struct status status = status_error(STATUS_MISSING, "open %s: expected %d, found %d", "a.bin", 3, 4);
    cr_expect(eq(int, status.code, STATUS_MISSING));
    cr_expect(eq(str, status.message, "open a.bin: expected 3, found 4"));
}

Test(status, a_message_may_quote_the_status_it_replaces)
{
    struct status status = status_error(STATUS_IO, "disk full");
    status = status_error(status.code, "write table: %s", status.message);
    cr_expect(eq(str, status.message, "write table: disk full"));
}

// The longest message that fits is whole; from one byte more on it ends in dots and is still full.
Test(status, long_messages_are_cut)
{
    for (size_t length = 509; length <= 600; length++) {
        char text[601], expected[512];
        memset(text, 'x', length);
        text[length] = '\0';
        struct status status = status_error(STATUS_IO, "%s", text);
        if (length < sizeof status.message) {
            cr_expect(eq(str, status.message, text), "length %zu", length);
        } else {
            snprintf(expected, sizeof expected, "%.508s...", text);
            cr_expect(eq(str, status.message, expected), "length %zu", length);
        }
    }
}

// Characters of two, three and four bytes, shifted by 0..3 bytes, so that every possible cut is met.
Test(status, a_cut_leaves_whole_characters)
{
    static const char *const characters[] = {"é", "€", "𝛑"};
    for (size_t c = 0; c < sizeof characters / sizeof characters[0]; c++) {
        size_t width = strlen(characters[c]);
        for (size_t shift = 0; shift < 4; shift++) {
            char text[1024] = "abc";
            text[shift] = '\0';
            while (strlen(text) < 600) strcat(text, characters[c]);
            struct status status = status_error(STATUS_IO, "%s", text);
            size_t length = strlen(status.message);
            cr_expect(eq(str, status.message + length - 3, "..."), "character %zu, shift %zu", c, shift);
            cr_expect(eq(sz, (length - 3 - shift) % width, 0), "character %zu, shift %zu", c, shift);
            cr_expect(gt(sz, length, sizeof status.message - 1 - width), "character %zu, shift %zu", c, shift);
        }
    }
}

Test(status, exit_codes_are_the_documented_ones)
{
    static const struct {
        enum status_code code;
        int exit_code;
    } cases[] = {
        {STATUS_OK, 0},        {STATUS_FAILED, 1}, {STATUS_DIVERGED, 1},  {STATUS_USAGE, 2},  {STATUS_MISSING, 3},
        {STATUS_BAD_INPUT, 3}, {STATUS_IO, 3},     {STATUS_NO_MEMORY, 4}, {STATUS_DEVICE, 4}, {STATUS_INTERRUPTED, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect(eq(int, status_exit_code(cases[i].code), cases[i].exit_code), "code %d", cases[i].code);
}
