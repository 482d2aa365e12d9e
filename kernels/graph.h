// graph.h: a recorded list of operations, for device.c. A backend with graphs of its own (CUDA) turns this list into one.
#ifndef KERNELS_GRAPH_H
#define KERNELS_GRAPH_H

#include "kernels/kernels.h"

struct graph_node {
    enum operation operation;
    const void *settings; // the graph's own copy
};

struct status graph_create(struct graph **graph);
// Copies the settings of `operation`.
struct status graph_append(struct graph *graph, enum operation operation, const void *settings);
struct graph_node graph_node(const struct graph *graph, size_t index);

// What a backend with graphs of its own keeps about this one.
struct graph_preparation {
    void *prepared;                 // the backend's graph; NULL: none yet
    void (*forget)(void *prepared); // called when the graph is destroyed and `prepared` is not NULL
};
struct graph_preparation *graph_preparation(const struct graph *graph);

#endif
