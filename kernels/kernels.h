// kernels.h: the one table of operations. A backend (reference, cpu, ...) implements it; the harness uses nothing
// else and never dereferences a tensor, so one training step runs on every backend.
//
// Conventions
//   Layout      activations are runs, N, H, W, C, dense. `void *` fields hold activations in the backend's activation
//               type (enum precision): float32 or bfloat16; `float *` and `struct per_run` are always float32.
//   Runs        every operation works on `runs` independent runs in lock step. A run's bits do not depend on how many
//               others share the call.
//   Filters     kernel row, kernel column, channels in, channels out ("HWIO"), float32.
//   Padding     kernel / 2 zeros on every side, applied after the prologue; height out = ceil(height / stride).
//   Errors      an operation returns nothing: a failure sticks to the device, later operations do nothing, and
//               device_synchronise() returns it. Shapes are the caller's promise.
//   Capture     no operation returns a number to the host, and none takes a number that changes from step to step:
//               step, rate, image order, losses live in device memory. So a step can be recorded once and replayed.
//   Sums        reductions run in a fixed order given by the shape alone, never by the number of threads.
//
// Fused pre-activation training. Only raw convolution outputs x are stored. Batch norm plus ReLU is one
// multiply-add per channel, relu(scale * x + shift), applied in the *prologue* of whatever reads x. Its backward is
// split alike: the kernel that produces the gradient g behind the ReLU masks it (scale * x + shift > 0, the very same
// multiply-add) and sums it; batchnorm_backward turns the sums into three factors per channel; the kernel that reads
// g applies  factor_gradient * g + factor_raw * x + offset  in its own prologue, or residual_join writes it out.
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/draw/corruption_law.h"
#include "kernels/draw/primitive.h"

// A float32 array that each run has its own of: run r's begins at data + r * stride (in floats).
struct per_run {
    float *data;
    size_t stride;
};

// What one run carries from step to step, in device memory, written by the host between epochs only.
struct training_state {
    uint32_t seed;    // key of all its draws
    uint32_t epoch;   // counter of all its draws
    int64_t step;     // optimiser steps taken so far: the index into the table of rates
    int64_t position; // images of this epoch already loaded: the index into the image order
};

// Sums over images, per run, in device memory. A NaN or infinite loss makes loss_sum so.
struct metrics {
    double loss_sum; // sum over images of the per-image loss
    int64_t correct; // images whose largest logit (the first, among equals) is the label's
    int64_t images;
};

struct conv_shape {
    int runs, images, height, width, channels_in, channels_out;
    int kernel; // 1 or 3
    int stride; // 1 or 2
};

enum base_augmentation {
    BASE_AUGMENTATION_NONE,
    BASE_AUGMENTATION_FLIP_CROP, // flip with probability 1/2, then a crop of the original size at a uniform position
};                               // in the image padded by 4 black pixels on every side

enum batchnorm_mode {
    BATCHNORM_BATCH_UPDATE, // normalise with batch statistics, move the running ones
    BATCHNORM_BATCH_ONLY,   // normalise with batch statistics, leave the running ones alone
    BATCHNORM_FROZEN,       // normalise with the running statistics (inference)
};

enum feature_distance { FEATURE_DISTANCE_COSINE, FEATURE_DISTANCE_NORMALISED_SQUARE };

// ---- images ----------------------------------------------------------------------------------------------------

// Gathers the next `images` images of each run's order, augments them, and normalises: (byte / 255 - 0.5) / 0.5.
// Draws: PURPOSE_BASE_AUGMENTATION, (seed, epoch, data-set index): word 0 bit 0 flips; words 1 and 2 give the row and
// column of the crop's corner in 0..8, each by a 32x32 -> 64 bit multiply with 9.
struct batch_load {
    int runs, images, height, width, channels;
    enum base_augmentation augmentation;
    const uint8_t *pixels; // the data set, N H W C bytes, shared by all runs
    const int32_t *labels; // one per image of the data set
    const int32_t *order;  // runs x order_stride data-set indices
    size_t order_stride;
    const struct training_state *states; // one per run; position says where in the order to begin
    void *output;                        // out: runs x images x height x width x channels
    int32_t *output_labels;              // out: runs x images
};

