// interrupt_test.c: signals become a flag, a second one ends the process, a closed pipe is only an error.
#include "base/interrupt.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(interrupt, nothing_is_requested_at_first)
{
    interrupt_install();
    cr_expect(not(interrupt_requested()));
    cr_expect(eq(int, interrupt_status().code, STATUS_OK));
}

Test(interrupt, a_signal_is_remembered_and_named)
{
    static const struct {
        int number;
        const char *name;
    } cases[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t child = fork();
        cr_assert(ge(int, child, 0));
        if (child == 0) {
            interrupt_install();
            raise(cases[i].number);
            struct status status = interrupt_status();
            bool good = interrupt_requested() && status.code == STATUS_INTERRUPTED;
            _exit(good && strstr(status.message, cases[i].name) != NULL ? 0 : 1);
        }
        int result = -1;
        waitpid(child, &result, 0);
        cr_expect(eq(int, result, 0), "%s", cases[i].name);
    }
}

Test(interrupt, a_second_signal_ends_the_process)
{
    static const int pairs[][2] = {{SIGINT, SIGINT}, {SIGTERM, SIGTERM}, {SIGINT, SIGTERM}, {SIGTERM, SIGINT}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        pid_t child = fork();
        cr_assert(ge(int, child, 0));
        if (child == 0) {
            interrupt_install();
            raise(pairs[i][0]);
            raise(pairs[i][1]);
            _exit(0);
        }
        int result = 0;
        waitpid(child, &result, 0);
        bool killed = WIFSIGNALED(result);
        cr_expect(killed, "signals %d, %d: result %d", pairs[i][0], pairs[i][1], result);
        cr_expect(eq(int, WTERMSIG(result), pairs[i][1]), "signals %d, %d", pairs[i][0], pairs[i][1]);
    }
}

Test(interrupt, a_closed_pipe_is_an_error_of_write)
{
    int ends[2];
    interrupt_install();
    cr_assert(eq(int, pipe(ends), 0));
    close(ends[0]);
    cr_expect(eq(long, (long)write(ends[1], "x", 1), -1L));
    cr_expect(eq(int, errno, EPIPE));
    close(ends[1]);
}
