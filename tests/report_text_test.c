// report_text_test.c: growing text, and escapes that hold against any bytes.
#include "report/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

typedef void (*escape_function)(struct text *, const char *);

static void expect_escaped(escape_function escape, const char *name, const char *input, const char *expected)
{
    struct text text = {0};
    escape(&text, input);
    const char *found = text.bytes == NULL ? "" : text.bytes;
    cr_expect(eq(str, (char *)found, (char *)expected), "%s of \"%s\"", name, input);
    cr_expect(eq(sz, text.length, strlen(expected)));
    text_destroy(&text);
}

Test(report_text, html_leaves_no_markup)
{
    static const char *const cases[][2] = {
        {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
        {"a & b \"c\"", "a &amp; b &quot;c&quot;"},
        {"&lt;", "&amp;lt;"},
        {"line\nnext\r\ttab", "line next  tab"},
        {"\x1b[31mred\x7f", "\uFFFD[31mred\uFFFD"},
        {"M\u00fcller \u65e5\u672c \U0001F600", "M\u00fcller \u65e5\u672c \U0001F600"},
        {"\u2028|\xc2\x85", " |\uFFFD"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_escaped(text_append_html, "HTML", cases[i][0], cases[i][1]);
    expect_escaped(text_append_html, "HTML", NULL, "");
}

Test(report_text, characters_that_reorder_their_neighbours_are_replaced)
{
    // The last two bytes of U+202A .. U+202E and U+2066 .. U+2069, with one neighbour on each side that stays.
    static const unsigned char ranges[][3] = {{0x80, 0xAA, 0xAE}, {0x81, 0xA6, 0xA9}};
    for (size_t i = 0; i < 2; i++) {
        for (unsigned last = ranges[i][1] - 1U; last <= ranges[i][2] + 1U; last++) {
            char input[] = {'a', (char)0xE2, (char)ranges[i][0], (char)last, 'b', '\0'};
            bool inside = last >= ranges[i][1] && last <= ranges[i][2];
            bool blank = i == 0 && last == 0xA9; // U+2029 separates paragraphs
            expect_escaped(text_append_html, "HTML", input, inside ? "a\uFFFDb" : blank ? "a b" : input);
        }
    }
}

Test(report_text, what_is_not_utf8_becomes_a_replacement_for_each_byte)
{
    static const char *const cases[][2] = {
        {"\xff", "\uFFFD"},
        {"a\x80z", "a\uFFFDz"},
        {"\xc3", "\uFFFD"},                               // cut short by the end
        {"\xe2\x82", "\uFFFD\uFFFD"},                     // likewise
        {"\xc3(", "\uFFFD("},                             // cut short by a character
        {"\xc0\xbc", "\uFFFD\uFFFD"},                     // '<' in an overlong form
        {"\xe0\x80\xbc", "\uFFFD\uFFFD\uFFFD"},           // likewise
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},           // a surrogate
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, // above U+10FFFF
        {"\xf8\x88\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"}, // the last that is valid
    };
    static const escape_function escapes[] = {text_append_html, text_append_markdown, text_append_csv,
                                              text_append_clean};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t j = 0; j < sizeof escapes / sizeof escapes[0]; j++)
            expect_escaped(escapes[j], "clean", cases[i][0], cases[i][1]);
}

Test(report_text, markdown_shows_punctuation_as_it_is)
{
    static const char *const cases[][2] = {
        {"a|b", "a\\|b"},
        {"ft-elastic_transform-seed1", "ft-elastic\\_transform-seed1"},
        {"[x](http://e.test) `c` *d* ~e~", "\\[x\\](http://e.test) \\`c\\` \\*d\\* \\~e\\~"},
        {"<b>&amp;", "&lt;b&gt;&amp;amp;"},
        {"one\n| two |", "one \\| two \\|"},
        {"back\\slash $1$ #", "back\\\\slash \\$1\\$ \\#"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_escaped(text_append_markdown, "Markdown", cases[i][0], cases[i][1]);
}

Test(report_text, csv_fields_are_quoted_and_never_formulas)
{
    static const char *const cases[][2] = {
        {"plain text", "plain text"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two lines\""},
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\t=1", "\"' =1\""},
        {"\n=1", "\"' =1\""},
        {" =1", "\" =1\""},
        {"a;b", "\"a;b\""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_escaped(text_append_csv, "CSV", cases[i][0], cases[i][1]);
}

Test(report_text, numbers_for_people_and_programs)
{
    static const struct {
        double value;
        const char *shortest, *fixed;
    } cases[] = {
        {61.5, "61.5", "61.5"},
        {0.1, "0.1", "0.1"},
        {-3.25, "-3.25", "\u22123.2"},
        {-0.04, "-0.04", "0.0"},
        {0, "0", "0.0"},
        {NAN, "", ""},
        {INFINITY, "", ""},
        {100000, "100000", "100000.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text shortest = {0}, fixed = {0};
        text_append(&shortest, "");
        text_append(&fixed, "");
        text_append_number(&shortest, cases[i].value);
        text_append_fixed(&fixed, cases[i].value, 1);
        cr_expect(eq(str, shortest.bytes, (char *)cases[i].shortest), "%g", cases[i].value);
        cr_expect(eq(str, fixed.bytes, (char *)cases[i].fixed), "%g", cases[i].value);
        text_destroy(&shortest);
        text_destroy(&fixed);
    }
}

Test(report_text, grows_beyond_any_first_guess)
{
    struct text text = {0};
    const size_t count = 20000;
    for (size_t i = 0; i < count; i++) text_append_format(&text, "%05zu,", i);
    cr_assert(eq(int, text.failed, 0));
    cr_expect(eq(sz, text.length, 6 * count));
    cr_expect(eq(sz, strlen(text.bytes), text.length));
    cr_expect(eq(int, strncmp(text.bytes + 6 * (count - 1), "19999,", 6), 0));
    text_destroy(&text);
    cr_expect(eq(sz, text.length, 0));
}