// The same images as batch_load's, by the same draws, as the bytes they were.
struct batch_gather {
    int runs, images, height, width, channels;
    enum base_augmentation augmentation;
    const uint8_t *pixels;
    const int32_t *labels;
    const int32_t *order;
    size_t order_stride;
    const struct training_state *states;
    uint8_t *output;        // out: runs x images x height x width x channels
    int32_t *output_labels; // out: runs x images
};

// Corrupts the images of the step, each at a severity of its own. Images must be 32 x 32 x 3: anything else, a law
// without a corruption, and frost without textures are the caller's mistake (STATUS_USAGE sticks to the device).
// Draws: by (seed, epoch, data-set index), so an image's corruption hangs neither on its place in the batch nor on the
// company; see draw/corruption_draw.h.
struct image_corrupt {
    int runs, images, height, width, channels;
    const struct corruption_law *laws; // one per run, in device memory
    struct frost_textures textures;    // pixels in device memory; NULL where no law asks for frost
    const int32_t *order;              // as batch_gather's: which image each one is
    size_t order_stride;
    const struct training_state *states;
    const uint8_t *input; // runs x images x 32 x 32 x 3
    uint8_t *output;      // out: as input; may be the input itself
    int32_t *severities;  // out: runs x images, 0 .. 5; may be NULL
};

// (byte / 255 - 0.5) / 0.5: what makes batch_gather's bytes batch_load's activations, bit for bit.
struct image_normalise {
    int runs, images, height, width, channels;
    const uint8_t *input; // runs x images x height x width x channels
    void *output;         // out: the same in activations
};

// AugMix's three views of every image, normalised: itself, and two mixtures of three chains of image operations each. What
// an image's mixtures are hangs on (seed, epoch, data-set index) alone; see draw/augmix_draw.h. Chains work on bytes, with
// the results of PIL. Images must be 32 x 32 x 3 and severity 1 .. 10: anything else is the caller's mistake.
struct augmix_views {
    int runs, images, height, width, channels;
    int severity;         // 1 .. 10; 3 is AugMix's own
    bool all_operations;  // 13 operations; otherwise the nine that no corruption of the test sets repeats
    const int32_t *order; // as batch_gather's: which image each one is
    size_t order_stride;
    const struct training_state *states;
    const uint8_t *input; // runs x images x 32 x 32 x 3, base augmentation done
    void *output;         // out: runs x 3 views (clean, first, second) x images x 32 x 32 x 3 activations
};

// ---- the augmentation model ------------------------------------------------------------------------------------
// Unit images are float32 in [0, 1], N H W C, on every backend, whatever its activation type. A primitive deforms them by
// parameters that a small MLP makes of noise and squash_forward brings into a range; a gate blends the deformed image with
// the image itself. Backward operations overwrite what they write. At most four channels.

// byte / 255.
struct image_to_unit {
    int runs, images, height, width, channels;
    const uint8_t *input;
    float *output;
};

// (v - 0.5) / 0.5 of v limited to [0, 1]. For image_to_unit's images that is image_normalise, but for a rounding.
struct unit_to_activation {
    int runs, images, height, width, channels;
    const float *input;
    void *output; // out: activations
};

// grad_input = 2 * (gradient + second_weight * second) where 0 <= input <= 1, else 0. The two gradients are those of one
// loss through two networks: the target's, and the teacher's.
struct unit_to_activation_backward {
    int runs, images, height, width, channels;
    const float *input;
    const void *gradient, *second; // activations; second may be NULL
    float second_weight;
    float *grad_input;
};

// What the augmentation model draws for the images of a step: by (seed, purpose) and (epoch, data-set index), so neither the
// company nor which of the others are asked for has a say; see draw/augmentation_stream.h.
struct augmentation_draw {
    int runs, images, primitives;
    int noise_width;
    int pixels;           // values of one image: height * width * channels
    uint32_t purpose;     // enum purpose: the step this is for
    const int32_t *order; // as batch_gather's
    size_t order_stride;
    const struct training_state *states;
    float *noise;    // out: runs x primitives x images x noise_width standard normals: what the MLPs are fed
    float *uniforms; // out: runs x primitives x images, in the open interval (0, 1): what opens the gates
    float *epsilon;  // out: runs x images x pixels standard normals: the noise primitive's; may be NULL
};

