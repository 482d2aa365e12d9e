// synthetic_shape.h: the ten shapes of the embedded set, each mirror-symmetric about the v axis, so that a flipped image
// shows the same shape turned.
#ifndef DATASETS_SYNTHETIC_SHAPE_H
#define DATASETS_SYNTHETIC_SHAPE_H

enum { SHAPE_COUNT = 10 };

// How far (u, v) lies inside shape 0 .. SHAPE_COUNT - 1: positive inside, negative outside, in units in which the shape
// reaches about 1 from its centre. Near the edge it grows like the distance from the edge.
double shape_distance(int shape, double u, double v);

#endif
