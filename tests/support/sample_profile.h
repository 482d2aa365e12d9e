// sample_profile.h: makes profile.json in the format of report/README.md, for tests of what reads it.
#ifndef TESTS_SUPPORT_SAMPLE_PROFILE_H
#define TESTS_SUPPORT_SAMPLE_PROFILE_H

// What a test leaves out takes the value in brackets.
struct sample_profile {
    const char *hash;             // [SAMPLE_HASH of run_folders.h]
    const char *method;           // [as `text`, or "FT"]
    const char *operation;        // of the longest row ["conv_forward"]
    const char *text;             // method, backend, shapes and algorithms [sensible ones]
    int operations;               // distinct ones besides the first [2]
    double processor_percent;     // [99]
    double fma_fp32_gflops_after; // [700, as before]
    int threads;                  // [2]; with 1 there are no times of a single thread
};

// Writes `folder`/profile.json; the folder is made when absent. A step of 32 images takes 10 ms, 9.5 of them inside
// operations. The longest row: 8 calls, 6 ms, 3 GFLOP, 0.3 GB, bound 4.5 ms; with one thread 9 ms.
void sample_profile_write(const char *folder, const struct sample_profile *sample);

#endif