// Two hidden layers with batch norm (always of this batch, biased variance, epsilon 1e-5) and leaky ReLU of slope 0.2:
//   a1 = input w1^T; h1 = lrelu(BN(a1)); a2 = h1 w2^T; h2 = lrelu(BN(a2)); output = h2 w3^T
struct mlp_shape {
    int runs, rows, inputs, hidden, outputs;
};

// Floats of one run's parameters: w1 (hidden x inputs), gamma1, beta1 (hidden), w2 (hidden x hidden), gamma2, beta2,
// w3 (outputs x hidden), in this order.
size_t mlp_parameter_count(const struct mlp_shape *shape);
// Floats of one run's `saved`, the same on every backend: per layer the normalised values (rows x hidden), h (rows x hidden)
// and 1 / sqrt(variance + epsilon) (hidden).
size_t mlp_saved_floats(const struct mlp_shape *shape);

struct mlp_forward {
    struct mlp_shape shape;
    const float *input; // runs x rows x inputs
    struct per_run parameters;
    float *saved;  // out: runs x mlp_saved_floats(): what mlp_backward needs
    float *output; // out: runs x rows x outputs
};

struct mlp_backward {
    struct mlp_shape shape;
    const float *input;
    struct per_run parameters;
    const float *saved;
    const float *grad_output;
    float *grad_input;              // may be NULL
    struct per_run grad_parameters; // as parameters
};

enum { SQUASH_COLUMNS_LIMIT = 8 };

// From raw numbers to parameters in (low, high); raw 0 gives start, which lies strictly between.
struct squash_range {
    float low, high, start;
};

// value = low + (high - low) * logistic(raw + logit((start - low) / (high - low))), each column in its range.
struct squash_forward {
    int runs, rows, columns;
    struct squash_range ranges[SQUASH_COLUMNS_LIMIT];
    const float *raw; // runs x rows x columns
    float *value;     // out
};

// grad_raw = grad_value * (value - low) * (high - value) / (high - low).
struct squash_backward {
    int runs, rows, columns;
    struct squash_range ranges[SQUASH_COLUMNS_LIMIT];
    const float *value, *grad_value;
    float *grad_raw; // out
};

// A relaxed Bernoulli: gate = logistic((log u - log(1 - u) + logit) / temperature). Low temperatures push it to 0 or 1.
struct gate_forward {
    int runs, images;
    float temperature;
    struct per_run logit;  // one float a run
    const float *uniforms; // runs x images, in the open interval (0, 1)
    float *gate;           // out: runs x images
};

// grad_logit = sum over images of grad_gate * gate * (1 - gate) / temperature. The gate is computed again from logit and
// uniform: a gate that float32 rounds to 1 still has a slope.
struct gate_backward {
    int runs, images;
    float temperature;
    struct per_run logit;
    const float *uniforms, *grad_gate;
    struct per_run grad_logit; // out: one float a run
};

// What contrast does with values outside [0, 1].
enum contrast_range {
    CONTRAST_RANGE_CLAMP,  // to the nearest; slope 1 within, ends included, 0 outside
    CONTRAST_RANGE_LINEAR, // nothing
    CONTRAST_RANGE_FOLD,   // |y - 2 round(y / 2)|, a triangle wave; slope 1 where floor(y) is even, else -1
};

// y = gate * d(x) + (1 - gate) * x, with d by primitive (parameters in this order, per image):
//   contrast   scale s, shift b: (x - m) * s + m + b with m the image's mean per channel, then contrast_range
//   geometric  theta, row major 2 x 3: output pixel (X, Y) = ((2 j + 1) / width - 1, (2 i + 1) / height - 1) is read at
//              theta (X, Y, 1), bilinearly, zero outside ("align_corners = false")
//   blur       sigma: nine taps exp(-i^2 / (2 sigma^2)) over their sum, along rows and columns, border reflected without
//              its edge; height and width above 4
//   noise      sigma: x + sigma * epsilon, not limited
struct deform_forward {
    int runs, images, height, width, channels;
    enum primitive primitive;
    enum contrast_range contrast_range;
    const float *parameters; // runs x images x primitive_parameters()
    const float *gate;       // runs x images; NULL: 1
    const float *epsilon;    // as input; noise only
    const float *input;
    float *output; // out: not the input
};

