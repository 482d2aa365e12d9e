// random_normal.c: standard normal draws by Box and Muller's transform, z = sqrt(-2 log u) cos(2 pi v).
//
// Same bits everywhere: log and cosine are random_math.c's; sqrt is one of IEEE 754's correctly rounded operations, so
// the hardware's and libm's agree. Compiled with -ffp-contract=off like every strict room (see random_math.c). Only the
// cosine branch is used, so that a draw is a function of its two words alone. With 32-bit uniforms |z| is below 6.77.
// Tests: tests/random_test.c (bits), tests/random_distribution_test.c.
#include <math.h>

#include "base/random.h"
#include "base/random_math.h"

double random_next_normal(struct random_stream *stream)
{
    double u = random_next_uniform_open(stream);
    double v = random_next_uniform_open(stream);
    return sqrt(-2.0 * random_math_log(u)) * random_math_cosine_turns(v);
}
