// profile_plots.h: the profile of a training step as figures inside the page: shares of time, and a roofline.
#ifndef REPORT_PROFILE_PLOTS_H
#define REPORT_PROFILE_PLOTS_H

#include "report/step_profile.h"
#include "report/text.h"

// Appends one <figure> with both to `html`. A status that is not OK says why it could not be drawn; nothing is appended
// then. Errors are those of plot_run_gnuplot and svg_adopt.
struct status profile_plots_append(const struct step_profile *profile, struct text *html);

#endif
