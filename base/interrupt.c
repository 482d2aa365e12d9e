// interrupt.c: turns SIGINT and SIGTERM into a flag. What is saved before the process ends is the loops' business.
// Tests: tests/interrupt_test.c.
#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static volatile sig_atomic_t interrupt_signal; // 0, or the first signal that came

static void interrupt_handle(int number)
{
    if (interrupt_signal != 0) {
        // The default action follows as soon as this handler returns, because `number` is blocked until then.
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupt_signal = number;
}

void interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = interrupt_handle;
    action.sa_flags = SA_RESTART; // reads and writes in progress are no error; waits (poll, nanosleep) still return
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN; // a closed pipe is an error of write(), with a sentence, not a death
    sigaction(SIGPIPE, &action, NULL);
}

bool interrupt_requested(void)
{
    return interrupt_signal != 0;
}

struct status interrupt_status(void)
{
    int number = interrupt_signal;
    if (number == 0) return status_ok();
    return status_error(STATUS_INTERRUPTED, "interrupted by %s",
                        number == SIGINT ? "Ctrl-C (SIGINT)" : "a request to terminate (SIGTERM)");
}
