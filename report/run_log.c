// run_log.c: parses the learning curve of a run. Tests: tests/report_test.c.
#include "report/run_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_member.h"

// The shortest line that can be read; bounds how many there are in a file of some size.
enum { RUN_LOG_SHORTEST_LINE = sizeof "{\"epoch\":1}\n" - 1 };

static struct status run_log_parse_line(const char *bytes, size_t size, struct run_epoch *epoch)
{
    json_error_t error;
    struct learned_augmentation learned = {.present = false};
    struct status status = status_ok();
    json_t *line = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (line == NULL) return status_error(STATUS_BAD_INPUT, "%s", error.text);
    epoch->epoch = json_member_integer(line, "epoch", 1, 1000000000, &status);
    epoch->train_loss = json_optional_number(line, "train_loss");
    epoch->test_accuracy_percent = json_optional_number(line, "test_accuracy_percent");
    if (status.code == STATUS_OK && (epoch->test_accuracy_percent < 0 || epoch->test_accuracy_percent > 100))
        status = status_error(STATUS_BAD_INPUT, "\"test_accuracy_percent\": expected 0 to 100, found %g",
                              epoch->test_accuracy_percent);
    if (status.code == STATUS_OK) status = learned_augmentation_read(json_object_get(line, "augmentation"), &learned);
    epoch->adversarial_loss = status.code == STATUS_OK && learned.present ? learned.adversarial_loss : NAN;
    epoch->distance = status.code == STATUS_OK && learned.present ? learned.distance : NAN;
    json_decref(line);
    return status;
}

struct status run_log_parse(const char *bytes, size_t size, struct run_epoch **epochs, size_t *count)
{
    *count = 0;
    *epochs = calloc(size / RUN_LOG_SHORTEST_LINE + 1, sizeof **epochs);
    if (*epochs == NULL) return status_error(STATUS_NO_MEMORY, "read log.jsonl: out of memory");
    const char *end = bytes + size;
    for (size_t number = 1; bytes < end; number++) {
        const char *line_end = memchr(bytes, '\n', (size_t)(end - bytes));
        bool whole = line_end != NULL;
        size_t length = (size_t)((whole ? line_end : end) - bytes);
        struct status status = run_log_parse_line(bytes, length, &(*epochs)[*count]);
        if (status.code == STATUS_OK && *count > 0 && (*epochs)[*count].epoch <= (*epochs)[*count - 1].epoch)
            status = status_error(STATUS_BAD_INPUT, "its epoch does not follow the one before");
        if (status.code != STATUS_OK)
            return whole ? status_error(STATUS_BAD_INPUT, "log.jsonl, line %zu: %s", number, status.message)
                         : status_ok();
        *count += 1;
        bytes += length + (whole ? 1 : 0);
    }
    return status_ok();
}
