// analyzer_model.h: tells clang-tidy's analyzer, which looks at one file at a time, what base/status.c promises: an
// error carries the code it was given, and status_ok() is OK. Without it every "failed, yet OK" path is reported.
#ifndef MK_ANALYZER_MODEL_H
#define MK_ANALYZER_MODEL_H

#include "base/status.h"

static inline struct status status_carrying(struct status status, enum status_code code)
{
    status.code = code;
    return status;
}

#define status_ok() status_carrying(status_ok(), STATUS_OK)
#define status_error(code, ...) status_carrying(status_error(code, __VA_ARGS__), code)

#endif
