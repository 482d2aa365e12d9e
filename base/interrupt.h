// interrupt.h: Ctrl-C and SIGTERM as a flag that long loops look at. A second signal ends the process at once.
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdbool.h>

#include "base/status.h"

void interrupt_install(void);         // handlers for SIGINT and SIGTERM; ignores SIGPIPE
bool interrupt_requested(void);       // async-signal-safe to set, cheap to read
struct status interrupt_status(void); // STATUS_INTERRUPTED naming the signal when requested, else OK

#endif
