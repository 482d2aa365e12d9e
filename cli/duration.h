// duration.h: how long a whole matrix will take on a CPU, before it starts.
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include "harness/preset.h"
#include "kernels/kernels.h"

// Measures some training steps when the preset is large, and says how long all of it will take. STATUS_USAGE when that is
// more than a day and nobody has said yes. What is finished already is not counted off. Nothing happens on a GPU.
struct status duration_confirm(const struct preset *preset, struct device *device, bool yes);

// "3 days 4 h", "5 h 20 min", "12 min".
void duration_format(double seconds, char text[40]);

#endif
