// pairwise.c: see pairwise.h. Criterion runs every test in a process of its own, so a test's experiments are counted alone.
#include "tests/support/pairwise.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS_LIMIT = 16, PAIRS_LIMIT = 1 << 16 };

static int read_numbers(const char *label, long numbers[NUMBERS_LIMIT])
{
    int count = 0;
    while (*label != '\0' && count < NUMBERS_LIMIT) {
        if (!isdigit((unsigned char)*label)) {
            label++;
            continue;
        }
        char *end;
        numbers[count++] = strtol(label, &end, 10);
        label = end;
    }
    return count;
}

// A hash table of what was seen; the key tells places and values apart, up to 2^15 each.
static bool see_pair(int first_place, long first, int second_place, long second)
{
    static uint64_t seen[PAIRS_LIMIT];
    static size_t count;
    uint64_t key = 1 + ((uint64_t)first_place << 56 | (uint64_t)second_place << 48 |
                        ((uint64_t)first & 0xffffff) << 24 | ((uint64_t)second & 0xffffff));
    for (size_t i = (size_t)(key * 0x9e3779b97f4a7c15U >> 48);; i = (i + 1) % PAIRS_LIMIT) {
        if (seen[i] == key) return false;
        if (seen[i] != 0) continue;
        cr_assert(++count < PAIRS_LIMIT, "more pairs of settings than this table has room for");
        seen[i] = key;
        return true;
    }
}

bool pairwise_wanted(const char *label)
{
    const char *wanted = getenv("TRANSINV_PAIRWISE");
    if (wanted != NULL && strcmp(wanted, "no") == 0) return true;
    long numbers[NUMBERS_LIMIT];
    int count = read_numbers(label, numbers);
    bool news = count < 2;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) news = see_pair(i, numbers[i], j, numbers[j]) || news;
    return news;
}
