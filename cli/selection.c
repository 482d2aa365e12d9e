// selection.c: see selection.h. Tests: tests/selection_test.c.
#include "cli/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { IMAGE_LIMIT = 1000000000 };

// ---- corruptions -----------------------------------------------------------------------------------------------

static struct status refuse_corruptions(const char *text)
{
    char codes[80] = "";
    for (int i = 0; i < CORRUPTION_COUNT; i++) {
        size_t length = strlen(codes);
        snprintf(codes + length, sizeof codes - length, "%s%s", i == 0 ? "" : " ", corruption_at(i)->code);
    }
    return status_error(STATUS_USAGE,
                        "expected all, or corruptions out of %s or their full names, each once, found "
                        "\"%.100s\"",
                        codes, text);
}

// Marks the corruption between text and end; false when there is none or it is marked already.
static bool mark_corruption(const char *text, size_t length, bool wanted[CORRUPTION_COUNT])
{
    char name[32];
    if (length == 0 || length >= sizeof name) return false;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const struct corruption *corruption = corruption_find(name);
    if (corruption == NULL || wanted[corruption_place(corruption)]) return false;
    wanted[corruption_place(corruption)] = true;
    return true;
}

struct status selection_parse_corruptions(const char *text, struct preset_corruptions *list)
{
    bool wanted[CORRUPTION_COUNT] = {false}, all = strcmp(text, "all") == 0, good = true;
    for (const char *at = text; !all && good;) {
        size_t length = strcspn(at, ",");
        good = mark_corruption(at, length, wanted);
        at += length;
        if (*at++ == '\0') break;
    }
    if (!good) return refuse_corruptions(text);
    list->count = 0;
    for (int i = 0; i < CORRUPTION_COUNT; i++)
        if (all || wanted[i]) list->items[list->count++] = corruption_at(i);
    return status_ok();
}

// ---- ranges ----------------------------------------------------------------------------------------------------

// "7" or "3-7", of numbers minimum .. maximum; false for anything else, an empty range included.
static bool parse_range(const char *text, size_t length, int minimum, int maximum, int *first, int *last)
{
    char words[2][24];
    const char *dash = memchr(text, '-', length);
    size_t left = dash != NULL ? (size_t)(dash - text) : length, right = dash != NULL ? length - left - 1 : 0;
    int64_t numbers[2];
    if (left >= sizeof words[0] || right >= sizeof words[1]) return false;
    snprintf(words[0], sizeof words[0], "%.*s", (int)left, text);
    snprintf(words[1], sizeof words[1], "%.*s", (int)right, dash != NULL ? dash + 1 : "");
    if (!number_parse_int64(words[0], minimum, maximum, &numbers[0])) return false;
    numbers[1] = numbers[0];
    if (dash != NULL && !number_parse_int64(words[1], numbers[0], maximum, &numbers[1])) return false;
    *first = (int)numbers[0];
    *last = (int)numbers[1];
    return true;
}

struct status selection_parse_severities(const char *text, struct severity_list *list)
{
    int first = 0, last = 0;
    bool good = true;
    list->count = 0;
    for (const char *at = text; good;) {
        size_t length = strcspn(at, ",");
        good = parse_range(at, length, last + 1, CORRUPTION_SEVERITIES, &first, &last);
        for (int severity = first; good && severity <= last; severity++) list->items[list->count++] = severity;
        at += length;
        if (*at++ == '\0') break;
    }
    if (good) return status_ok();
    return status_error(STATUS_USAGE, "expected severities from 1 to %d, ascending, such as 1,3-5, found \"%.100s\"",
                        CORRUPTION_SEVERITIES, text);
}

struct status selection_parse_images(const char *text, struct image_range *range)
{
    int first = 0, last = 0;
    bool interval = strchr(text, '-') != NULL;
    if (!parse_range(text, strlen(text), interval ? 0 : 1, IMAGE_LIMIT, &first, &last))
        return status_error(STATUS_USAGE,
                            "expected a number of images, such as 100, or a range, such as 20-29, found \"%.100s\"",
                            text);
    *range = interval ? (struct image_range){first, last - first + 1} : (struct image_range){0, last};
    return status_ok();
}

struct status selection_check_images(const struct image_range *range, int images, const char *what)
{
    if (range->first < images && range->count <= images - range->first) return status_ok();
    return status_error(STATUS_USAGE, "--images: expected numbers from 0 to %d, as there are %d %s, found %d to %d",
                        images - 1, images, what, range->first, range->first + range->count - 1);
}
