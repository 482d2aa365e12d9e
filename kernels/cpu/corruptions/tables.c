// tables.c: taps, kernels and zooms of all severities, computed once.
#include <pthread.h>

#include "kernels/cpu/corruptions/corruptions.h"

static struct corruption_tables tables;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void fill_tables(void)
{
    for (int i = 0; i < CORRUPTION_SEVERITIES; i++) {
        tables.glass[i] = gaussian_taps_create(glass_settings[i].sigma, 4);
        tables.elastic[i] = gaussian_taps_create(elastic_settings[i].sigma, 3);
        tables.defocus[i] = defocus_kernel_create(&defocus_settings[i]);
        tables.snow_zooms[i] = zoom_geometry_create(snow_settings[i].zoom);
    }
    for (int place = 0; place < ZOOM_COUNT_LIMIT; place++)
        tables.zooms[place] = zoom_geometry_create(zoom_blur_factor(place));
}

const struct corruption_tables *ISA_NAME(corruption_tables)(void)
{
    pthread_once(&tables_once, fill_tables);
    return &tables;
}
