// channel_sums.c: adds the images' per-channel sums in the order of the images, whatever thread made them.
#include "kernels/cpu/cpu.h"

void channel_sums_reduce(int runs, int images, int channels, const struct channel_sums *partial,
                         struct channel_sums *total)
{
    for (int r = 0; r < runs; r++, total += channels) {
        for (int c = 0; c < channels; c++) total[c] = (struct channel_sums){0, 0};
        for (int n = 0; n < images; n++, partial += channels)
            for (int c = 0; c < channels; c++) {
                total[c].first += partial[c].first;
                total[c].second += partial[c].second;
            }
    }
}
