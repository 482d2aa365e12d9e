// status.h: how every function that can fail says so: a code for the program, a sentence for the person.
// Knows nobody; only main() prints a status and turns it into an exit status.
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status_code {
    STATUS_OK = 0,
    STATUS_FAILED,      // a check found a regression, or some run of the matrix failed
    STATUS_DIVERGED,    // a training run met NaN or infinity
    STATUS_USAGE,       // unknown option or preset key, wrong type or range
    STATUS_MISSING,     // a file or data set that is needed is not there
    STATUS_BAD_INPUT,   // a file is there, but damaged or of another format
    STATUS_IO,          // the operating system refused to read or write
    STATUS_NO_MEMORY,   // host or device memory ran out
    STATUS_DEVICE,      // no such device, or it failed
    STATUS_INTERRUPTED, // SIGINT or SIGTERM; work done so far is kept
};

struct status {
    enum status_code code;
    char message[512]; // one sentence naming what was tried, on what, expected and found; "" when OK
};

struct status status_ok(void);

// printf-like; a sentence longer than the buffer is cut at a character boundary and ends in "...".
struct status status_error(enum status_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The process exit status that is documented for `code` (README.md): 0 done, 1 failed or diverged, 2 usage,
// 3 data missing, damaged or unreadable, 4 device or memory, 5 interrupted.
int status_exit_code(enum status_code code);

#endif