// Gradients of the sum of output * grad_output; through contrast's mean as well.
struct deform_backward {
    int runs, images, height, width, channels;
    enum primitive primitive;
    enum contrast_range contrast_range;
    const float *parameters, *gate, *epsilon, *input;
    const float *grad_output;
    float *grad_input;      // out: not grad_output; may be NULL
    float *grad_parameters; // out: as parameters
    float *grad_gate;       // out: runs x images; may be NULL
};

// ---- convolution -----------------------------------------------------------------------------------------------

// output = conv(prologue(input), filter) + residual; statistics = per-channel statistics of the rounded output.
struct conv_forward {
    struct conv_shape shape;
    const void *input;
    struct per_run affine; // scale, then shift: 2 x channels_in; data NULL: no prologue
    struct per_run filter;
    const void *residual; // may be NULL; may be the output itself
    void *output;
    void *statistics; // may be NULL; runs x channels_out records of the device's statistics size
};

// output = mask * (conv_transposed(gradient, filter) + addend), the gradient with respect to the prologue's input side;
// sums = per channel the sum of output and of output * mask_input, for batchnorm_backward.
// The gradient that enters is  factor_gradient * gradient + factor_raw * raw + offset  when `coefficients` is given.
struct conv_backward_data {
    struct conv_shape shape;     // the forward shape
    const void *gradient;        // with respect to the convolution's output
    const void *raw;             // the convolution's output itself; used with coefficients only
    struct per_run coefficients; // 3 x channels_out; data NULL: the gradient as it is
    struct per_run filter;
    const void *addend;     // may be NULL; may be the output itself
    const void *mask_input; // raw input of the prologue; NULL: no mask
    struct per_run affine;  // of the prologue, 2 x channels_in; used with mask_input only
    void *output;           // runs x images x height x width x channels_in
    void *sums;             // may be NULL; needs mask_input; runs x channels_in statistics records
};

// grad_filter = sum over images and positions of prologue(input) x gradient (with coefficients as above).
struct conv_backward_filter {
    struct conv_shape shape;
    const void *input;
    struct per_run affine;
    const void *gradient, *raw;
    struct per_run coefficients;
    struct per_run grad_filter; // overwritten
};

// ---- batch norm ------------------------------------------------------------------------------------------------

// Turns the statistics of `count` values per channel into the affine map of the next prologue:
//   scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale.
// Batch modes use the biased batch variance; BATCH_UPDATE also moves running = (1 - momentum) * running + momentum * batch with
// the unbiased variance (times count / (count - 1)). FROZEN reads the running statistics and ignores `statistics`.
struct batchnorm_finalise {
    int runs, channels;
    int64_t count; // images * height * width
    enum batchnorm_mode mode;
    float momentum, epsilon; // 0.1 and 1e-5 in PyTorch's default
    const void *statistics;  // may be NULL when frozen
    struct per_run gamma, beta;
    struct per_run running_mean, running_variance; // data may be NULL in mode BATCH_ONLY
    struct per_run affine;                         // out: scale, then shift
    struct per_run moments;                        // out: mean, then 1 / sqrt(variance + epsilon); what backward needs
};

// From sum(g) and sum(g * x): grad_beta = sum(g), grad_gamma = sum(g * xhat), and the coefficients of
//   dx = gamma / sqrt(variance + epsilon) * (g - grad_beta / count - xhat * grad_gamma / count)
// as factor_gradient * g + factor_raw * x + offset. FROZEN: dx = scale * g alone.
struct batchnorm_backward {
    int runs, channels;
    int64_t count;
    enum batchnorm_mode mode;
    const void *sums;
    struct per_run gamma, moments;
    struct per_run grad_gamma, grad_beta; // out; data may be NULL
    struct per_run coefficients;          // out: factor_gradient, factor_raw, offset: 3 x channels
};

// output = factor_gradient * gradient + factor_raw * raw + offset (+ addend): batch norm's backward written out where
// the residual branches meet. `positions` counts images * height * width of one run.
struct residual_join {
    int runs;
    int64_t positions;
    int channels;
    const void *gradient, *raw;
    struct per_run coefficients;
    const void *addend; // may be NULL; may be the output itself
    void *output;       // may be gradient itself
};

// ---- head ------------------------------------------------------------------------------------------------------

// features = mean over positions of relu(scale * input + shift); affine.data NULL: of input.
struct pool_forward {
    int runs, images, positions, channels;
    const void *input;
    struct per_run affine;
    float *features; // out: runs x images x channels
};

