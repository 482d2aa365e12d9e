// selection_test.c: lists of corruptions and severities and ranges of images as they may stand on the command line.
#include "cli/selection.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/archive.h"

Test(selection, corruptions_come_in_the_order_of_the_table)
{
    static const struct {
        const char *text, *codes;
    } cases[] = {
        {"all", "GN SN IN Br Co ET DB GB MB ZB Sn Fr Fo Pi JC "},
        {"GN", "GN "},
        {"JC,contrast,GN", "GN Co JC "},
        {"SN,Sn", "SN Sn "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct preset_corruptions list;
        char codes[80] = "";
        cr_assert(eq(int, selection_parse_corruptions(cases[i].text, &list).code, STATUS_OK), "%s", cases[i].text);
        for (int c = 0; c < list.count; c++) {
            strcat(codes, list.items[c]->code);
            strcat(codes, " ");
        }
        cr_expect(eq(str, codes, (char *)cases[i].codes));
    }
    static const char *const wrong[] = {"",       ",",      "GN,",
                                        ",GN",    "GN,,Co", "gn",
                                        "GN GN",  "GN,GN",  "GN,gaussian_noise",
                                        "all,GN", "GN;Co",  "gaussian_noise_of_another_kind_and_more"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct preset_corruptions list;
        expect_error(selection_parse_corruptions(wrong[i], &list), STATUS_USAGE, "each once, found \"", wrong[i]);
    }
}

Test(selection, severities_ascend)
{
    static const struct {
        const char *text, *numbers;
    } cases[] = {{"1", "1"}, {"5", "5"}, {"1-5", "12345"}, {"1,3-5", "1345"}, {"2,4", "24"}, {"1-2,5", "125"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct severity_list list;
        char numbers[8] = "";
        cr_assert(eq(int, selection_parse_severities(cases[i].text, &list).code, STATUS_OK), "%s", cases[i].text);
        for (int s = 0; s < list.count; s++) snprintf(numbers + s, 2, "%d", list.items[s]);
        cr_expect(eq(str, numbers, (char *)cases[i].numbers));
    }
    static const char *const wrong[] = {"",      "0",  "6", "1-6",  "5-1", "1,1", "3,2",
                                        "1-3,3", "1,", "a", "1--2", "-1",  "1 2", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct severity_list list;
        expect_error(selection_parse_severities(wrong[i], &list), STATUS_USAGE, "expected severities from 1 to 5",
                     wrong[i]);
    }
}

Test(selection, images_are_a_number_or_a_range)
{
    static const struct {
        const char *text;
        struct image_range range;
    } cases[] = {{"1", {0, 1}}, {"100", {0, 100}}, {"0-0", {0, 1}}, {"20-29", {20, 10}}, {"7-7", {7, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct image_range range;
        cr_assert(eq(int, selection_parse_images(cases[i].text, &range).code, STATUS_OK), "%s", cases[i].text);
        cr_expect(range.first == cases[i].range.first && range.count == cases[i].range.count, "%s", cases[i].text);
    }
    static const char *const wrong[] = {
        "",    "0",     "-", "-5",         "5-",           "29-20",
        "1,2", "1-2-3", "x", "2000000000", "0-2000000000", "0-999999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct image_range range;
        expect_error(selection_parse_images(wrong[i], &range), STATUS_USAGE, "expected a number of images", wrong[i]);
    }
}

Test(selection, images_must_be_there)
{
    cr_expect(eq(int, selection_check_images(&(struct image_range){0, 10}, 10, "x").code, STATUS_OK));
    cr_expect(eq(int, selection_check_images(&(struct image_range){9, 1}, 10, "x").code, STATUS_OK));
    expect_error(selection_check_images(&(struct image_range){0, 11}, 10, "test images of y"), STATUS_USAGE,
                 "expected numbers from 0 to 9, as there are 10 test images of y, found 0 to 10", "one too many");
    expect_error(selection_check_images(&(struct image_range){10, 1}, 10, "x"), STATUS_USAGE, "found 10 to 10",
                 "behind");
}
