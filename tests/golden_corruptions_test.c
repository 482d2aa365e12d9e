// golden_corruptions_test.c: with the recorded draws, every byte of every corruption, and the stages on the way, are the
// golden ones, for every backend. A wrong rounding shows as a difference of 1 in half of the bytes, so differences are
// counted and not only measured.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jpeglib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/reference/corruptions/corruptions.h"
#include "tests/support/corruption_backends.h"
#include "tests/support/golden.h"
#include "tests/support/memory.h"

static const char *const codes[CORRUPTION_COUNT] = {"GN", "SN", "IN", "Br", "Co", "ET", "DB", "GB",
                                                    "MB", "ZB", "Sn", "Fr", "Fo", "Pi", "JC"};

// What is compared at one severity of one picture.
struct scene {
    struct golden_case *golden;
    const struct corruption_functions *functions;
    int severity, picture;
    size_t place; // of this picture in arrays [severity, picture, ...]
    uint8_t image[PICTURE_BYTES];
    union corruption_draw *draw;
};

// Equal and unequal bytes (or numbers) of one array at one severity, all pictures together.
struct agreement {
    size_t compared, unequal;
    double largest;
};

static void agree(struct agreement *agreement, double computed, double expected)
{
    double error = fabs(computed - expected);
    agreement->compared++;
    agreement->unequal += !(error <= 0);
    if (!(error <= agreement->largest)) agreement->largest = error;
}

static void agree_bytes(struct agreement *agreement, const uint8_t *computed, const struct golden_array *array,
                        size_t begin, size_t count)
{
    for (size_t i = 0; i < count; i++) agree(agreement, computed[i], array->integers[begin + i]);
}

static void agree_floats(struct agreement *agreement, const float *computed, const struct golden_array *array,
                         size_t begin, size_t count)
{
    for (size_t i = 0; i < count; i++) agree(agreement, (double)computed[i], array->truth[begin + i]);
}

static void expect_agreement(struct golden_case *golden, const char *name, int severity, struct agreement agreement)
{
    golden->tally->comparisons++;
    cr_expect(gt(sz, agreement.compared, 0), "%s: nothing compared", name);
    cr_expect(eq(sz, agreement.unequal, 0),
              "%s, severity %d, backend %s: %.3f %% of %zu values equal, largest difference %g", name, severity,
              device_kernels(golden->device)->name, 100 - 100 * (double)agreement.unequal / (double)agreement.compared,
              agreement.compared, agreement.largest);
}

// ---- recorded draws --------------------------------------------------------------------------------------------

static void take_doubles(const struct scene *scene, const char *name, size_t count, double *out)
{
    const struct golden_array *array = golden_read(scene->golden, "%s", name);
    memcpy(out, array->truth + scene->place * count, count * sizeof *out);
}

static void take_floats(const struct scene *scene, const char *name, size_t count, float *out)
{
    const struct golden_array *array = golden_read(scene->golden, "%s", name);
    memcpy(out, array->values + scene->place * count, count * sizeof *out);
}

static const int32_t *find_integers(const struct scene *scene, const char *name, size_t count)
{
    return golden_read(scene->golden, "%s", name)->integers + scene->place * count;
}

static void take_bytes(const struct scene *scene, const char *name, size_t count, uint8_t *out)
{
    const int32_t *from = find_integers(scene, name, count);
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)from[i];
}

static void take_shifts(const struct scene *scene, struct glass_blur_draw *draw)
{
    const int32_t *from = find_integers(scene, "GB_draw_shift", sizeof draw->shifts);
    int8_t *to = &draw->shifts[0][0][0];
    for (size_t i = 0; i < sizeof draw->shifts; i++) to[i] = (int8_t)from[i];
}

static void take_frost(const struct scene *scene, struct frost_draw *draw)
{
    const int32_t *from = find_integers(scene, "Fr_draw", 3);
    draw->texture = from[0];
    draw->row = from[1];
    draw->column = from[2];
    take_bytes(scene, "Fr_crop", PICTURE_BYTES, draw->crop);
}

