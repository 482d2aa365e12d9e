// profile_json.h: a profile as JSON (report/README.md describes profile.json).
#ifndef BENCH_PROFILE_JSON_H
#define BENCH_PROFILE_JSON_H

#include <jansson.h>

#include "bench/profile.h"

// The members "threads", "precision", "ceilings", "step" and "operations" of profile.json; `images` is what a step
// trains on. NULL when memory is exhausted; the caller's to release.
json_t *profile_to_json(const struct profile *profile, int images);

#endif
