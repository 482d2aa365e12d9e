// number_test.c: numbers as text and back: grammar, ranges, shortest form, and independence of the locale.
#include "base/number.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

Test(number, doubles_are_read)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"-1.5", -1.5},
        {"+2", 2},
        {".5", 0.5},
        {"5.", 5},
        {"1e3", 1000},
        {"1E-3", 1e-3},
        {"2.5e+2", 250},
        {"0.1", 0.1},
        {"1e-400", 0},
        {"007", 7},
        {"4.9406564584124654e-324", 0x1p-1074},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = NAN;
        cr_expect(number_parse_double(cases[i].text, &value), "\"%s\"", cases[i].text);
        cr_expect(value == cases[i].value, "\"%s\": %a", cases[i].text, value);
    }
}

Test(number, other_text_is_no_double)
{
    static const char *const cases[] = {"",       " ",     "x",   "1 ",  " 1",  "1x",       "0x10",  "inf",   "nan",
                                        "1e",     "1e+",   "-",   ".",   "e5",  "1,5",      "1.2.3", "--1",   "1e400",
                                        "-1e400", "1e5.0", "\t1", "1\n", "INF", "infinity", "1_000", "0x1p3", "١"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 42;
        cr_expect(not(number_parse_double(cases[i], &value)), "\"%s\"", cases[i]);
        cr_expect(value == 42, "\"%s\" left %g", cases[i], value);
    }
}

Test(number, integers_keep_to_their_range)
{
    static const struct {
        const char *text;
        int64_t minimum, maximum;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", 0, 0, true, 0},
        {"-3", -3, 3, true, -3},
        {"+3", -3, 3, true, 3},
        {"4", -3, 3, false, 0},
        {"-4", -3, 3, false, 0},
        {"0010", 0, 10, true, 10},
        {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
        {"", 0, 9, false, 0},
        {"-", -9, 9, false, 0},
        {"1.0", 0, 9, false, 0},
        {"1e0", 0, 9, false, 0},
        {" 1", 0, 9, false, 0},
        {"1 ", 0, 9, false, 0},
        {"0x1", 0, 9, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 77;
        bool good = number_parse_int64(cases[i].text, cases[i].minimum, cases[i].maximum, &value);
        cr_expect(eq(int, good, cases[i].good), "\"%s\"", cases[i].text);
        cr_expect(eq(i64, value, cases[i].good ? cases[i].value : 77), "\"%s\"", cases[i].text);
    }
}

static const struct {
    double value;
    const char *text;
} formatted_doubles[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {10, "10"},
    {128, "128"},
    {0.1, "0.1"},
    {-62.4, "-62.4"},
    {1e-6, "1e-06"},
    {5e-4, "0.0005"},
    {1e15, "1000000000000000"},
    {1e16, "1e+16"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333"},
    {9007199254740993.0, "9007199254740992"},
    {0x1p-1074, "5e-324"},
    {0x1.fffffffffffffp1023, "1.7976931348623157e+308"},
    {NAN, "nan"},
    {INFINITY, "inf"},
    {-INFINITY, "-inf"},
    {-NAN, "nan"},
};

Test(number, doubles_are_written_short)
{
    for (size_t i = 0; i < sizeof formatted_doubles / sizeof formatted_doubles[0]; i++) {
        char text[32];
        number_format_double(formatted_doubles[i].value, text);
        cr_expect(eq(str, text, (char *)formatted_doubles[i].text), "%a", formatted_doubles[i].value);
    }
}

// Random bit patterns: every finite one comes back bit by bit, and no text with a digit less would do.
Test(number, doubles_survive_the_round_trip)
{
    struct random_stream stream = random_stream_create(/* seed */ 5, PURPOSE_TEST, 0, 0);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = (uint64_t)random_next_u32(&stream) << 32, back_bits;
        bits |= random_next_u32(&stream);
        double value, back = NAN;
        char text[32], shorter[32];
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        number_format_double(value, text);
        cr_assert(number_parse_double(text, &back), "%a as \"%s\" (seed 5, draw %d)", value, text, i);
        memcpy(&back_bits, &back, sizeof back);
        cr_assert(eq(u64, back_bits, bits), "%a as \"%s\" (seed 5, draw %d)", value, text, i);
        int digits = 0;
        for (const char *c = text; *c != '\0' && *c != 'e'; c++) digits += *c >= '0' && *c <= '9';
        if (digits > 1 && strchr(text, 'e') != NULL) { // written with all its digits and no zeros for padding
            snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
            cr_assert(strtod(shorter, NULL) != value, "\"%s\" could be \"%s\" (seed 5, draw %d)", text, shorter, i);
        }
    }
}

Test(number, fixed_notation)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {
        {62.35, 1, "62.4"},      {62.25, 1, "62.2"}, {0, 2, "0.00"},       {-1.5, 3, "-1.500"},  {99.96, 1, "100.0"},
        {1234567, 0, "1234567"}, {NAN, 2, "nan"},    {INFINITY, 2, "inf"}, {1e300, 2, "1e+300"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        number_format_fixed(cases[i].value, cases[i].decimals, text);
        cr_expect(eq(str, text, (char *)cases[i].text), "%a", cases[i].value);
    }
}

static bool locale_has_comma(const char *name)
{
    return setlocale(LC_ALL, name) != NULL && strcmp(localeconv()->decimal_point, ",") == 0;
}

// Sets an installed locale with a decimal comma, or else builds one in `folder`. False when there is no way to.
static bool locale_set_comma(const char *folder)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "it_IT.UTF-8", "nl_NL.UTF-8",
                                        "ru_RU.UTF-8", "sv_SE.UTF-8", "pt_BR.UTF-8", "de_DE",       "fr_FR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (locale_has_comma(names[i])) return true;
    char command[256];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    if (system(command) != 0) return false;
    setenv("LOCPATH", folder, 1);
    return locale_has_comma("de_DE.UTF-8");
}

static void remove_folder(const char *folder)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect(eq(int, system(command), 0));
}

Test(number, a_locale_with_a_decimal_comma_changes_nothing)
{
    char folder[] = "/tmp/transinv-locale-XXXXXX", text[64];
    cr_assert(ne(ptr, mkdtemp(folder), NULL));
    bool found = locale_set_comma(folder);
    remove_folder(folder);
    if (!found) {
        fprintf(stderr, "SKIPPED: number under a decimal comma: no such locale installed, and localedef cannot build "
                        "one (Debian packages libc-bin and locales)\n");
        cr_skip_test("no locale with a decimal comma");
    }
    snprintf(text, sizeof text, "%.1f", 1.5);
    cr_assert(eq(str, text, "1,5"), "the locale is not in force");

    for (size_t i = 0; i < sizeof formatted_doubles / sizeof formatted_doubles[0]; i++) {
        number_format_double(formatted_doubles[i].value, text);
        cr_expect(eq(str, text, (char *)formatted_doubles[i].text), "%a", formatted_doubles[i].value);
    }
    number_format_fixed(62.35, 1, text);
    cr_expect(eq(str, text, "62.4"));
    double value = 0;
    cr_expect(number_parse_double("0.25", &value));
    cr_expect(value == 0.25, "%g", value);
    cr_expect(not(number_parse_double("0,25", &value)));
    snprintf(text, sizeof text, "%.1f", 1.5);
    cr_expect(eq(str, text, "1,5"), "the caller's locale was not put back");
}
