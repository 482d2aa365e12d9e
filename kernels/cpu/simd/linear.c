// linear.c: the classifier, logits = features * weight^T + bias, and its three gradients, in float32.
// Bound     arithmetic: images * features * classes multiply-adds each for the logits and for the gradients of features
//           and weights. At 128 x 128 x 100 that is 15 microseconds for a core with AVX-512, 20 with what is around them.
// Method    all three are products whose terms run along the rows of the right matrix: a block of BLOCK_PIXELS rows x two
//           vectors of columns, one broadcast per row and term. For the logits the weights are transposed first, 2
//           microseconds of 21; dot products along the features, whose lanes must be added up for every logit, took 28.
// Sums      terms in order, in chunks of CHUNK_TERMS that are added in order: features of a logit, classes of a feature's
//           gradient, images of a weight's. So bits hang on the shape alone: threads share out whole results. Root mean
//           square error 2e-7, largest 5e-7 up to 1024 images, 640 features, 100 classes; golden data allow 5e-6.
#include <stdbool.h>

#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

enum { CHUNK_TERMS = 128, THREADED_PRODUCTS = 1 << 17 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

// The first `width` lanes of a vector; the others are 0 and not read.
static inline vector load_part(const float *from, int width)
{
    vector value = {0};
    memcpy(&value, from, (size_t)width * sizeof(float));
    return value;
}

// Below THREADED_PRODUCTS multiply-adds a second thread would take longer to wake than to help.
static int useful_threads(const struct device *device, int runs, int images, int features, int classes)
{
    return (double)runs * images * features * classes < THREADED_PRODUCTS ? 1 : device->threads;
}

// ---- products --------------------------------------------------------------------------------------------------

// output[row][column] = addend[row][column]
//                       + sum over terms of left[row * left_row + term * left_term] * right[term * right_term + column]
struct product {
    const float *left, *right, *addend; // addend may be NULL, may be the output
    float *output;
    ptrdiff_t left_row, left_term, right_term, addend_row, output_row;
    int terms, width;  // width: columns, at most 2 * LANES, and no multiple of LANES only below it
    bool right_padded; // right may be read up to the next multiple of LANES
};

static inline __attribute__((always_inline)) void store_sums(const struct product *p, vector sums[][2], int rows,
                                                             int vectors, int width)
{
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            const ptrdiff_t column = (ptrdiff_t)v * LANES;
            vector sum = sums[r][v];
            if (p->addend != NULL) {
                const float *addend = p->addend + r * p->addend_row + column;
                sum += width == LANES ? vector_load(addend) : load_part(addend, width);
            }
            memcpy(p->output + r * p->output_row + column, &sum, (size_t)width * sizeof(float));
        }
}

// `rows`, `vectors` and `whole` (of the loads) are constants at every call, so that the sums live in registers.
static inline __attribute__((always_inline)) void add_terms(const struct product *p, int rows, int vectors, bool whole)
{
    vector sums[BLOCK_PIXELS][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) sums[r][v] = (vector){0};
    const float *left = p->left, *right = p->right;
    for (int t = 0; t < p->terms; t++, left += p->left_term, right += p->right_term) {
        vector value[2];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            value[v] = whole ? vector_load(right + (ptrdiff_t)v * LANES) : load_part(right, p->width);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            vector factor = vector_broadcast(left[r * p->left_row]);
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) sums[r][v] = vector_fma(factor, value[v], sums[r][v]);
        }
    }
    if (p->width >= vectors * LANES)
        store_sums(p, sums, rows, vectors, LANES);
    else
        store_sums(p, sums, rows, 1, p->width);
}

static inline __attribute__((always_inline)) void multiply_rows(const struct product *product, int rows)
{
    if (product->width == 2 * LANES)
        add_terms(product, rows, 2, true);
    else if (product->width == LANES || product->right_padded)
        add_terms(product, rows, 1, true);
    else
        add_terms(product, rows, 1, false);
}

static void multiply_block(const struct product *product, int rows)
{
    switch (rows) {
    case BLOCK_PIXELS: multiply_rows(product, BLOCK_PIXELS); break;
#if defined(__AVX512F__)
    case 4: multiply_rows(product, 4); break;
#endif
    case 2: multiply_rows(product, 2); break;
    default: multiply_rows(product, 1); break;
    }
}

