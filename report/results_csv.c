// results_csv.c: results.csv, one line per run folder; README.md lists the columns. Tests: tests/report_test.c.
#include "report/json_member.h"
#include "report/writers.h"

static const char results_csv_head[] =
    "run,status,selected,role,method,corruption,corruption_name,seed,preset,configuration_hash,data,data_official,"
    "test_accuracy_percent,test_loss,test_correct,test_images,train_loss,train_accuracy_percent,epochs,steps,seconds,"
    "images_per_second,peak_memory_bytes,resumed,teacher_run,model_sha256,started,finished,corrupted_accuracy_percent,"
    "message\n";

static void results_csv_append_text(const char *value, struct text *text)
{
    text_append_csv(text, value);
    text_append(text, ",");
}

static void results_csv_append_numbers(const struct run_record *run, struct text *text)
{
    const double numbers[] = {
        run->test_accuracy_percent,  run->test_loss, run->test_correct, run->test_images, run->train_loss,
        run->train_accuracy_percent, run->epochs,    run->steps,        run->seconds,     run->images_per_second,
        run->peak_memory_bytes,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        text_append_number(text, numbers[i]);
        text_append(text, ",");
    }
}

static void results_csv_append_run(const struct run_record *run, bool selected, struct text *text)
{
    bool known = run->run != NULL;
    results_csv_append_text(run->folder, text);
    results_csv_append_text(run_state_name(run->state), text);
    results_csv_append_text(selected ? "true" : "false", text);
    results_csv_append_text(!known ? "" : run->teacher ? "teacher" : "target", text);
    results_csv_append_text(run->method, text);
    results_csv_append_text(run->corruption, text);
    results_csv_append_text(run->corruption_name, text);
    if (known) text_append_format(text, "%lld", (long long)run->seed);
    text_append(text, ",");
    results_csv_append_text(run->preset, text);
    results_csv_append_text(run->configuration_hash, text);
    results_csv_append_text(run->data_name, text);
    results_csv_append_text(!known ? "" : run->data_official ? "true" : "false", text);
    results_csv_append_numbers(run, text);
    bool resumed = json_optional_boolean(run->result, "resumed");
    results_csv_append_text(run->result == NULL ? "" : resumed ? "true" : "false", text);
    results_csv_append_text(json_optional_string(run->run, "teacher_run"), text);
    results_csv_append_text(json_optional_string(run->result, "model_sha256"), text);
    results_csv_append_text(run->started, text);
    results_csv_append_text(json_optional_string(run->result, "finished"), text);
    text_append_number(text, run->corrupted_accuracy_percent);
    text_append(text, ",");
    text_append_csv(text, run->message);
    text_append(text, "\n");
}

void results_csv_write(const struct report_summary *summary, struct text *text)
{
    text_append(text, results_csv_head);
    for (size_t i = 0; i < summary->selected.count; i++) results_csv_append_run(summary->selected.runs[i], true, text);
    for (size_t i = 0; i < summary->others.count; i++) results_csv_append_run(summary->others.runs[i], false, text);
    for (size_t i = 0; i < summary->unreadable.count; i++)
        results_csv_append_run(summary->unreadable.runs[i], false, text);
}
