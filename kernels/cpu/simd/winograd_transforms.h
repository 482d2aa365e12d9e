// winograd_transforms.h: the one-dimensional transforms of F(m, 3) for m = 2 and m = 4, on vectors of channels. A tile is
// transformed along its columns, then along its rows.
//
// Source   A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; the transforms of F(m, 3)
//          are the Cook-Toom interpolation through m + 1 points and infinity (Barabasz et al., ACM TOMS 46, 2020).
// Points   m = 2: 0, 1, -1.  m = 4: 0, +-5/8, +-3/2. The usual 0, +-1, +-2 lose 5 times more digits than direct sums in
//          float32; these lose 2.3 times (root mean square over ReLU'd normal inputs, 16 to 128 channels), all their
//          powers are exact, and every product below is a fused multiply-add.
// Scaling  the normalising factors of the interpolation go into the filter's transform, which is computed least often.
#ifndef KERNELS_CPU_SIMD_WINOGRAD_TRANSFORMS_H
#define KERNELS_CPU_SIMD_WINOGRAD_TRANSFORMS_H

#include "kernels/cpu/simd/vector.h"

enum { WINOGRAD_OUTPUTS_MAX = 4, WINOGRAD_INPUTS_MAX = 6, WINOGRAD_PRODUCTS_MAX = 36 };

static const float POINT_A = 0.625f, POINT_A2 = 0.390625f, POINT_A3 = 0.244140625f;
static const float POINT_B = 1.5f, POINT_B2 = 2.25f, POINT_B3 = 3.375f;
static const float POINT_A2B2 = 0.87890625f, POINT_A2_PLUS_B2 = 2.640625f;

static inline vector vector_scale_add(float factor, vector x, vector y)
{
    return vector_fma(vector_broadcast(factor), x, y);
}

// B^T d: m + 2 inputs, `stride` vectors apart, become m + 2 factors.
static inline __attribute__((always_inline)) void winograd_input_1d(int outputs, const vector *d, ptrdiff_t stride,
                                                                    vector *v)
{
    if (outputs == 2) {
        v[0] = d[0] - d[2 * stride];
        v[1] = d[1 * stride] + d[2 * stride];
        v[2] = d[2 * stride] - d[1 * stride];
        v[3] = d[3 * stride] - d[1 * stride];
        return;
    }
    vector d0 = d[0], d1 = d[stride], d2 = d[2 * stride], d3 = d[3 * stride], d4 = d[4 * stride], d5 = d[5 * stride];
    vector even_a = vector_scale_add(-POINT_B2, d2, d4), odd_a = vector_scale_add(-POINT_B2, d1, d3);
    vector even_b = vector_scale_add(-POINT_A2, d2, d4), odd_b = vector_scale_add(-POINT_A2, d1, d3);
    v[0] = vector_scale_add(POINT_A2B2, d0, vector_scale_add(-POINT_A2_PLUS_B2, d2, d4));
    v[1] = vector_scale_add(POINT_A, odd_a, even_a);
    v[2] = vector_scale_add(-POINT_A, odd_a, even_a);
    v[3] = vector_scale_add(POINT_B, odd_b, even_b);
    v[4] = vector_scale_add(-POINT_B, odd_b, even_b);
    v[5] = vector_scale_add(POINT_A2B2, d1, vector_scale_add(-POINT_A2_PLUS_B2, d3, d5));
}

// A^T p: m + 2 products become m outputs.
static inline __attribute__((always_inline)) void winograd_output_1d(int outputs, const vector *p, ptrdiff_t stride,
                                                                     vector *y)
{
    if (outputs == 2) {
        vector sum = p[stride] + p[2 * stride], difference = p[stride] - p[2 * stride];
        y[0] = p[0] + sum;
        y[1] = difference + p[3 * stride];
        return;
    }
    vector sum_a = p[stride] + p[2 * stride], difference_a = p[stride] - p[2 * stride];
    vector sum_b = p[3 * stride] + p[4 * stride], difference_b = p[3 * stride] - p[4 * stride];
    y[0] = p[0] + (sum_a + sum_b);
    y[1] = vector_scale_add(POINT_A, difference_a, vector_broadcast(POINT_B) * difference_b);
    y[2] = vector_scale_add(POINT_A2, sum_a, vector_broadcast(POINT_B2) * sum_b);
    y[3] = vector_scale_add(POINT_A3, difference_a, vector_scale_add(POINT_B3, difference_b, p[5 * stride]));
}

