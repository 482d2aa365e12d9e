// augmentation_draw_test.c: the augmentation model's draws are distributed as they say, on every backend, and belong to
// (seed, purpose, epoch, image) and their own number alone. Bounds: once in a million (tests/support/distribution.h).
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/purpose.h"
#include "kernels/draw/augmentation_stream.h"
#include "tests/support/device_array.h"
#include "tests/support/distribution.h"
#include "tests/support/memory.h"

enum { SEED = 43, IMAGES = 200, PRIMITIVES = 4, WIDTH = 128, PIXELS = 3072 };

// What one call draws, on the host.
struct drawn {
    float *noise, *uniforms, *epsilon;
};

struct request {
    struct training_state state;
    enum purpose purpose;
    int images, primitives, width;
    bool epsilon;
    int first; // data-set index of the first image; the others follow
};

static const struct request usual = {
    {.seed = SEED, .epoch = 3}, PURPOSE_AUGMENTATION_TARGET, IMAGES, PRIMITIVES, WIDTH, true, 100};

static struct drawn perform(const struct kernels *kernels, const struct request *request)
{
    struct device *device = device_for_test(kernels, 2);
    const size_t images = (size_t)request->images, rows = images * (size_t)request->primitives;
    int32_t *order = test_allocate(images * sizeof *order);
    for (int i = 0; i < request->images; i++) order[i] = request->first + i;
    const struct augmentation_draw draw = {
        .runs = 1,
        .images = request->images,
        .primitives = request->primitives,
        .noise_width = request->width,
        .pixels = PIXELS,
        .purpose = request->purpose,
        .order = device_put(device, order, images * sizeof *order),
        .order_stride = images,
        .states = device_put(device, &request->state, sizeof request->state),
        .noise = device_make_floats(device, rows * (size_t)request->width),
        .uniforms = device_make_floats(device, rows),
        .epsilon = request->epsilon ? device_make_floats(device, images * PIXELS) : NULL,
    };
    augmentation_draw(device, &draw);
    const struct drawn drawn = {device_get_floats(device, draw.noise, rows * (size_t)request->width),
                                device_get_floats(device, draw.uniforms, rows),
                                request->epsilon ? device_get_floats(device, draw.epsilon, images * PIXELS) : NULL};
    free(order);
    device_end_test(device);
    return drawn;
}

static void drawn_destroy(struct drawn *drawn)
{
    free(drawn->noise);
    free(drawn->uniforms);
    free(drawn->epsilon);
}

// ---- distributions ---------------------------------------------------------------------------------------------

static void expect_normal(const float *drawn, size_t count, const char *backend, const char *what)
{
    double *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = (double)drawn[i];
    const struct moments moments = moments_of(values, count);
    const double n = (double)count, d = distribution_deviations;
    cr_expect(fabs(moments.mean) <= d * sqrt(1 / n), "%s, %s, seed %d: mean %g", backend, what, SEED, moments.mean);
    cr_expect(fabs(moments.variance - 1) <= d * sqrt(2 / n), "%s, %s, seed %d: variance %g", backend, what, SEED,
              moments.variance);
    cr_expect(fabs(moments.skewness) <= d * sqrt(6 / n), "%s, %s, seed %d: skewness %g", backend, what, SEED,
              moments.skewness);
    cr_expect(fabs(moments.kurtosis - 3) <= d * sqrt(24 / n), "%s, %s, seed %d: kurtosis %g", backend, what, SEED,
              moments.kurtosis);
    const double statistic = kolmogorov_statistic(values, count, normal_distribution);
    cr_expect(statistic <= kolmogorov_bound, "%s, %s, seed %d: Kolmogorov statistic %g", backend, what, SEED,
              statistic);
    free(values);
}

// Products of the same number of two rows that should have nothing in common.
static void expect_independent(const float *a, const float *b, size_t count, const char *backend, const char *what)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    cr_expect(fabs(sum) <= distribution_deviations * sqrt((double)count), "%s, %s, seed %d: correlation %g", backend,
              what, SEED, sum / (double)count);
}

