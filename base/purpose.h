// purpose.h: what random numbers are drawn for. One list, so that no two uses ever share a stream.
// A purpose is part of the Philox key: never renumber or reuse one, only append.
#ifndef BASE_PURPOSE_H
#define BASE_PURPOSE_H

enum purpose {
    PURPOSE_TEST = 0,              // tests only
    PURPOSE_WEIGHT_INIT = 1,       // index: tensor number in the network's order
    PURPOSE_IMAGE_ORDER = 2,       // the permutation of an epoch; index 0
    PURPOSE_BASE_AUGMENTATION = 3, // index: image in the data set; flip, row shift, column shift
    PURPOSE_SYNTHETIC_IMAGE = 5,   // the embedded set: one image; index: image
    PURPOSE_CLASSIFIER_INIT = 6,   // a target's fresh classifier
    PURPOSE_BENCH = 7,             // tensors of a benchmark case; index: tensor number in the case

    PURPOSE_CORRUPTION_SEVERITY = 31, // index: image in the data set
    PURPOSE_CORRUPTION = 32,          // .. 46, plus the corruption's place in the table; index: image in the data set
    PURPOSE_FROST_TEXTURE = 47,       // seed and epoch 0; index: texture
    PURPOSE_HELD_OUT = 48,            // base images of a published corrupted set; seed, epoch and index 0

    PURPOSE_AUGMIX = 64,              // index: image in the data set
    PURPOSE_AUGMENTATION_TARGET = 65, // the augmentation model's draws for a step of the target; index: as above
    PURPOSE_AUGMENTATION_MODEL = 66,  // for a step of the model itself
    PURPOSE_AUGMENTATION_INIT = 67,   // the model's weights
    PURPOSE_AUGMENTATION_REPLAY = 68, // for images deformed by an earlier model
    PURPOSE_AUGMENTATION_SAMPLE = 69, // for what a report shows and measures

    PURPOSE_REPORT_BOOTSTRAP = 80,   // resamples of paired differences; seed 1, epoch and index 0
    PURPOSE_REPORT_PERMUTATION = 81, // which teacher an augmentation is counted for; seed 1, epoch and index 0
};

#endif
