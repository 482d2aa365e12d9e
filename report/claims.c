// claims.c: see claims.h. Tests: tests/report_learned_test.c, tests/report_carry_over_test.c.
#include "report/claims.h"

#include <math.h>

static const double claim_level = 0.05;
enum { CLAIM_SEEDS_NEEDED = 3 };

struct claim_evidence claims_evidence_learned(const struct report_summary *summary)
{
    const struct learned_table *learned = &summary->learned;
    return (struct claim_evidence){.columns = learned->column_count,
                                   .seeds = learned->least_seeds,
                                   .favour = learned->match.all.greater,
                                   .against = learned->match.all.less};
}

// A two-sided probability is evidence for the side with the larger sum of ranks.
struct claim_evidence claims_evidence_carried_over(const struct report_summary *summary)
{
    const struct carry_over *carry = &summary->carry_over;
    const bool gains = carry->test.positive_ranks > carry->test.negative_ranks;
    return (struct claim_evidence){.columns = carry->pairs,
                                   .seeds = carry->least_seeds,
                                   .favour = gains ? carry->test.probability : 1,
                                   .against = gains ? 1 : carry->test.probability};
}

enum claim_verdict claims_judge(const struct report_summary *summary, const struct claim_evidence *evidence)
{
    if (!summary->comparable || evidence->columns < PAPER_COLUMNS || evidence->seeds < CLAIM_SEEDS_NEEDED)
        return CLAIM_OPEN;
    if (evidence->favour <= claim_level) return CLAIM_REPRODUCED;
    return evidence->against <= claim_level ? CLAIM_DIFFERENT : CLAIM_INCONCLUSIVE;
}

const char *claims_verdict_name(enum claim_verdict verdict)
{
    static const char *const names[] = {
        [CLAIM_OPEN] = NULL,
        [CLAIM_REPRODUCED] = "reproduced",
        [CLAIM_INCONCLUSIVE] = "inconclusive",
        [CLAIM_DIFFERENT] = "different",
    };
    return names[verdict];
}

void claims_append_verdict(const struct report_summary *summary, const struct claim_evidence *evidence,
                           struct text *text)
{
    const char *verdict = claims_verdict_name(claims_judge(summary, evidence));
    if (verdict != NULL) {
        text_append_format(text, "Verdict: %s.", verdict);
    } else if (!summary->comparable) {
        text_append(text, "No verdict: not comparable with the paper.");
        for (size_t i = 0; i < json_array_size(summary->reasons); i++) {
            text_append(text, " ");
            text_append(text, json_string_value(json_array_get(summary->reasons, i)));
        }
    } else if (evidence->columns < PAPER_COLUMNS) {
        text_append_format(text, "No verdict: %zu of %d corruptions have numbers.", evidence->columns, PAPER_COLUMNS);
    } else {
        text_append_format(text, "No verdict below %d seeds: there %s %zu.", CLAIM_SEEDS_NEEDED,
                           evidence->seeds == 1 ? "is" : "are", evidence->seeds);
    }
}