// A y: m gradients of outputs become m + 2 factors; the transpose of winograd_output_1d, for the filter's gradient.
static inline __attribute__((always_inline)) void winograd_gradient_1d(int outputs, const vector *y, ptrdiff_t stride,
                                                                       vector *p)
{
    if (outputs == 2) {
        p[0] = y[0];
        p[1] = y[0] + y[stride];
        p[2] = y[0] - y[stride];
        p[3] = y[stride];
        return;
    }
    vector y0 = y[0], y1 = y[stride], y2 = y[2 * stride], y3 = y[3 * stride];
    vector even_a = vector_scale_add(POINT_A2, y2, y0), odd_a = vector_scale_add(POINT_A2, y3, y1);
    vector even_b = vector_scale_add(POINT_B2, y2, y0), odd_b = vector_scale_add(POINT_B2, y3, y1);
    p[0] = y0;
    p[1] = vector_scale_add(POINT_A, odd_a, even_a);
    p[2] = vector_scale_add(-POINT_A, odd_a, even_a);
    p[3] = vector_scale_add(POINT_B, odd_b, even_b);
    p[4] = vector_scale_add(-POINT_B, odd_b, even_b);
    p[5] = y3;
}

// The rows of G for m = 4: a point's powers over the product of its distances from the others.
static const float FILTER_0 = 1 / 0.87890625f;
static const float FILTER_A = (float)(1 / (2 * 0.390625 * (0.390625 - 2.25)));
static const float FILTER_B = (float)(1 / (2 * 2.25 * (2.25 - 0.390625)));

// G g: 3 filter taps become m + 2 factors.
static inline __attribute__((always_inline)) void winograd_filter_1d(int outputs, const vector *g, ptrdiff_t stride,
                                                                     vector *u)
{
    vector g0 = g[0], g1 = g[stride], g2 = g[2 * stride];
    if (outputs == 2) {
        vector half = vector_broadcast(0.5f), outer = g0 + g2;
        u[0] = g0;
        u[1] = half * (outer + g1);
        u[2] = half * (outer - g1);
        u[3] = g2;
        return;
    }
    vector even_a = vector_scale_add(POINT_A2, g2, g0), even_b = vector_scale_add(POINT_B2, g2, g0);
    u[0] = vector_broadcast(FILTER_0) * g0;
    u[1] = vector_broadcast(FILTER_A) * vector_scale_add(POINT_A, g1, even_a);
    u[2] = vector_broadcast(FILTER_A) * vector_scale_add(-POINT_A, g1, even_a);
    u[3] = vector_broadcast(FILTER_B) * vector_scale_add(POINT_B, g1, even_b);
    u[4] = vector_broadcast(FILTER_B) * vector_scale_add(-POINT_B, g1, even_b);
    u[5] = g2;
}

// G^T s: m + 2 sums become 3 filter gradients; the transpose of winograd_filter_1d.
static inline __attribute__((always_inline)) void winograd_filter_gradient_1d(int outputs, const vector *s,
                                                                              ptrdiff_t stride, vector *g)
{
    if (outputs == 2) {
        vector half = vector_broadcast(0.5f);
        vector sum = half * (s[stride] + s[2 * stride]), difference = half * (s[stride] - s[2 * stride]);
        g[0] = s[0] + sum;
        g[1] = difference;
        g[2] = sum + s[3 * stride];
        return;
    }
    vector of_a = vector_broadcast(FILTER_A), of_b = vector_broadcast(FILTER_B);
    vector sum_a = of_a * (s[stride] + s[2 * stride]), difference_a = of_a * (s[stride] - s[2 * stride]);
    vector sum_b = of_b * (s[3 * stride] + s[4 * stride]), difference_b = of_b * (s[3 * stride] - s[4 * stride]);
    g[0] = vector_scale_add(FILTER_0, s[0], sum_a + sum_b);
    g[1] = vector_scale_add(POINT_A, difference_a, vector_broadcast(POINT_B) * difference_b);
    g[2] = vector_scale_add(POINT_A2, sum_a, vector_scale_add(POINT_B2, sum_b, s[5 * stride]));
}

#endif