static void take_counts(const struct scene *scene, struct shot_noise_draw *draw)
{
    const int32_t *from = find_integers(scene, "SN_draw_counts", PICTURE_BYTES);
    for (size_t i = 0; i < PICTURE_BYTES; i++) draw->counts[i] = (uint16_t)from[i];
}

static void take_draw(const struct scene *scene, enum corruption_kind kind)
{
    union corruption_draw *draw = scene->draw;
    switch (kind) {
    case CORRUPTION_GAUSSIAN_NOISE:
        take_floats(scene, "GN_draw_normal", PICTURE_BYTES, draw->gaussian_noise.normal);
        break;
    case CORRUPTION_SHOT_NOISE: take_counts(scene, &draw->shot_noise); break;
    case CORRUPTION_IMPULSE_NOISE: take_bytes(scene, "IN_draw_code", PICTURE_BYTES, draw->impulse_noise.codes); break;
    case CORRUPTION_ELASTIC_TRANSFORM:
        take_floats(scene, "ET_draw_jitter", 6, draw->elastic_transform.jitter);
        take_doubles(scene, "ET_draw_uniform", 2 * PICTURE_PIXELS, draw->elastic_transform.uniform[0]);
        break;
    case CORRUPTION_GLASS_BLUR: take_shifts(scene, &draw->glass_blur); break;
    case CORRUPTION_MOTION_BLUR: take_doubles(scene, "MB_draw_angle", 1, &draw->motion_blur.angle_degrees); break;
    case CORRUPTION_SNOW:
        take_doubles(scene, "Sn_draw_normal", PICTURE_PIXELS, draw->snow.normal);
        take_doubles(scene, "Sn_draw_angle", 1, &draw->snow.angle_degrees);
        break;
    case CORRUPTION_FROST: take_frost(scene, &draw->frost); break;
    case CORRUPTION_FOG: take_doubles(scene, "Fo_draw_uniform", FOG_VALUES, draw->fog.uniform); break;
    default: break;
    }
}

// ---- pictures --------------------------------------------------------------------------------------------------

typedef void scene_check(const struct scene *scene, struct agreement agreements[]);

// Visits all pictures at all severities; `names[i]` is what `check` counts in agreements[i].
static void for_each_scene(struct golden_case *golden, enum corruption_kind kind, scene_check *check,
                           const char *const names[], int name_count)
{
    const struct golden_array *images = golden_read(golden, "images");
    struct scene scene = {.golden = golden,
                          .functions = corruptions_of_backend(device_kernels(golden->device)->name),
                          .draw = test_allocate(sizeof *scene.draw)};
    for (scene.severity = 1; scene.severity <= CORRUPTION_SEVERITIES; scene.severity++) {
        struct agreement agreements[2] = {{0}};
        for (scene.picture = 0; scene.picture < images->shape[0]; scene.picture++) {
            scene.place = (size_t)(scene.severity - 1) * (size_t)images->shape[0] + (size_t)scene.picture;
            for (size_t i = 0; i < PICTURE_BYTES; i++)
                scene.image[i] = (uint8_t)images->integers[(size_t)scene.picture * PICTURE_BYTES + i];
            take_draw(&scene, kind);
            check(&scene, agreements);
        }
        for (int i = 0; i < name_count; i++) expect_agreement(golden, names[i], scene.severity, agreements[i]);
    }
    free(scene.draw);
}

static enum corruption_kind checked_kind;

static void check_output(const struct scene *scene, struct agreement agreements[])
{
    uint8_t output[PICTURE_BYTES];
    memset(output, 0xA5, sizeof output);
    struct status status = scene->functions->apply(checked_kind, scene->severity, scene->draw, scene->image, output);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    const struct golden_array *expected = golden_read(scene->golden, "%s_out", codes[checked_kind]);
    agree_bytes(&agreements[0], output, expected, scene->place * PICTURE_BYTES, PICTURE_BYTES);
    memcpy(output, scene->image, sizeof output); // in place
    scene->functions->apply(checked_kind, scene->severity, scene->draw, output, output);
    agree_bytes(&agreements[0], output, expected, scene->place * PICTURE_BYTES, PICTURE_BYTES);
}

