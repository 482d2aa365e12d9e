// bench.h: checks and times cases on a device, beside a rival where one is asked for. Returns what it measured as a struct;
// files and tables are made of it elsewhere.
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "bench/cases.h"
#include "bench/ceilings.h"
#include "bench/check.h"
#include "bench/disturbance.h"
#include "bench/measurement.h"

// Whom a case is compared with, by turns in the same run.
enum bench_rival { RIVAL_VENDOR, RIVAL_REFERENCE, RIVAL_COUNT };
extern const char *const bench_rival_names[RIVAL_COUNT]; // "vendor", "reference"

struct rival_result {
    bool measured;             // false: not asked for, or the rival has no counterpart
    const char *does;          // what the rival computes: "convolution"
    char leaves_out[40];       // what of the case it does not do: "affine+stats"; "" when it does all of it
    char implementation[80];   // the vendor's own name of it
    int images;                // both sides worked on: fewer than the case has where the rival would take too long
    struct check_result check; // of the rival's result; when it is wrong nothing was timed
    struct pair_measurement pair;
};

struct case_result {
    struct listed_case listed;
    struct algorithm algorithm;
    struct operation_cost cost;
    double fma_rate;             // of float32 around the measurement, the better of before and after; what bounds use
    double bound_seconds;        // with the algorithm's own number of multiplications
    double direct_bound_seconds; // with the definition's
    bool memory_bound;
    int reference_images;      // on which the reference computed what is right
    struct check_result check; // when it is wrong nothing was timed
    struct measurement warm, cold;
    struct rival_result rivals[RIVAL_COUNT];
};

// A case against itself: how far ratios stray when nothing differs.
struct noise_floor {
    size_t cases, pairs;                                      // 0: not measured
    double median, first_quartile, third_quartile, low, high; // of the ratios; low .. high holds 95 % of them
    double floor;                                             // the larger distance of low and high from 1
};

struct bench_request {
    struct device *device;
    double time_limit_seconds; // of a case: warm samples, or pairs; cold ones get a quarter of it besides
    bool rivals[RIVAL_COUNT];
};

struct bench; // a device being measured
// Measures the machine's ceilings for about a second. The device is borrowed. STATUS_USAGE when the vendor is asked for and
// this program was built without one. *bench is the caller's to close.
struct status bench_open(const struct bench_request *request, struct bench **bench);
void bench_close(struct bench *bench); // accepts NULL
const struct ceilings *bench_ceilings(const struct bench *bench);

// Checks one case and, when it is right, times it. A wrong case is no error: result->check tells. STATUS_INTERRUPTED, and the
// device's own errors. *result is the caller's to destroy, also on error.
struct status bench_measure_case(struct bench *bench, const struct listed_case *listed, struct case_result *result);
void case_result_destroy(struct case_result *result); // accepts an empty one

// The warm measurement alone, on newly allocated tensors.
struct status bench_measure_again(struct bench *bench, const struct listed_case *listed, struct measurement *warm);

// The case against itself; appended to *ratios (of *count).
struct status bench_measure_self(struct bench *bench, const struct listed_case *listed, double **ratios, size_t *count);
struct noise_floor noise_floor_of(const double *ratios, size_t count, size_t cases);

#endif
