// residual_join.c: batch norm's backward written out where the residual branches meet.
// Bound     memory: three reads and a write per value. Parallel over slices of positions.
#include "kernels/cpu/simd/operations.h"
#include "kernels/device.h"

enum { SLICE_POSITIONS = 256 };

static void join_positions(const struct residual_join *join, const float *coefficients, int64_t first, int64_t last)
{
    int channels = join->channels;
    const float *of_gradient = coefficients, *of_raw = of_gradient + channels, *offset = of_raw + channels;
    const activation *addend = join->addend;
    for (int64_t p = first; p < last; p++) {
        const activation *gradient = (const activation *)join->gradient + p * channels;
        const activation *raw = (const activation *)join->raw + p * channels;
        activation *output = (activation *)join->output + p * channels;
        int c = 0;
        for (; c + LANES <= channels; c += LANES) {
            vector tail = vector_fma(vector_load(of_raw + c), activation_load(raw + c), vector_load(offset + c));
            vector sum = vector_fma(vector_load(of_gradient + c), activation_load(gradient + c), tail);
            activation_store(output + c, addend == NULL ? sum : sum + activation_load(addend + p * channels + c));
        }
        for (; c < channels; c++) {
            float tail = scalar_fma(of_raw[c], activation_value(raw[c]), offset[c]);
            float sum = scalar_fma(of_gradient[c], activation_value(gradient[c]), tail);
            output[c] = activation_of(addend == NULL ? sum : sum + activation_value(addend[p * channels + c]));
        }
    }
}

void ISA_NAME(residual_join)(struct device *device, const void *settings)
{
    const struct residual_join *join = settings;
    int64_t slices = (join->positions + SLICE_POSITIONS - 1) / SLICE_POSITIONS;
#pragma omp parallel for num_threads(device->threads) schedule(static)
    for (int64_t i = 0; i < join->runs * slices; i++) {
        int64_t run = i / slices, first = i % slices * SLICE_POSITIONS, last = first + SLICE_POSITIONS;
        if (last > join->positions) last = join->positions;
        join_positions(join, per_run_part(join->coefficients, (int)run), run * join->positions + first,
                       run * join->positions + last);
    }
}