static void check_outputs(struct golden_case *golden)
{
    for (int kind = 0; kind < CORRUPTION_COUNT; kind++) {
        checked_kind = (enum corruption_kind)kind;
        for_each_scene(golden, checked_kind, check_output, &codes[kind], 1);
    }
}

Test(golden_corruptions, every_byte)
{
    golden_for_folder_on_hosts("corruptions", check_outputs);
}

// ---- stages ----------------------------------------------------------------------------------------------------

static void check_elastic_stages(const struct scene *scene, struct agreement agreements[])
{
    float warped[PICTURE_BYTES], displacement[2][PICTURE_PIXELS];
    scene->functions->elastic_warp(&scene->draw->elastic_transform, scene->image, warped);
    scene->functions->elastic_displacement(scene->severity, &scene->draw->elastic_transform, displacement);
    agree_floats(&agreements[0], warped, golden_read(scene->golden, "ET_warped"), scene->place * PICTURE_BYTES,
                 PICTURE_BYTES);
    agree_floats(&agreements[1], displacement[0], golden_read(scene->golden, "ET_disp"),
                 scene->place * 2 * PICTURE_PIXELS, (size_t)2 * PICTURE_PIXELS);
}

static void check_glass_stages(const struct scene *scene, struct agreement agreements[])
{
    uint8_t stages[2][PICTURE_BYTES];
    scene->functions->glass_blur_stages(scene->severity, &scene->draw->glass_blur, scene->image, stages[0], stages[1]);
    for (size_t i = 0; i < 2; i++)
        agree_bytes(&agreements[i], stages[i], golden_read(scene->golden, "GB_mid"),
                    (2 * scene->place + i) * PICTURE_BYTES, PICTURE_BYTES);
}

static void check_snow_stages(const struct scene *scene, struct agreement agreements[])
{
    uint8_t layers[2][PICTURE_PIXELS];
    scene->functions->snow_layers(scene->severity, &scene->draw->snow, layers[0], layers[1]);
    for (size_t i = 0; i < 2; i++)
        agree_bytes(&agreements[i], layers[i], golden_read(scene->golden, "Sn_mid_layer"),
                    (2 * scene->place + i) * PICTURE_PIXELS, PICTURE_PIXELS);
}

static void check_plasma(const struct scene *scene, struct agreement agreements[])
{
    double plasma[PICTURE_PIXELS];
    float rounded[PICTURE_PIXELS];
    scene->functions->fog_plasma(scene->severity, &scene->draw->fog, plasma);
    for (int i = 0; i < PICTURE_PIXELS; i++) rounded[i] = (float)plasma[i];
    agree_floats(&agreements[0], rounded, golden_read(scene->golden, "Fo_plasma"), scene->place * PICTURE_PIXELS,
                 PICTURE_PIXELS);
}

static void check_stages(struct golden_case *golden)
{
    for_each_scene(golden, CORRUPTION_ELASTIC_TRANSFORM, check_elastic_stages, (const char *[]){"ET_warped", "ET_disp"},
                   2);
    for_each_scene(golden, CORRUPTION_GLASS_BLUR, check_glass_stages,
                   (const char *[]){"GB_mid, blurred", "GB_mid, moved"}, 2);
    for_each_scene(golden, CORRUPTION_SNOW, check_snow_stages,
                   (const char *[]){"Sn_mid_layer, flakes", "Sn_mid_layer, falling"}, 2);
    for_each_scene(golden, CORRUPTION_FOG, check_plasma, (const char *[]){"Fo_plasma"}, 1);
}

Test(golden_corruptions, every_stage)
{
    golden_for_folder_on_hosts("corruptions", check_stages);
}

// ---- numbers that hang on the settings alone; all backends use the same ---------------------------------------------

