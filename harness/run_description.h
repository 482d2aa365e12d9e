// run_description.h: what run.json and a model's metadata say about a run. Internal to run.c.
#ifndef HARNESS_RUN_DESCRIPTION_H
#define HARNESS_RUN_DESCRIPTION_H

#include "harness/run.h"

// The content of run.json (FORMATS.md); NULL when memory is exhausted. The caller's to json_decref.
json_t *run_description(const struct run_job *job);

// Strings for the model file: enough to evaluate it, and where it comes from. NULL when memory is exhausted.
json_t *run_model_metadata(const struct run_plan *plan);

#endif
