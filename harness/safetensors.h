// safetensors.h: state dictionaries as files: 8 bytes little-endian header length, a JSON header, then the data.
// Format: huggingface.co/docs/safetensors. We write float32 and string metadata; we read F32, and I64 scalars (PyTorch's
// num_batches_tracked) are skipped by name.
#ifndef HARNESS_SAFETENSORS_H
#define HARNESS_SAFETENSORS_H

#include <jansson.h>

#include "harness/state_dict.h"

// `name` serves error messages. Offsets must tile the data exactly, in any order, without holes or overlap; dtype,
// shape and length must agree. Errors: STATUS_BAD_INPUT naming file, tensor, expected and found. *metadata (may be NULL)
// becomes the "__metadata__" object, or an empty one; the caller's to json_decref.
struct status safetensors_parse(const char *name, const void *bytes, size_t size, struct state_dict *dict,
                                json_t **metadata);
struct status safetensors_read(const char *path, struct state_dict *dict, json_t **metadata);

// Written atomically. `metadata` is an object of strings, or NULL. Same input, same bytes.
struct status safetensors_write(const char *path, const struct state_dict *dict, const json_t *metadata);

#endif
