// turns.c: see turns.h.
#include "bench/gpu/turns.h"

#include <stdlib.h>

enum { CALLS_LIMIT = 512 };
static const double graph_seconds = 1e-3;

struct status turns_status(cudaError_t error, const char *action)
{
    if (error == cudaSuccess) return status_ok();
    return status_error(error == cudaErrorMemoryAllocation ? STATUS_NO_MEMORY : STATUS_DEVICE, "CUDA: %s: %s", action,
                        cudaGetErrorString(error));
}

// Seconds between the beginning and the end of what `enqueue` puts on the stream.
static struct status time_work(cudaStream_t stream, struct status (*enqueue)(struct turn *, cudaStream_t, int),
                               struct turn *turn, int argument, double *seconds)
{
    cudaEvent_t begin = NULL, end = NULL;
    float milliseconds = 0;
    cudaError_t error = cudaEventCreate(&begin);
    struct status status = status_ok();
    if (error == cudaSuccess) error = cudaEventCreate(&end);
    if (error == cudaSuccess) error = cudaEventRecord(begin, stream);
    if (error == cudaSuccess) status = enqueue(turn, stream, argument);
    if (error == cudaSuccess) error = cudaEventRecord(end, stream);
    if (error == cudaSuccess) error = cudaEventSynchronize(end);
    if (error == cudaSuccess) error = cudaEventElapsedTime(&milliseconds, begin, end);
    *seconds = (double)milliseconds * 1e-3;
    if (begin != NULL) cudaEventDestroy(begin);
    if (end != NULL) cudaEventDestroy(end);
    return status.code == STATUS_OK ? turns_status(error, "time work") : status;
}

static struct status enqueue_sets(struct turn *turn, cudaStream_t stream, int sets)
{
    (void)stream;
    struct status status = status_ok();
    for (int i = 0; status.code == STATUS_OK && i < sets; i++) status = turn->enqueue(turn->context, i);
    return status;
}

static struct status launch_graph(struct turn *turn, cudaStream_t stream, int unused)
{
    (void)unused;
    return turns_status(cudaGraphLaunch(turn->graph, stream), "launch a graph");
}

static struct status record(struct turn *turn, cudaStream_t stream, int sets)
{
    cudaGraph_t graph = NULL;
    struct status status =
        turns_status(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "begin to record a graph");
    if (status.code != STATUS_OK) return status;
    for (int i = 0; status.code == STATUS_OK && i < turn->calls; i++) status = turn->enqueue(turn->context, i % sets);
    cudaError_t error = cudaStreamEndCapture(stream, &graph);
    if (error == cudaSuccess && status.code == STATUS_OK) error = cudaGraphInstantiate(&turn->graph, graph, 0);
    if (graph != NULL) cudaGraphDestroy(graph);
    cudaGetLastError();
    return status.code == STATUS_OK ? turns_status(error, "record a graph") : status;
}

struct status turn_prepare(struct turn *turn, cudaStream_t stream, int sets)
{
    double seconds = 0;
    struct status status = status_ok();
    for (int i = 0; status.code == STATUS_OK && i < 2; i++) // the first finds its work space
        status = time_work(stream, enqueue_sets, turn, sets, &seconds);
    if (status.code != STATUS_OK) return status;
    double wanted = seconds > 0 ? graph_seconds / seconds * sets : CALLS_LIMIT;
    turn->calls = wanted > CALLS_LIMIT ? CALLS_LIMIT : (int)wanted;
    turn->calls = (turn->calls + sets - 1) / sets * sets;
    if (turn->calls == 0) turn->calls = sets;
    status = record(turn, stream, sets);
    if (status.code == STATUS_OK) status = time_work(stream, launch_graph, turn, 0, &seconds);
    return status;
}

void turn_release(struct turn *turn)
{
    if (turn->graph != NULL) cudaGraphExecDestroy(turn->graph);
    turn->graph = NULL;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct status turns_measure(struct turn *const *turns, int count, cudaStream_t stream, int samples)
{
    struct status status = status_ok();
    for (int sample = 0; sample < samples; sample++)
        for (int i = 0; status.code == STATUS_OK && i < count; i++) {
            struct turn *turn = turns[(sample + i) % count];
            status = time_work(stream, launch_graph, turn, 0, &turn->seconds[sample]);
            turn->seconds[sample] /= turn->calls;
        }
    if (status.code != STATUS_OK) return status;
    for (int i = 0; i < count; i++) {
        qsort(turns[i]->seconds, (size_t)samples, sizeof turns[i]->seconds[0], compare_doubles);
        turns[i]->first_quartile = turns[i]->seconds[samples / 4];
        turns[i]->median = turns[i]->seconds[samples / 2];
        turns[i]->third_quartile = turns[i]->seconds[samples * 3 / 4];
    }
    return status;
}