// All terms, chunk by chunk, for up to BLOCK_PIXELS rows.
static void multiply(struct product product, int rows)
{
    const struct product first = product;
    for (int term = 0; term < first.terms; term += CHUNK_TERMS) {
        product.terms = smaller(CHUNK_TERMS, first.terms - term);
        product.left = first.left + term * first.left_term;
        product.right = first.right + term * first.right_term;
        product.output = first.output;
        product.addend = term == 0 ? first.addend : first.output;
        product.addend_row = term == 0 ? first.addend_row : first.output_row;
        for (int left = rows, done; left > 0; left -= done) {
            done = left >= BLOCK_PIXELS ? BLOCK_PIXELS : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            multiply_block(&product, done);
            product.left += done * product.left_row;
            product.output += done * product.output_row;
            if (product.addend != NULL) product.addend += done * product.addend_row;
        }
    }
}

// The columns that a product takes of those that are left.
static int product_width(int left)
{
    return left >= 2 * LANES ? 2 * LANES : smaller(left, LANES);
}

// ---- forward ---------------------------------------------------------------------------------------------------

static inline vector zip_low(vector a, vector b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif defined(__AVX2__)
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}

static inline vector zip_high(vector a, vector b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif defined(__AVX2__)
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

// LANES vectors as the rows of a matrix become its columns: a round moves the highest bit of the row's number to the lane's
// lowest and the lane's highest to the row's lowest, so after log2(LANES) of them row and lane have changed places.
static inline __attribute__((always_inline)) void transpose(vector rows[LANES])
{
#pragma GCC unroll 4
    for (int round = 1; round < LANES; round *= 2) {
        vector zipped[LANES];
#pragma GCC unroll 8
        for (ptrdiff_t i = 0; i < LANES / 2; i++) {
            zipped[2 * i] = zip_low(rows[i], rows[i + LANES / 2]);
            zipped[2 * i + 1] = zip_high(rows[i], rows[i + LANES / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) rows[i] = zipped[i];
    }
}

struct forward_job {
    const struct linear_forward *linear;
    int padded;     // classes up to the next multiple of LANES
    float *weights; // runs x features x padded: transposed
};

// LANES classes of one run; those that do not exist become zeros.
static void transpose_classes(const struct forward_job *job, int run, int class)
{
    const struct linear_forward *linear = job->linear;
    const float *weight = per_run_part(linear->weight, run) + (size_t) class * (size_t)linear->features;
    float *to = job->weights + (size_t)run * (size_t)linear->features * (size_t)job->padded + class;
    for (int feature = 0; feature < linear->features; feature += LANES) {
        int width = smaller(LANES, linear->features - feature), classes = smaller(LANES, linear->classes - class);
        const float *from = weight + feature;
        vector rows[LANES];
        if (width == LANES && classes == LANES)
#pragma GCC unroll 16
            for (ptrdiff_t k = 0; k < LANES; k++) rows[k] = vector_load(from + k * linear->features);
        else
            for (ptrdiff_t k = 0; k < LANES; k++)
                rows[k] = k < classes ? load_part(from + k * linear->features, width) : (vector){0};
        transpose(rows);
        for (int f = 0; f < width; f++) vector_store(to + (ptrdiff_t)(feature + f) * job->padded, rows[f]);
    }
}

// A block of images x up to 2 * LANES classes.
static void multiply_classes(const struct forward_job *job, int run, int image, int class)
{
    const struct linear_forward *linear = job->linear;
    const float *bias = per_run_part(linear->bias, run);
    size_t row = (size_t)run * (size_t)linear->images + (size_t)image;
    int left = smaller(2 * LANES, linear->classes - class);
    for (int width; left > 0; left -= width, class += width) {
        width = product_width(left);
        multiply((struct product){.left = linear->input + row * (size_t)linear->features,
                                  .left_row = linear->features,
                                  .left_term = 1,
                                  .right = job->weights + (size_t)run * (size_t)linear->features * (size_t)job->padded +
                                           class,
                                  .right_term = job->padded,
                                  .right_padded = true,
                                  .addend = bias == NULL ? NULL : bias + class,
                                  .output = linear->logits + row * (size_t)linear->classes + class,
                                  .output_row = linear->classes,
                                  .terms = linear->features,
                                  .width = width},
                 smaller(BLOCK_PIXELS, linear->images - image));
    }
}

void ISA_NAME(linear_forward)(struct device *device, const void *settings)
{
    const struct linear_forward *linear = settings;
    const int runs = linear->runs, images = linear->images, classes = linear->classes;
    struct forward_job job = {.linear = linear, .padded = (classes + LANES - 1) / LANES * LANES};
    job.weights = device_scratch(device, (size_t)runs * (size_t)linear->features * (size_t)job.padded * sizeof(float));
    if (job.weights == NULL) return;
#pragma omp parallel num_threads(useful_threads(device, runs, images, linear->features, classes))
    {
#pragma omp for collapse(2) schedule(static)
        for (int run = 0; run < runs; run++)
            for (int class = 0; class < classes; class += LANES) transpose_classes(&job, run, class);
#pragma omp for collapse(3) schedule(static)
        for (int run = 0; run < runs; run++)
            for (int class = 0; class < classes; class += 2 * LANES)
                for (int image = 0; image < images; image += BLOCK_PIXELS) multiply_classes(&job, run, image, class);
    }
}

// ---- backward --------------------------------------------------------------------------------------------------

// grad_input of a block of images: terms are classes.
static void differentiate_input(const struct linear_backward *linear, int run, int image, int feature, int features)
{
    size_t row = (size_t)run * (size_t)linear->images + (size_t)image;
    for (int width; features > 0; features -= width, feature += width) {
        width = product_width(features);
        multiply((struct product){.left = linear->grad_logits + row * (size_t)linear->classes,
                                  .left_row = linear->classes,
                                  .left_term = 1,
                                  .right = per_run_part(linear->weight, run) + feature,
                                  .right_term = linear->features,
                                  .output = linear->grad_input + row * (size_t)linear->features + feature,
                                  .output_row = linear->features,
                                  .terms = linear->classes,
                                  .width = width},
                 smaller(BLOCK_PIXELS, linear->images - image));
    }
}

// grad_weight of a block of classes: terms are images.
static void differentiate_weight(const struct linear_backward *linear, int run, int class, int feature, int features)
{
    size_t row = (size_t)run * (size_t)linear->images;
    float *output = per_run_part(linear->grad_weight, run) + (size_t) class * (size_t)linear->features;
    for (int width; features > 0; features -= width, feature += width) {
        width = product_width(features);
        multiply((struct product){.left = linear->grad_logits + row * (size_t)linear->classes + class,
                                  .left_row = 1,
                                  .left_term = linear->classes,
                                  .right = linear->input + row * (size_t)linear->features + feature,
                                  .right_term = linear->features,
                                  .output = output + feature,
                                  .output_row = linear->features,
                                  .terms = linear->images,
                                  .width = width},
                 smaller(BLOCK_PIXELS, linear->classes - class));
    }
}

// grad_bias of up to LANES classes.
static void differentiate_bias(const struct linear_backward *linear, int run, int class)
{
    const float *row = linear->grad_logits + (size_t)run * (size_t)linear->images * (size_t)linear->classes + class;
    int width = smaller(LANES, linear->classes - class);
    vector total = {0};
    for (int image = 0; image < linear->images; image += CHUNK_TERMS) {
        vector sum = {0};
        int images = smaller(CHUNK_TERMS, linear->images - image);
        for (int i = 0; i < images; i++, row += linear->classes)
            sum += width == LANES ? vector_load(row) : load_part(row, width);
        total += sum;
    }
    memcpy(per_run_part(linear->grad_bias, run) + class, &total, (size_t)width * sizeof(float));
}

void ISA_NAME(linear_backward)(struct device *device, const void *settings)
{
    const struct linear_backward *linear = settings;
    const int columns = 2 * LANES; // of a task: right stays in L1 from one block of rows to the next
    const int runs = linear->runs, images = linear->images, features = linear->features, classes = linear->classes;
#pragma omp parallel num_threads(useful_threads(device, runs, images, features, classes))
    {
        if (linear->grad_input != NULL) {
#pragma omp for collapse(3) schedule(static) nowait
            for (int run = 0; run < runs; run++)
                for (int feature = 0; feature < features; feature += columns)
                    for (int image = 0; image < images; image += BLOCK_PIXELS)
                        differentiate_input(linear, run, image, feature, smaller(columns, features - feature));
        }
        if (linear->grad_weight.data != NULL) {
#pragma omp for collapse(3) schedule(static) nowait
            for (int run = 0; run < runs; run++)
                for (int feature = 0; feature < features; feature += columns)
                    for (int class = 0; class < classes; class += BLOCK_PIXELS)
                        differentiate_weight(linear, run, class, feature, smaller(columns, features - feature));
        }
        if (linear->grad_bias.data != NULL) {
#pragma omp for collapse(2) schedule(static) nowait
            for (int run = 0; run < runs; run++)
                for (int class = 0; class < classes; class += LANES) differentiate_bias(linear, run, class);
        }
    }
}
