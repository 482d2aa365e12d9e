// shell_words_test.c: what is joined comes out of a real shell as it went in.
#include "base/shell_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(shell_words);

Test(shell_words, plain_words_stay_as_they_are)
{
    static const char *const words[] = {"transinv", "reproduce", "--preset", "paper", "--set=target.epochs=3",
                                        "-p",       "./a_b.ini", "GN,Co",    NULL};
    char *text = shell_words_join(words);
    cr_expect(eq(str, text, "transinv reproduce --preset paper --set=target.epochs=3 -p ./a_b.ini GN,Co"));
    free(text);
}

Test(shell_words, others_survive_a_shell)
{
    static const char *const words[] = {"printf", "%s\n", "",   "a b",  "it's",   "~/cifar", "$HOME",
                                        "`id`",   "a\"b", "\\", "*.gz", "a;b|c&", "''",      "gr\xc3\xbc\xc3\x9f e",
                                        NULL};
    static const char expected[] =
        "\na b\nit's\n~/cifar\n$HOME\n`id`\na\"b\n\\\n*.gz\na;b|c&\n''\ngr\xc3\xbc\xc3\x9f e\n";
    char *command = shell_words_join(words), found[200] = "";
    FILE *stream = popen(command, "re"); // NOLINT(cert-env33-c): to see what a shell makes of it is the test
    cr_assert(stream != NULL);
    size_t size = fread(found, 1, sizeof found - 1, stream);
    cr_expect(eq(int, pclose(stream), 0));
    found[size] = '\0';
    cr_expect(eq(str, found, (char *)expected), "%s", command);
    free(command);
}
