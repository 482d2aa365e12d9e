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

static void fill_tables(void)
{
    for (int i = 0; i < CORRUPTION_SEVERITIES; i++) {
        tables.glass[i] = gaussian_taps_create(glass_settings[i].sigma, 4);
        tables.elastic[i] = gaussian_taps_create(elastic_settings[i].sigma, 3);
        tables.defocus[i] = defocus_kernel_create(&defocus_settings[i]);
        tables.snow_zooms[i] = zoom_geometry_create(snow_settings[i].zoom);
    }
    for (int place = 0; place < ZOOM_COUNT_LIMIT; place++)
        tables.zooms[place] = zoom_axis_create(zoom_geometry_create(zoom_blur_factor(place)));
}

const struct corruption_tables *ISA_NAME(corruption_tables)(void)
{
    pthread_once(&tables_once, fill_tables);
    return &tables;
}
