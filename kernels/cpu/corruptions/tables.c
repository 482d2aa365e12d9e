// tables.c: taps, kernels and zooms of all severities, computed once.
#include <pthread.h>

#include "kernels/cpu/corruptions/corruptions.h"

static struct corruption_tables tables;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static struct zoom_axis zoom_axis_create(struct zoom_geometry zoom)
{
    struct zoom_axis axis;
    for (int i = 0; i < PICTURE_SIDE; i++) {
        const double at = (zoom.trim + i) * zoom.step;
        const int index = (int)at;
        axis.first[i] = zoom.start + index;
        axis.second[i] = zoom.start + (index + 1 < zoom.crop ? index + 1 : index);
        axis.weights[i] = at - index;
        for (int c = 0; c < PICTURE_CHANNELS; c++) axis.row_weights[PICTURE_CHANNELS * i + c] = axis.weights[i];
    }
    return axis;
}

// The pixels whose centres lie in the window of output `place`; see the reference.
static struct box_pair box_pair_at(int place, int from, int to)
{
    const double ratio = (double)from / to, width = ratio > 1 ? ratio : 1, centre = (place + 0.5) * ratio;
    const int begin = (int)(centre - width / 2 + 0.5), end = (int)(centre + width / 2 + 0.5);
    struct box_pair pair = {-1, -1};
    for (int j = begin < 0 ? 0 : begin; j < (end < from ? end : from); j++) {
        double distance = (j - centre + 0.5) / width;
        if (!(distance > -0.5 && distance <= 0.5)) continue;
        pair.second = j;
        if (pair.first < 0) pair.first = j;
    }
    return pair;
}

static void fill_tables(void)
{
    for (int i = 0; i < CORRUPTION_SEVERITIES; i++) {
        tables.glass[i] = gaussian_taps_create(glass_settings[i].sigma, 4);
        tables.elastic[i] = gaussian_taps_create(elastic_settings[i].sigma, 3);
        tables.defocus[i] = defocus_kernel_create(&defocus_settings[i]);
        tables.snow_zooms[i] = zoom_geometry_create(snow_settings[i].zoom);
        tables.motion[i] = motion_kernel_create(&motion_settings[i], 0);
        tables.snow_motion[i] = motion_kernel_create(&snow_settings[i].motion, 0);
        for (int place = 0; place < pixelate_sides[i]; place++)
            tables.shrink[i][place] = box_pair_at(place, PICTURE_SIDE, pixelate_sides[i]);
        for (int place = 0; place < PICTURE_SIDE; place++)
            tables.enlarge[i][place] = box_pair_at(place, pixelate_sides[i], PICTURE_SIDE).first;
    }
    for (int place = 0; place < ZOOM_COUNT_LIMIT; place++)
        tables.zooms[place] = zoom_axis_create(zoom_geometry_create(zoom_blur_factor(place)));
}

const struct corruption_tables *ISA_NAME(corruption_tables)(void)
{
    pthread_once(&tables_once, fill_tables);
    return &tables;
}