static void check_gaussian_taps(struct golden_case *golden)
{
    const struct golden_array *parameters = golden_read(golden, "tab_gauss_param");
    const struct golden_array *taps = golden_read(golden, "tab_gauss_taps");
    const int width = taps->shape[1], centre = width / 2;
    struct agreement agreement = {0};
    for (int row = 0; row < parameters->shape[0]; row++) {
        const double *p = parameters->truth + (size_t)row * 3;
        struct gaussian_taps computed = gaussian_taps_create(p[0], p[1]);
        agree(&agreement, computed.radius, p[2]);
        for (int i = 0; i < width; i++) {
            int distance = abs(i - centre);
            double expected = taps->truth[row * width + i];
            cr_assert(distance <= computed.radius || expected == 0);
            if (distance <= computed.radius) agree(&agreement, computed.weights[distance], expected);
        }
    }
    if (agreement.largest <= 0x1p-53) agreement.unequal = 0; // the original adds up in another order
    expect_agreement(golden, "tab_gauss_taps", 0, agreement);
}

static void check_motion_kernels(struct golden_case *golden)
{
    const struct golden_array *parameters = golden_read(golden, "tab_motion_param");
    const struct golden_array *angles = golden_read(golden, "tab_motion_angles");
    const struct golden_array *taps = golden_read(golden, "tab_motion_taps");
    const struct golden_array *offsets = golden_read(golden, "tab_motion_offsets");
    struct agreement of_taps = {0}, of_offsets = {0};
    for (int row = 0; row < parameters->shape[0]; row++)
        for (int a = 0; a < angles->shape[0]; a++) {
            struct motion_settings settings = {(int)parameters->truth[2 * row], parameters->truth[2 * row + 1]};
            struct motion_kernel kernel = motion_kernel_create(&settings, angles->truth[a]);
            for (int i = 0; i < kernel.count; i++) {
                const int32_t *offset = offsets->integers + 2 * ((row * angles->shape[0] + a) * offsets->shape[2] + i);
                agree(&of_taps, kernel.taps[i], taps->truth[row * taps->shape[1] + i]);
                agree(&of_offsets, kernel.rows[i], offset[0]);
                agree(&of_offsets, kernel.columns[i], offset[1]);
            }
        }
    if (of_taps.largest <= 0x1p-52) of_taps.unequal = 0; // the original scales before it normalises
    expect_agreement(golden, "tab_motion_taps", 0, of_taps);
    expect_agreement(golden, "tab_motion_offsets", 0, of_offsets);
}

static void check_zooms(struct golden_case *golden)
{
    const struct golden_array *factors = golden_read(golden, "ZB_factors");
    const struct golden_array *geometry = golden_read(golden, "ZB_geometry");
    struct agreement agreement = {0};
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++)
        for (int i = 0; i < zoom_blur_counts[severity - 1]; i++) {
            int at = (severity - 1) * factors->shape[1] + i;
            struct zoom_geometry zoom = zoom_geometry_create(zoom_blur_factor(i));
            const int32_t *expected = geometry->integers + 4 * at;
            agree(&agreement, zoom_blur_factor(i), factors->truth[at]);
            agree(&agreement, zoom.crop, expected[0]);
            agree(&agreement, zoom.start, expected[1]);
            agree(&agreement, zoom.zoomed, expected[2]);
            agree(&agreement, zoom.trim, expected[3]);
        }
    expect_agreement(golden, "ZB_factors and ZB_geometry", 0, agreement);
}

static void check_defocus_kernels(struct golden_case *golden)
{
    const struct golden_array *kernels = golden_read(golden, "DB_kernel");
    const int side = kernels->shape[1], centre = side / 2;
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        struct agreement agreement = {0};
        struct defocus_kernel kernel = defocus_kernel_create(&defocus_settings[severity - 1]);
        for (int place = 0; place < side * side; place++) {
            int i = place / side - centre, j = place % side - centre;
            bool inside = abs(i) <= DEFOCUS_RADIUS && abs(j) <= DEFOCUS_RADIUS;
            double computed = inside ? (double)kernel.weights[DEFOCUS_RADIUS + i][DEFOCUS_RADIUS + j] : 0;
            agree(&agreement, computed, kernels->truth[(severity - 1) * side * side + place]);
        }
        expect_agreement(golden, "DB_kernel", severity, agreement);
    }
}

