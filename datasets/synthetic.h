// synthetic.h: the embedded data set: procedurally drawn 32 x 32 RGB images, for work without network.
#ifndef DATASETS_SYNTHETIC_H
#define DATASETS_SYNTHETIC_H

#include "datasets/image_set.h"

// Images first .. first + count - 1 of the endless sequence that belongs to (seed, classes). Image i has label
// i % classes, so any whole number of rounds is balanced. Bit-identical on every machine (integers and IEEE +,-,*,/,sqrt only).
struct status synthetic_generate(uint32_t seed, int classes, int first, int count, struct image_set *set);

#endif