static void expect_uniform(const float *drawn, size_t count, const char *backend)
{
    double *values = test_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)drawn[i];
        cr_assert(drawn[i] > 0 && drawn[i] < 1);
    }
    const double statistic = kolmogorov_statistic(values, count, uniform_distribution);
    cr_expect(statistic <= kolmogorov_bound, "%s, gates, seed %d: Kolmogorov statistic %g", backend, SEED, statistic);
    free(values);
}

Test(augmentation_draw, normals_and_uniforms)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        const char *name = (*kernels)->name;
        struct drawn drawn = perform(*kernels, &usual);
        const size_t plane = (size_t)IMAGES * WIDTH;
        expect_normal(drawn.epsilon, (size_t)IMAGES * PIXELS, name, "epsilon");
        expect_normal(drawn.noise, PRIMITIVES * plane, name, "noise");
        expect_uniform(drawn.uniforms, (size_t)PRIMITIVES * IMAGES, name);
        expect_independent(drawn.epsilon, drawn.epsilon + PIXELS, (size_t)(IMAGES - 1) * PIXELS, name, "two images");
        expect_independent(drawn.noise, drawn.noise + plane, (PRIMITIVES - 1) * plane, name, "two primitives");
        drawn_destroy(&drawn);
    }
}

// The ends of the words become the ends of the interval, neither 0 nor 1.
Test(augmentation_draw, uniforms_never_reach_their_bounds)
{
    cr_expect(eq(flt, augmentation_uniform(0), 0x1p-24F));
    cr_expect(eq(flt, augmentation_uniform(0xFFFFFFFFU), 1 - 0x1p-24F));
    cr_expect(eq(flt, augmentation_uniform(0x80000000U), 0.5F + 0x1p-24F));
}

// ---- whose draws they are --------------------------------------------------------------------------------------

static void expect_relation(const struct kernels *kernels, const struct drawn *own, struct request other, bool same,
                            const char *what)
{
    struct drawn drawn = perform(kernels, &other);
    const bool found = same_bits(own->noise, drawn.noise, WIDTH * sizeof(float));
    cr_expect(found == same, "%s, seed %d: %s", kernels->name, SEED, what);
    if (other.epsilon) {
        const bool equal = same_bits(own->epsilon, drawn.epsilon, PIXELS * sizeof(float));
        cr_expect(equal == same, "%s, seed %d: epsilon, %s", kernels->name, SEED, what);
    }
    const bool open = own->uniforms[0] == drawn.uniforms[0];
    cr_expect(open == same, "%s, seed %d: gates, %s", kernels->name, SEED, what);
    drawn_destroy(&drawn);
}

// The first primitive of the first image, beside other images, primitives, widths and without epsilon; then for others.
Test(augmentation_draw, belongs_to_its_key_alone)
{
    for (const struct kernels *const *kernels = host_backends_under_test(); *kernels != NULL; kernels++) {
        struct drawn own = perform(*kernels, &usual);
        struct request few = usual, wide = usual, seed = usual, epoch = usual, purpose = usual, image = usual;
        few.images = few.primitives = 1;
        few.epsilon = false;
        wide.width = 333;
        seed.state.seed++;
        epoch.state.epoch++;
        purpose.purpose = PURPOSE_AUGMENTATION_MODEL;
        image.first++;
        expect_relation(*kernels, &own, few, true, "fewer of everything");
        expect_relation(*kernels, &own, wide, true, "wider noise");
        expect_relation(*kernels, &own, seed, false, "another seed");
        expect_relation(*kernels, &own, epoch, false, "another epoch");
        expect_relation(*kernels, &own, purpose, false, "another purpose");
        expect_relation(*kernels, &own, image, false, "another image");
        drawn_destroy(&own);
    }
}
