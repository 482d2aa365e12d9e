// carry_over.c: see carry_over.h. Tests: tests/report_carry_over_test.c.
#include "report/carry_over.h"

#include <math.h>

static const double carry_confidence = 0.95;

void carry_over_destroy(struct carry_over *carry)
{
    accuracy_table_destroy(&carry->targets);
    accuracy_table_destroy(&carry->teachers);
    *carry = (struct carry_over){.pairs = 0};
}

static void carry_pair(const struct accuracy_row *ours, const struct accuracy_row *theirs, struct carry_over *carry)
{
    double pairs[PAPER_COLUMNS] = {0}, sum = 0;
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        carry->differences[column] = NAN;
        if (ours == NULL || theirs == NULL) continue;
        const struct accuracy_cell *a = &ours->cells[column], *b = &theirs->cells[column];
        if (a->count == 0 || b->count == 0) continue;
        const size_t seeds = a->count < b->count ? a->count : b->count;
        if (carry->pairs == 0 || seeds < carry->least_seeds) carry->least_seeds = seeds;
        carry->differences[column] = round((a->mean - b->mean) * 1e9) / 1e9;
        pairs[carry->pairs++] = carry->differences[column];
        sum += carry->differences[column];
    }
    carry->mean = carry->pairs == 0 ? NAN : sum / (double)carry->pairs;
    carry->interval = paired_bootstrap_interval(pairs, carry->pairs, carry_confidence);
    carry->test = paired_signed_rank(pairs, carry->pairs);
}

struct status carry_over_build(const struct run_record *const *runs, size_t teachers, size_t count,
                               struct carry_over *carry)
{
    *carry = (struct carry_over){.pairs = 0};
    struct status status = accuracy_table_build(runs, teachers, ACCURACY_CORRUPTED, &carry->teachers);
    if (status.code == STATUS_OK)
        status = accuracy_table_build(runs + teachers, count - teachers, ACCURACY_CORRUPTED, &carry->targets);
    for (size_t i = 0; i < count; i++) {
        carry->published = carry->published || runs[i]->corrupted_published;
        carry->unofficial = carry->unofficial || (runs[i]->corrupted_published && !runs[i]->corrupted_official);
    }
    carry_pair(accuracy_table_find(&carry->targets, PAPER_METHOD_LEARNED),
               accuracy_table_find(&carry->targets, PAPER_METHOD_PLAIN), carry);
    return status;
}

static void carry_append_signed(double value, struct text *text)
{
    text_append(text, value >= 0.005 ? "+" : "");
    text_append_fixed(text, value, 2);
}

static size_t carry_count(const struct carry_over *carry, int sign)
{
    size_t count = 0;
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        const double difference = carry->differences[column];
        count += isfinite(difference) && (difference > 0) - (difference < 0) == sign;
    }
    return count;
}

void carry_over_append_sentences(const struct carry_over *carry, struct text *text)
{
    if (carry->pairs == 0) {
        text_append(text, "No corruption has both " PAPER_METHOD_LEARNED " and " PAPER_METHOD_PLAIN
                          ", so they are not compared.");
        return;
    }
    text_append_format(text, PAPER_METHOD_LEARNED " minus " PAPER_METHOD_PLAIN ", paired over %zu corruption%s: ",
                       carry->pairs, carry->pairs == 1 ? "" : "s");
    carry_append_signed(carry->mean, text);
    text_append(text, " points on average");
    if (isfinite(carry->interval.low)) {
        text_append(text, " (95\u00a0% interval ");
        carry_append_signed(carry->interval.low, text);
        text_append(text, " to ");
        carry_append_signed(carry->interval.high, text);
        text_append(text, ", paired bootstrap)");
    }
    text_append_format(text,
                       "; higher in %zu, lower in %zu, equal in %zu. Wilcoxon\u2019s signed-rank test, exact, "
                       "two-sided: ",
                       carry_count(carry, 1), carry_count(carry, -1), carry_count(carry, 0));
    text_append_probability(text, carry->test.probability);
    text_append(text, "; equal pairs are left out, ties share their mean rank.");
}
