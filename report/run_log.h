// run_log.h: the lines of log.jsonl as values.
#ifndef REPORT_RUN_LOG_H
#define REPORT_RUN_LOG_H

#include "report/run_reader.h"

// Parses `size` bytes of log.jsonl, one JSON object per line. *epochs (the caller's to free, also after an error) holds
// the lines up to the first that cannot be read; STATUS_BAD_INPUT names that line. A last line without its line end is
// what a killed run leaves: it counts when it can be read and is passed over when it cannot.
struct status run_log_parse(const char *bytes, size_t size, struct run_epoch **epochs, size_t *count);

#endif
