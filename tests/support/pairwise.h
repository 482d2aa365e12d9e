// pairwise.h: a subset of many experiments that still holds every pair of settings: for backends so slow that the whole
// product takes minutes. The settings are the numbers in an experiment's label.
#ifndef TESTS_SUPPORT_PAIRWISE_H
#define TESTS_SUPPORT_PAIRWISE_H

#include <stdbool.h>

// Whether two numbers of `label` stand together for the first time in this process; always with TRANSINV_PAIRWISE=no.
bool pairwise_wanted(const char *label);

#endif
