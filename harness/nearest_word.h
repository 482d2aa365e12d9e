// nearest_word.h: guesses what a misspelt word was meant to be.
#ifndef HARNESS_NEAREST_WORD_H
#define HARNESS_NEAREST_WORD_H

// Nearest of `count` words to `word` by edit distance; NULL when none is near enough to be a slip of the fingers.
const char *nearest_word(const char *word, const char *const *words, int count);

#endif
