// learned_table.c: see learned_table.h. Tests: tests/report_learned_test.c.
#include "report/learned_table.h"

#include <math.h>
#include <string.h>

// How far a mean over `seeds` values moves with the last of them.
static void learned_add(double *mean, double value, size_t seeds)
{
    *mean += (value - *mean) / (double)seeds;
}

static void learned_add_part(struct learned_part *mean, const struct learned_part *part, size_t seeds)
{
    mean->present = part->present && (seeds == 1 || mean->present);
    learned_add(&mean->gate, part->gate, seeds);
    for (int i = 0; i < LEARNED_PARAMETERS; i++)
        for (int q = 0; q < LEARNED_QUANTILES; q++) learned_add(&mean->quantiles[i][q], part->quantiles[i][q], seeds);
}

static void learned_add_run(struct learned_table *table, int column, const struct run_record *run)
{
    struct learned_column *own = &table->columns[column];
    const struct learned_augmentation *learned = &run->augmentation;
    const size_t seeds = ++own->seeds;
    if (own->first == NULL) own->first = run;
    own->mean.present = true;
    learned_add(&own->mean.adversarial_loss, learned->adversarial_loss, seeds);
    learned_add(&own->mean.distance, learned->distance, seeds);
    learned_add(&own->mean.target_agreement, learned->target_agreement, seeds);
    learned_add(&own->mean.teacher_agreement, learned->teacher_agreement, seeds);
    learned_add(&own->mean.contrast_kept, learned->contrast_kept, seeds);
    for (int p = 0; p < LEARNED_PRIMITIVES; p++) {
        learned_add_part(&own->mean.parts[p], &learned->parts[p], seeds);
        learned_add(&table->magnitudes.of[p][column],
                    learned_augmentation_magnitude(learned, (enum learned_primitive)p), seeds);
    }
}

void learned_table_build(const struct run_record *const *runs, size_t count, struct learned_table *table)
{
    *table = (struct learned_table){.column_count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct run_record *run = runs[i];
        const int column = paper_find_column(run->corruption);
        const bool learns = run->method != NULL && strcmp(run->method, PAPER_METHOD_LEARNED) == 0;
        if (learns && column >= 0 && run->state == RUN_DONE && run->augmentation.present)
            learned_add_run(table, column, run);
    }
    for (int column = 0; column < PAPER_COLUMNS; column++) {
        const size_t seeds = table->columns[column].seeds;
        if (seeds == 0) continue;
        table->magnitudes.present |= 1U << column;
        if (table->column_count++ == 0 || seeds < table->least_seeds) table->least_seeds = seeds;
    }
    table->match = invariance_match_test(&table->magnitudes);
}
