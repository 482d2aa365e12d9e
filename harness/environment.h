// environment.h: what a run must say about the program and the machine that made it.
#ifndef HARNESS_ENVIRONMENT_H
#define HARNESS_ENVIRONMENT_H

#include <jansson.h>

#include "kernels/kernels.h"

// The kind of backend, "cpu" or "reference": its name up to the first '-'.
void environment_device_class(const struct kernels *kernels, char *text, size_t size);

// The object "environment" of run.json (FORMATS.md); NULL when memory is exhausted.
json_t *environment_to_json(const struct device *device);

// Whether runs continued in `now` could end in other bits than in `before`: another commit, backend or compiler.
bool environment_changes_bits(const json_t *before, const json_t *now);

#endif
