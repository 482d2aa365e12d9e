// report.c: one summary, four files. Tests: tests/report_test.c.
#include "report/report.h"

#include <stdlib.h>

#include "base/file.h"
#include "report/summary.h"
#include "report/writers.h"

static struct status report_write_file(const char *folder, const char *name, const struct text *content)
{
    char *path = path_join(folder, name);
    struct status status = status_ok();
    if (content->failed)
        status = status_error(STATUS_NO_MEMORY, "write %s: out of memory", path);
    else
        status = file_write_atomic(path, content->bytes, content->length);
    free(path);
    return status;
}

struct status report_write(const struct report_request *request)
{
    struct report_summary summary;
    struct text markdown = {0}, csv = {0}, json = {0}, page = {0};
    struct status status = summary_create(request, &summary);
    if (status.code != STATUS_OK) return status;
    markdown_write(&summary, &markdown);
    results_csv_write(&summary, &csv);
    results_json_write(&summary, &json);
    status = page_write(&summary, request->plots, &page);
    if (status.code == STATUS_OK) status = file_make_folders(request->output_folder);
    if (status.code == STATUS_OK) status = report_write_file(request->output_folder, "table.md", &markdown);
    if (status.code == STATUS_OK) status = report_write_file(request->output_folder, "results.csv", &csv);
    if (status.code == STATUS_OK) status = report_write_file(request->output_folder, "results.json", &json);
    if (status.code == STATUS_OK) status = report_write_file(request->output_folder, "index.html", &page);
    text_destroy(&markdown);
    text_destroy(&csv);
    text_destroy(&json);
    text_destroy(&page);
    summary_destroy(&summary);
    return status;
}
