// shell_words.c: see shell_words.h. Tests: tests/shell_words_test.c.
#include "base/shell_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_quoted(FILE *stream, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", stream);
        else
            fputc(*word, stream);
    fputc('\'', stream);
}

char *shell_words_join(const char *const *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) abort();
    for (int w = 0; words[w] != NULL; w++) {
        if (w > 0) fputc(' ', stream);
        write_quoted(stream, words[w]);
    }
    if (fclose(stream) != 0 || text == NULL) abort();
    return text;
}