// output = mask * grad_features / positions, with sums as in conv_backward_data.
struct pool_backward {
    int runs, images, positions, channels;
    const float *grad_features;
    const void *mask_input; // NULL: no mask
    struct per_run affine;
    void *output;
    void *sums; // may be NULL; needs mask_input
};

// logits = features * weight^T + bias; weight is classes x features.
struct linear_forward {
    int runs, images, features, classes;
    const float *input;
    struct per_run weight, bias; // bias.data may be NULL: 0
    float *logits;               // out: runs x images x classes
};

struct linear_backward {
    int runs, images, features, classes;
    const float *grad_logits, *input;
    struct per_run weight;
    float *grad_input;                     // may be NULL
    struct per_run grad_weight, grad_bias; // data may be NULL
};

// ---- losses: means over the images of a run; every gradient is of that mean ------------------------------------
// row_loss (runs x images), gradients and metrics (one record per run, added to) may each be NULL.

// -sum_k t_k log p_k with t = (1 - smoothing) * onehot + smoothing / classes. Gradient (p - t) / images.
struct softmax_cross_entropy {
    int runs, images, classes;
    float label_smoothing;
    const float *logits;
    const int32_t *labels;
    float *row_loss;
    float *grad_logits;
    struct metrics *metrics;
};

// AugMix: cross entropy on the clean view + 12 * mean of KL(p_v || M) over three views, M = mean of the three limited to
// [1e-7, 1], 0 log 0 = 0; the gradient flows through weight and mixture, not through the limit.
struct augmix_loss {
    int runs, images, classes;
    const float *logits;     // runs x 3 views (clean, first, second) x images x classes
    const int32_t *labels;   // runs x images
    float *row_loss;         // runs x images
    double *components;      // runs x 4, overwritten: cross entropy, KL of each view (means over images); may be NULL
    float *grad_logits;      // as logits
    struct metrics *metrics; // counts the clean view
};

// -sum_k t_k log(1 - p_k + 1e-12): pushes the probability of the label down (TeachAugment, CVPR 2022).
struct non_saturating_loss {
    int runs, images, classes;
    float label_smoothing;
    const float *logits;
    const int32_t *labels;
    float *row_loss;
    float *grad_logits;
    struct metrics *metrics;
};

// Distance of second's rows from first's: 1 - cosine, or the squared distance of the normalised rows.
struct feature_distance_loss {
    int runs, images, features;
    enum feature_distance distance;
    const float *first, *second;
    float *row_loss;
    float *grad_second;
    struct metrics *metrics; // correct stays as it is
};

// KL(softmax(first) || softmax(second)). Gradient with respect to second: (q - p) / images.
struct kl_loss {
    int runs, images, classes;
    const float *first, *second;
    float *row_loss;
    float *grad_second;
    struct metrics *metrics; // correct stays as it is
};

// ---- optimisers: over the flat array of all parameters of a run ------------------------------------------------

// Nesterov: g += weight_decay * p; v = momentum * v + g; p -= rate * (g + momentum * v), rate = rates[state.step].
struct sgd_update {
    int runs;
    int64_t count;
    float momentum, weight_decay;
    struct per_run rates;
    const struct training_state *states;
    struct per_run gradient, velocity, parameter;
};

// p *= 1 - rate * weight_decay; m, v moving averages; p -= rate * m_hat / (sqrt(v_hat) + epsilon); step counts from
// state.step + 1. 1 - beta and the bias corrections are formed in double.
struct adamw_update {
    int runs;
    int64_t count;
    double beta1, beta2, epsilon, weight_decay;
    struct per_run rates;
    const struct training_state *states;
    struct per_run gradient, first_moment, second_moment, parameter;
};

// gradient *= min(1, limit / (norm + 1e-6)), norm = Euclidean norm over all `count` values of a run.
struct gradient_clip {
    int runs;
    int64_t count;
    float limit;
    struct per_run gradient;
    struct per_run norm; // out, one float a run; data may be NULL
};

// Ends a step: step += 1 where `count_step`; position += images. (Evaluation moves the position alone.)
struct step_advance {
    int runs, images;
    bool count_step;
    struct training_state *states;
};

// ---- the table -------------------------------------------------------------------------------------------------

