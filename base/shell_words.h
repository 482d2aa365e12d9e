// shell_words.h: words of a command line as a person can paste them into a shell.
#ifndef BASE_SHELL_WORDS_H
#define BASE_SHELL_WORDS_H

// `words` ends with NULL. Each is separated by a blank and, where a shell would read more into it, put into single quotes;
// but for the first, which may be a program and its command. The result belongs to the caller (free); aborts when memory
// is exhausted.
char *shell_words_join(const char *const *words);

#endif
