// corruption.h: the 15 corruptions as the paper's table names and orders them. Names only: what a corruption does to
// an image is an image operation and lives in kernels/.
#ifndef HARNESS_CORRUPTION_H
#define HARNESS_CORRUPTION_H

#include "kernels/draw/corruption_kind.h" // enum corruption_kind: the places

struct corruption {
    const char *code;  // "GN", unique only where case counts: SN is shot noise, Sn is snow
    const char *name;  // "gaussian_noise", unique in lower case; what folders are called by
    const char *title; // "Gaussian noise", for people
};

// In the table's order; place in 0 .. CORRUPTION_COUNT - 1.
const struct corruption *corruption_at(int place);
int corruption_place(const struct corruption *corruption);

// By exact code or full name; NULL when unknown.
const struct corruption *corruption_find(const char *code_or_name);

#endif
