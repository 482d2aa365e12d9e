// status.c: builds the status values that every fallible function returns. Prints nothing.
// Tests: tests/status_test.c.
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status status_ok(void)
{
    return (struct status){.code = STATUS_OK, .message = ""};
}

// Ends a message that did not fit in "...", without leaving half a UTF-8 character before the dots.
static void status_cut_message(char *message, size_t size)
{
    size_t end = size - sizeof "...";
    while (end > 0 && ((unsigned char)message[end] & 0xC0) == 0x80) end--;
    memcpy(message + end, "...", sizeof "...");
}

struct status status_error(enum status_code code, const char *format, ...)
{
    struct status status = {.code = code, .message = ""};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(status.message, sizeof status.message, format, arguments);
    va_end(arguments);
    if (length < 0)
        memcpy(status.message, "message could not be formatted", sizeof "message could not be formatted");
    else if ((size_t)length >= sizeof status.message)
        status_cut_message(status.message, sizeof status.message);
    return status;
}

int status_exit_code(enum status_code code)
{
    switch (code) {
    case STATUS_OK: return 0;
    case STATUS_FAILED:
    case STATUS_DIVERGED: return 1;
    case STATUS_USAGE: return 2;
    case STATUS_MISSING:
    case STATUS_BAD_INPUT:
    case STATUS_IO: return 3;
    case STATUS_NO_MEMORY:
    case STATUS_DEVICE: return 4;
    case STATUS_INTERRUPTED: return 5;
    }
    return 1; // no such code: still not a success
}