enum operation {
    OPERATION_BATCH_LOAD,
    OPERATION_BATCH_GATHER,
    OPERATION_IMAGE_CORRUPT,
    OPERATION_IMAGE_NORMALISE,
    OPERATION_AUGMIX_VIEWS,
    OPERATION_IMAGE_TO_UNIT,
    OPERATION_UNIT_TO_ACTIVATION,
    OPERATION_UNIT_TO_ACTIVATION_BACKWARD,
    OPERATION_AUGMENTATION_DRAW,
    OPERATION_MLP_FORWARD,
    OPERATION_MLP_BACKWARD,
    OPERATION_SQUASH_FORWARD,
    OPERATION_SQUASH_BACKWARD,
    OPERATION_GATE_FORWARD,
    OPERATION_GATE_BACKWARD,
    OPERATION_DEFORM_FORWARD,
    OPERATION_DEFORM_BACKWARD,
    OPERATION_CONV_FORWARD,
    OPERATION_CONV_BACKWARD_DATA,
    OPERATION_CONV_BACKWARD_FILTER,
    OPERATION_BATCHNORM_FINALISE,
    OPERATION_BATCHNORM_BACKWARD,
    OPERATION_RESIDUAL_JOIN,
    OPERATION_POOL_FORWARD,
    OPERATION_POOL_BACKWARD,
    OPERATION_LINEAR_FORWARD,
    OPERATION_LINEAR_BACKWARD,
    OPERATION_SOFTMAX_CROSS_ENTROPY,
    OPERATION_AUGMIX_LOSS,
    OPERATION_NON_SATURATING_LOSS,
    OPERATION_FEATURE_DISTANCE_LOSS,
    OPERATION_KL_LOSS,
    OPERATION_SGD_UPDATE,
    OPERATION_ADAMW_UPDATE,
    OPERATION_GRADIENT_CLIP,
    OPERATION_STEP_ADVANCE,
    OPERATION_COUNT
};

struct device;
struct graph;

// Runs one operation; `settings` points at the struct of the same name above.
typedef void operation_function(struct device *device, const void *settings);

// How a backend carries out an operation.
struct algorithm {
    const char *name;         // "direct", "winograd-4x4", ...
    double multiply_fraction; // multiplications done / those of the definition; below 1 for fast algorithms
};

// What activations are stored in. Parameters, statistics, features, losses and optimisers are float32 or wider always.
enum precision {
    PRECISION_FP32,
    PRECISION_BF16, // bfloat16: float32's range with 8 bits of precision
};

// What a backend provides. Memory functions report failure by STATUS_NO_MEMORY or STATUS_DEVICE.
struct kernels {
    const char *name; // "reference", "cpu-avx512", ...
    enum precision precision;
    // Precision of activations and version of the algorithms, "fp32-2": what decides a result beyond the order of sums.
    // Raised when a change moves accuracies by more than another order would; part of every configuration hash.
    const char *arithmetic;
    size_t statistics_bytes; // size of one channel's statistics record
    size_t activation_bytes; // size of one activation
    struct status (*open)(struct device *device);
    void (*close)(struct device *device);
    struct status (*allocate)(struct device *device, size_t bytes, void **memory); // zero-filled, 64-byte aligned
    void (*release)(struct device *device, void *memory);
    void (*upload)(struct device *device, void *to, const void *from, size_t bytes);
    void (*download)(struct device *device, void *to, const void *from, size_t bytes); // waits
    void (*zero)(struct device *device, void *memory, size_t bytes);
    struct status (*synchronise)(struct device *device);
    operation_function *operations[OPERATION_COUNT];
    // Which algorithm serves these settings on this device; NULL: the definition, "direct", always.
    struct algorithm (*algorithm)(const struct device *device, enum operation operation, const void *settings);
};

// Backends of this build that this machine can run, NULL-terminated, best first: those of float32, then others; reference
// is the last.
const struct kernels *const *kernels_available(void);
// By name; "cpu" is the best CPU backend of float32 here. NULL when unknown or not for this machine.
const struct kernels *kernels_find(const char *name);

