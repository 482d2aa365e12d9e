// shell_words.h: words of a command line as a person can paste them into a shell.
#ifndef BASE_SHELL_WORDS_H
#define BASE_SHELL_WORDS_H

// `words` ends with NULL. They are separated by blanks; one of which a shell would make something else is put into single
// quotes. The result belongs to the caller (free); aborts when memory is exhausted.
char *shell_words_join(const char *const *words);

#endif