// What the linear solver of the original leaves is 3e-15.
static void check_affine_maps(struct golden_case *golden)
{
    const struct golden_array *jitter = golden_read(golden, "ET_draw_jitter");
    const struct golden_array *maps = golden_read(golden, "ET_affine");
    struct agreement agreement = {0};
    for (size_t i = 0; i < maps->count / 6; i++) {
        struct affine map = elastic_affine_create(jitter->values + 6 * i);
        for (size_t k = 0; k < 6; k++) agree(&agreement, map.m[k], maps->truth[6 * i + k]);
    }
    if (agreement.largest <= 1e-14) agreement.unequal = 0;
    expect_agreement(golden, "ET_affine", 0, agreement);
}

static void check_quantisers(struct golden_case *golden)
{
    const struct golden_array *tables = golden_read(golden, "JC_qtables");
    struct jpeg_error_mgr errors;
    struct agreement agreement = {0};
    for (int severity = 1; severity <= CORRUPTION_SEVERITIES; severity++) {
        struct jpeg_compress_struct info = {.err = jpeg_std_error(&errors)};
        jpeg_create_compress(&info);
        info.in_color_space = JCS_RGB;
        info.input_components = 3;
        jpeg_set_defaults(&info);
        jpeg_set_quality(&info, jpeg_qualities[severity - 1], TRUE);
        for (int table = 0; table < 2; table++)
            for (int i = 0; i < 64; i++)
                agree(&agreement, info.quant_tbl_ptrs[table]->quantval[i],
                      tables->integers[((severity - 1) * 2 + table) * 64 + i]);
        jpeg_destroy_compress(&info);
    }
    expect_agreement(golden, "JC_qtables", 0, agreement);
}

// One white pixel in a black picture spreads as the library that made the data spreads it. The recorded picture is
// larger than ours: its middle is compared, where the pixel is and all that it reaches lies.
static void check_impulses(struct golden_case *golden)
{
    if (!golden_has(golden, "tab_motion_impulse")) return;
    const struct golden_array *parameters = golden_read(golden, "tab_motion_param");
    const struct golden_array *angles = golden_read(golden, "tab_motion_angles");
    const struct golden_array *impulses = golden_read(golden, "tab_motion_impulse");
    const int side = impulses->shape[2], middle = side / 2;
    struct agreement agreement = {0};
    for (int at = 0; at < parameters->shape[0] * angles->shape[0]; at++) {
        const double *p = parameters->truth + 2 * (at / angles->shape[0]);
        struct motion_settings settings = {(int)p[0], p[1]};
        struct motion_kernel kernel = motion_kernel_create(&settings, angles->truth[at % angles->shape[0]]);
        double *response = test_allocate((size_t)(side * side) * sizeof *response);
        for (int i = 0; i < side * side; i++) response[i] = 0;
        for (int i = 0; i < kernel.count; i++)
            response[(middle - kernel.rows[i]) * side + middle - kernel.columns[i]] += kernel.taps[i] * 65535;
        for (int i = 0; i < side * side; i++)
            agree(&agreement, floor(response[i] + 0.5), impulses->integers[(size_t)at * (size_t)(side * side) + i]);
        free(response);
    }
    expect_agreement(golden, "tab_motion_impulse", 0, agreement);
}

static void check_tables(struct golden_case *golden)
{
    check_gaussian_taps(golden);
    check_motion_kernels(golden);
    check_zooms(golden);
    check_defocus_kernels(golden);
    check_affine_maps(golden);
    check_quantisers(golden);
    check_impulses(golden);
}

Test(golden_corruptions, every_table)
{
    golden_for_folder_on_hosts("corruptions", check_tables);
}
