// invariance_match.h: claim C3 as a number: does an augmentation move most where its teacher is invariant? Knows the map
// from primitives to corruptions and magnitudes; where magnitudes come from is for learned_table.c.
#ifndef REPORT_INVARIANCE_MATCH_H
#define REPORT_INVARIANCE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "report/learned_augmentation.h"
#include "report/paper_table.h"

// The corruptions whose invariance a primitive can show: noise GN SN IN; contrast Br Co Fo; geometric ET; blur DB GB MB
// ZB Pi. No primitive matches Sn Fr JC: they are controls.
bool invariance_match_has(enum learned_primitive primitive, int column);

struct invariance_contrast {
    bool present;                        // there are matched and unmatched teachers, and every magnitude is known
    size_t matched, unmatched;           // teachers; for all primitives together, pairs of primitive and teacher
    double matched_mean, unmatched_mean; // of the standardised magnitudes
    double difference;
    double greater, less; // one-sided probabilities of a difference at least as large, or as small, by chance
};

// Magnitudes are standardised for each primitive over the teachers: minus their mean, by their sample deviation (all 0
// where that is 0). The statistic is the mean over matched teachers minus the mean over unmatched ones; for all primitives
// together it is over pairs, of those primitives that have both.
// By chance: which learned augmentation belongs to which teacher is permuted. For one primitive the test is exact (every
// choice of matched teachers). For all together it is exact up to eight teachers; beyond, the observed order and 99,999
// random ones with a fixed seed count (Phipson and Smyth 2010).
struct invariance_match {
    size_t teachers;
    double standardised[LEARNED_PRIMITIVES][PAPER_COLUMNS]; // NaN where there is no teacher, or a magnitude is unknown
    struct invariance_contrast primitives[LEARNED_PRIMITIVES], all;
    size_t permutations; // behind `all`
    bool exact;
    char missing[256]; // the sentence what is missing for a test; "" when there is one
};

struct invariance_magnitudes {
    double of[LEARNED_PRIMITIVES][PAPER_COLUMNS];
    unsigned present; // bit i: column i has a learned augmentation
};

// A magnitude of a present column that is not finite leaves its primitive out.
struct invariance_match invariance_match_test(const struct invariance_magnitudes *magnitudes);

#endif
