// claims.h: the verdict on a claim of the paper. Numbers stand in every report; a verdict only where the runs are
// comparable with the paper, over all its columns and three seeds or more.
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "report/summary.h"

enum claim_verdict {
    CLAIM_OPEN,         // no verdict may be given
    CLAIM_REPRODUCED,   // the evidence for it is significant at 5 %
    CLAIM_INCONCLUSIVE, // neither is
    CLAIM_DIFFERENT,    // the evidence for its opposite is
};

struct claim_evidence {
    size_t columns, seeds;  // with numbers; the fewest seeds behind one of them
    double favour, against; // probabilities, by chance alone, of evidence as strong for the claim, and for its opposite
};

struct claim_evidence claims_evidence_learned(const struct report_summary *summary);      // C3
struct claim_evidence claims_evidence_carried_over(const struct report_summary *summary); // C4

enum claim_verdict claims_judge(const struct report_summary *summary, const struct claim_evidence *evidence);
const char *claims_verdict_name(enum claim_verdict verdict); // "reproduced", "inconclusive", "different"; NULL: open

// Plain sentences: the verdict, or why there is none.
void claims_append_verdict(const struct report_summary *summary, const struct claim_evidence *evidence,
                           struct text *text);

#endif
