// nearest_word.c: guesses what a misspelt word was meant to be. Tests: tests/preset_test.c.
#include "harness/nearest_word.h"

#include <string.h>

enum { WORD_LIMIT = 64 };

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

// Levenshtein's distance; words longer than WORD_LIMIT are near to nothing.
static int word_distance(const char *first, const char *second)
{
    int row[WORD_LIMIT + 1];
    size_t first_length = strlen(first), second_length = strlen(second);
    if (first_length > WORD_LIMIT || second_length > WORD_LIMIT) return WORD_LIMIT;
    for (size_t j = 0; j <= second_length; j++) row[j] = (int)j;
    for (size_t i = 1; i <= first_length; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= second_length; j++) {
            int above = row[j];
            row[j] = smallest(row[j - 1] + 1, above + 1, diagonal + (first[i - 1] != second[j - 1]));
            diagonal = above;
        }
    }
    return row[second_length];
}

const char *nearest_word(const char *word, const char *const *words, int count)
{
    const char *nearest = NULL;
    int nearest_distance = 1 + (int)strlen(word) / 4; // a slip or two, not another word
    for (int i = 0; i < count; i++) {
        int distance = word_distance(word, words[i]);
        if (distance <= nearest_distance && (nearest == NULL || distance < nearest_distance)) {
            nearest = words[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