const char *precision_name(enum precision precision); // "fp32", "bf16"
// The backend for a precision out of `available`, which is kernels_available() but for tests. `name` is that of a backend,
// which must have this precision, or "cpu" or "auto": the first that has it. STATUS_USAGE for a name that is not there,
// or has another precision; STATUS_DEVICE when no backend here has the precision, saying what that would need.
struct status kernels_choose(const struct kernels *const *available, const char *name, enum precision precision,
                             const struct kernels **chosen);

// ---- devices ---------------------------------------------------------------------------------------------------

// Which algorithm convolutions use. BY_TABLE is what training uses: a fixed table keyed by shape and instruction set.
// The others are for tests and measurements; a shape that an algorithm cannot serve is served by the direct one.
enum convolution_choice {
    CONVOLUTION_BY_TABLE,
    CONVOLUTION_DIRECT,
    CONVOLUTION_WINOGRAD_2X2, // F(2x2, 3x3)
    CONVOLUTION_WINOGRAD_4X4, // F(4x4, 3x3)
};

struct device_settings {
    int threads; // 0: machine_thread_count()
    enum convolution_choice convolution;
};

struct status device_open(const struct kernels *kernels, struct device_settings settings, struct device **device);
void device_close(struct device *device); // accepts NULL; memory still allocated is released
const struct kernels *device_kernels(const struct device *device);
int device_threads(const struct device *device);

struct status device_allocate(struct device *device, size_t bytes, void **memory);
void device_release(struct device *device, void *memory); // accepts NULL
void device_upload(struct device *device, void *to, const void *from, size_t bytes);
void device_download(struct device *device, void *to, const void *from, size_t bytes);
void device_zero(struct device *device, void *memory, size_t bytes);

// Waits for all work and returns the first error since the device was opened.
struct status device_synchronise(struct device *device);
// How a backend reports an error; the first one sticks.
void device_fail(struct device *device, struct status status);

// Called around every operation, for profiles, counts and guards. NULL functions are skipped.
struct device_observer {
    void (*before)(void *context, enum operation operation, const void *settings);
    void (*after)(void *context, enum operation operation, const void *settings);
    void *context;
};
void device_set_observer(struct device *device, struct device_observer observer);

// Records the operations between begin and end instead of running them; launch runs them in order, any number of
// times. Memory named by them must outlive the graph.
void device_capture_begin(struct device *device);
struct status device_capture_end(struct device *device, struct graph **graph);
void device_graph_launch(struct device *device, const struct graph *graph);
void graph_destroy(struct graph *graph);        // accepts NULL
size_t graph_length(const struct graph *graph); // operations in it

const char *operation_name(enum operation operation);
struct algorithm device_algorithm(const struct device *device, enum operation operation, const void *settings);
void device_execute(struct device *device, enum operation operation, const void *settings);

