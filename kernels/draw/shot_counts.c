// shot_counts.c: cumulative Poisson probabilities of 1280 means, as 32-bit thresholds. Probabilities start at the mode
// and go outwards by their ratio mean / k, in IEEE double without libm. Tests: tests/corruption_draw_test.c.
#include "kernels/draw/shot_counts.h"

#include <assert.h>
#include <pthread.h>

#include "base/random_math.h"
#include "kernels/draw/corruption_settings.h"

enum { COUNT_LIMIT = 1024 }; // above 500 + 6.5 * sqrt(500) + 2

static struct shot_counts table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

// probabilities[k] for k in 0 .. COUNT_LIMIT - 1; what underflows is 0.
static void fill_probabilities(double mean, double probabilities[COUNT_LIMIT])
{
    int mode = (int)mean;
    double exponent = (double)mode * random_math_log(mean) - mean - random_math_log_factorial(mode);
    probabilities[mode] = random_math_exp(exponent < 0 ? exponent : 0);
    for (int k = mode; k > 0; k--) probabilities[k - 1] = probabilities[k] * (double)k / mean;
    for (int k = mode; k + 1 < COUNT_LIMIT; k++) probabilities[k + 1] = probabilities[k] * mean / (double)(k + 1);
}

static void fill_guide(struct shot_mean *mean, const uint32_t *thresholds)
{
    uint16_t below = 0;
    for (uint32_t guide = 0; guide < SHOT_GUIDES; guide++) {
        while (below < mean->thresholds && thresholds[below] <= guide << (32 - SHOT_GUIDES_LOG)) below++;
        mean->guide[guide] = below;
    }
}

// Thresholds that are 0 or 2^32 decide nothing and are left out.
static void fill_mean(double lambda, struct shot_mean *mean)
{
    double probabilities[COUNT_LIMIT], sum = 0;
    fill_probabilities(lambda, probabilities);
    *mean = (struct shot_mean){.first_threshold = table.used};
    for (int k = 0; k < COUNT_LIMIT; k++) {
        sum += probabilities[k];
        double threshold = sum * 0x1p32 + 0.5;
        if (threshold >= 0x1p32) break;
        if (threshold < 1) {
            mean->least = (uint16_t)(k + 1);
            continue;
        }
        assert(table.used < SHOT_THRESHOLDS);
        table.thresholds[table.used++] = (uint32_t)threshold;
        mean->thresholds++;
    }
    fill_guide(mean, table.thresholds + mean->first_threshold);
}

static void fill_table(void)
{
    for (int severity = 0; severity < CORRUPTION_SEVERITIES; severity++) {
        table.means[severity][0] = (struct shot_mean){0}; // a black byte: always 0
        for (int byte = 1; byte < 256; byte++)
            fill_mean((double)shot_noise_scales[severity] * byte / 255, &table.means[severity][byte]);
    }
}

const struct shot_counts *shot_counts(void)
{
    pthread_once(&table_once, fill_table);
    return &table;
}