// One typed door per operation.
static inline void batch_load(struct device *device, const struct batch_load *settings)
{
    device_execute(device, OPERATION_BATCH_LOAD, settings);
}
static inline void batch_gather(struct device *device, const struct batch_gather *settings)
{
    device_execute(device, OPERATION_BATCH_GATHER, settings);
}
static inline void image_corrupt(struct device *device, const struct image_corrupt *settings)
{
    device_execute(device, OPERATION_IMAGE_CORRUPT, settings);
}
static inline void image_normalise(struct device *device, const struct image_normalise *settings)
{
    device_execute(device, OPERATION_IMAGE_NORMALISE, settings);
}
static inline void augmix_views(struct device *device, const struct augmix_views *settings)
{
    device_execute(device, OPERATION_AUGMIX_VIEWS, settings);
}
static inline void image_to_unit(struct device *device, const struct image_to_unit *settings)
{
    device_execute(device, OPERATION_IMAGE_TO_UNIT, settings);
}
static inline void unit_to_activation(struct device *device, const struct unit_to_activation *settings)
{
    device_execute(device, OPERATION_UNIT_TO_ACTIVATION, settings);
}
static inline void unit_to_activation_backward(struct device *device,
                                               const struct unit_to_activation_backward *settings)
{
    device_execute(device, OPERATION_UNIT_TO_ACTIVATION_BACKWARD, settings);
}
static inline void augmentation_draw(struct device *device, const struct augmentation_draw *settings)
{
    device_execute(device, OPERATION_AUGMENTATION_DRAW, settings);
}
static inline void mlp_forward(struct device *device, const struct mlp_forward *settings)
{
    device_execute(device, OPERATION_MLP_FORWARD, settings);
}
static inline void mlp_backward(struct device *device, const struct mlp_backward *settings)
{
    device_execute(device, OPERATION_MLP_BACKWARD, settings);
}
static inline void squash_forward(struct device *device, const struct squash_forward *settings)
{
    device_execute(device, OPERATION_SQUASH_FORWARD, settings);
}
static inline void squash_backward(struct device *device, const struct squash_backward *settings)
{
    device_execute(device, OPERATION_SQUASH_BACKWARD, settings);
}
static inline void gate_forward(struct device *device, const struct gate_forward *settings)
{
    device_execute(device, OPERATION_GATE_FORWARD, settings);
}
static inline void gate_backward(struct device *device, const struct gate_backward *settings)
{
    device_execute(device, OPERATION_GATE_BACKWARD, settings);
}
static inline void deform_forward(struct device *device, const struct deform_forward *settings)
{
    device_execute(device, OPERATION_DEFORM_FORWARD, settings);
}
static inline void deform_backward(struct device *device, const struct deform_backward *settings)
{
    device_execute(device, OPERATION_DEFORM_BACKWARD, settings);
}
static inline void conv_forward(struct device *device, const struct conv_forward *settings)
{
    device_execute(device, OPERATION_CONV_FORWARD, settings);
}
static inline void conv_backward_data(struct device *device, const struct conv_backward_data *settings)
{
    device_execute(device, OPERATION_CONV_BACKWARD_DATA, settings);
}
static inline void conv_backward_filter(struct device *device, const struct conv_backward_filter *settings)
{
    device_execute(device, OPERATION_CONV_BACKWARD_FILTER, settings);
}
static inline void batchnorm_finalise(struct device *device, const struct batchnorm_finalise *settings)
{
    device_execute(device, OPERATION_BATCHNORM_FINALISE, settings);
}
static inline void batchnorm_backward(struct device *device, const struct batchnorm_backward *settings)
{
    device_execute(device, OPERATION_BATCHNORM_BACKWARD, settings);
}
static inline void residual_join(struct device *device, const struct residual_join *settings)
{
    device_execute(device, OPERATION_RESIDUAL_JOIN, settings);
}
static inline void pool_forward(struct device *device, const struct pool_forward *settings)
{
    device_execute(device, OPERATION_POOL_FORWARD, settings);
}
static inline void pool_backward(struct device *device, const struct pool_backward *settings)
{
    device_execute(device, OPERATION_POOL_BACKWARD, settings);
}
static inline void linear_forward(struct device *device, const struct linear_forward *settings)
{
    device_execute(device, OPERATION_LINEAR_FORWARD, settings);
}
static inline void linear_backward(struct device *device, const struct linear_backward *settings)
{
    device_execute(device, OPERATION_LINEAR_BACKWARD, settings);
}
static inline void softmax_cross_entropy(struct device *device, const struct softmax_cross_entropy *settings)
{
    device_execute(device, OPERATION_SOFTMAX_CROSS_ENTROPY, settings);
}
static inline void augmix_loss(struct device *device, const struct augmix_loss *settings)
{
    device_execute(device, OPERATION_AUGMIX_LOSS, settings);
}
static inline void non_saturating_loss(struct device *device, const struct non_saturating_loss *settings)
{
    device_execute(device, OPERATION_NON_SATURATING_LOSS, settings);
}
static inline void feature_distance_loss(struct device *device, const struct feature_distance_loss *settings)
{
    device_execute(device, OPERATION_FEATURE_DISTANCE_LOSS, settings);
}
static inline void kl_loss(struct device *device, const struct kl_loss *settings)
{
    device_execute(device, OPERATION_KL_LOSS, settings);
}
static inline void sgd_update(struct device *device, const struct sgd_update *settings)
{
    device_execute(device, OPERATION_SGD_UPDATE, settings);
}
static inline void adamw_update(struct device *device, const struct adamw_update *settings)
{
    device_execute(device, OPERATION_ADAMW_UPDATE, settings);
}
static inline void gradient_clip(struct device *device, const struct gradient_clip *settings)
{
    device_execute(device, OPERATION_GRADIENT_CLIP, settings);
}
static inline void step_advance(struct device *device, const struct step_advance *settings)
{
    device_execute(device, OPERATION_STEP_ADVANCE, settings);
}

#endif
