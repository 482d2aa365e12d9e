// jpeg.c: what baseline JPEG does to a picture: 4:2:0 chroma, integer cosine transforms, quantisation, and back with
// interpolated chroma, as libjpeg-turbo computes them. Entropy coding loses nothing and is left out. Eight columns of a
// block are one vector. The reference goes through libjpeg itself.
#include "kernels/cpu/corruptions/corruptions.h"

// Wider than some processors' registers, so vectors are never passed by value.
typedef int32_t ints __attribute__((vector_size(32))); // a row of a block
typedef double row_doubles __attribute__((vector_size(64)));

enum { BLOCK = 8, LUMA_SIDE = PICTURE_SIDE, CHROMA_SIDE = PICTURE_SIDE / 2 };

// Annex K of the standard.
static const uint8_t luma_base[BLOCK * BLOCK] = {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                                 14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                                 18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                                 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
static const uint8_t chroma_base[BLOCK * BLOCK] = {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
                                                   24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
                                                   99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                                                   99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

struct quantiser {
    ints steps[BLOCK];
    row_doubles inverse[BLOCK]; // 1 / (8 * step): transforms are 8 times too large
};

static struct quantiser quantiser_create(int quality, const uint8_t base[BLOCK * BLOCK])
{
    struct quantiser quantiser;
    const int scale = quality >= 50 ? 200 - 2 * quality : 5000 / quality;
    for (int i = 0; i < BLOCK * BLOCK; i++) {
        const int step = (base[i] * scale + 50) / 100, limited = step < 1 ? 1 : step > 255 ? 255 : step;
        quantiser.steps[i / BLOCK][i % BLOCK] = limited;
        quantiser.inverse[i / BLOCK][i % BLOCK] = 1.0 / (8 * limited);
    }
    return quantiser;
}

static void transpose(ints block[BLOCK])
{
    for (int i = 0; i < BLOCK; i++)
        for (int j = 0; j < i; j++) {
            const int32_t kept = block[i][j];
            block[i][j] = block[j][i];
            block[j][i] = kept;
        }
}

// Along the vectors' index. Even outputs 0 and 4 are returned unscaled; the others carry 13 more bits.
static inline void forward_transform(ints v[BLOCK], int bits)
{
    const int half = 1 << (bits - 1);
    const ints s0 = v[0] + v[7], s1 = v[1] + v[6], s2 = v[2] + v[5], s3 = v[3] + v[4];
    const ints d0 = v[0] - v[7], d1 = v[1] - v[6], d2 = v[2] - v[5], d3 = v[3] - v[4];
    const ints a0 = s0 + s3, a3 = s0 - s3, a1 = s1 + s2, a2 = s1 - s2;
    const ints e = 4433 * (a2 + a3), g = 9633 * (d3 + d1 + d2 + d0);
    const ints z1 = -7373 * (d3 + d0), z2 = -20995 * (d2 + d1);
    const ints z3 = g - 16069 * (d3 + d1), z4 = g - 3196 * (d2 + d0);
    v[0] = a0 + a1;
    v[4] = a0 - a1;
    v[2] = (e + 6270 * a3 + half) >> bits;
    v[6] = (e - 15137 * a2 + half) >> bits;
    v[7] = (2446 * d3 + z1 + z3 + half) >> bits;
    v[5] = (16819 * d2 + z2 + z4 + half) >> bits;
    v[3] = (25172 * d1 + z2 + z3 + half) >> bits;
    v[1] = (12299 * d0 + z1 + z4 + half) >> bits;
}

static inline void inverse_transform(ints w[BLOCK], int bits)
{
    const int half = 1 << (bits - 1);
    const ints e = 4433 * (w[2] + w[6]), b2 = e - 15137 * w[6], b3 = e + 6270 * w[2];
    const ints b0 = (w[0] + w[4]) * (1 << 13), b1 = (w[0] - w[4]) * (1 << 13);
    const ints c0 = b0 + b3, c3 = b0 - b3, c1 = b1 + b2, c2 = b1 - b2;
    const ints g = 9633 * (w[7] + w[3] + w[5] + w[1]), z1 = -7373 * (w[7] + w[1]), z2 = -20995 * (w[5] + w[3]);
    const ints z3 = g - 16069 * (w[7] + w[3]), z4 = g - 3196 * (w[5] + w[1]);
    const ints o0 = 2446 * w[7] + z1 + z3, o1 = 16819 * w[5] + z2 + z4;
    const ints o2 = 25172 * w[3] + z2 + z3, o3 = 12299 * w[1] + z1 + z4;
    w[0] = (c0 + o3 + half) >> bits;
    w[1] = (c1 + o2 + half) >> bits;
    w[2] = (c2 + o1 + half) >> bits;
    w[3] = (c3 + o0 + half) >> bits;
    w[4] = (c3 - o0 + half) >> bits;
    w[5] = (c2 - o1 + half) >> bits;
    w[6] = (c1 - o2 + half) >> bits;
    w[7] = (c0 - o3 + half) >> bits;
}

// To the nearest multiple of the step, halves away from zero. The half added to the numerator keeps the product with
// the inverse off whole numbers, so that its rounding cannot matter.
static inline void quantise(const struct quantiser *quantiser, ints block[BLOCK])
{
    for (int i = 0; i < BLOCK; i++) {
        const ints sign = block[i] < 0, size = (block[i] ^ sign) - sign;
        const row_doubles numerator = __builtin_convertvector(size + 4 * quantiser->steps[i], row_doubles) + 0.5;
        const ints level = __builtin_convertvector(numerator * quantiser->inverse[i], ints);
        block[i] = ((level ^ sign) - sign) * quantiser->steps[i];
    }
}

static void degrade_block(const struct quantiser *quantiser, ints block[BLOCK])
{
    for (int i = 0; i < BLOCK; i++) block[i] -= 128;
    transpose(block);
    forward_transform(block, 11); // rows
    block[0] *= 4;
    block[4] *= 4;
    transpose(block);
    forward_transform(block, 15); // columns
    block[0] = (block[0] + 2) >> 2;
    block[4] = (block[4] + 2) >> 2;
    quantise(quantiser, block);
    inverse_transform(block, 11); // columns
    transpose(block);
    inverse_transform(block, 18); // rows
    transpose(block);
    for (int i = 0; i < BLOCK; i++) {
        const ints value = block[i] + 128, positive = value & (value > 0);
        block[i] = (positive & (positive < 256)) | (255 & (positive > 255));
    }
}

// A whole plane, block by block.
static void degrade_plane(const struct quantiser *quantiser, int side, int32_t *plane)
{
    for (int y = 0; y < side; y += BLOCK)
        for (int x = 0; x < side; x += BLOCK) {
            ints block[BLOCK];
            for (int i = 0; i < BLOCK; i++)
                for (int j = 0; j < BLOCK; j++) block[i][j] = plane[(y + i) * side + x + j];
            degrade_block(quantiser, block);
            for (int i = 0; i < BLOCK; i++)
                for (int j = 0; j < BLOCK; j++) plane[(y + i) * side + x + j] = block[i][j];
        }
}

struct colours {
    int32_t luma[PICTURE_PIXELS], blue[PICTURE_PIXELS], red[PICTURE_PIXELS];
};

static void split_colours(const uint8_t *restrict image, struct colours *restrict colours)
{
    for (int i = 0; i < PICTURE_PIXELS; i++) {
        const int r = image[3 * i], g = image[3 * i + 1], b = image[3 * i + 2];
        colours->luma[i] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
        colours->blue[i] = (-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16;
        colours->red[i] = (32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16;
    }
}

// Means of 2 x 2; halves go down in even columns and up in odd ones.
static void shrink_chroma(const int32_t *restrict wide, int32_t *restrict narrow)
{
    for (int y = 0; y < CHROMA_SIDE; y++)
        for (int x = 0; x < CHROMA_SIDE; x++) {
            const int32_t *from = wide + 2 * y * LUMA_SIDE + 2 * x;
            narrow[y * CHROMA_SIDE + x] = (from[0] + from[1] + from[LUMA_SIDE] + from[LUMA_SIDE + 1] + 1 + x % 2) >> 2;
        }
}

// Weights 3 to 1 towards the nearer neighbour, in both directions.
static void enlarge_chroma(const int32_t *restrict narrow, int32_t *restrict wide)
{
    for (int row = 0; row < LUMA_SIDE; row++) {
        const int y = row / 2, beside = row % 2 == 0 ? (y > 0 ? y - 1 : 0) : (y < CHROMA_SIDE - 1 ? y + 1 : y);
        int32_t padded[CHROMA_SIDE + 2], *sums = padded + 1;
        for (int x = 0; x < CHROMA_SIDE; x++)
            sums[x] = 3 * narrow[y * CHROMA_SIDE + x] + narrow[beside * CHROMA_SIDE + x];
        sums[-1] = sums[0];
        sums[CHROMA_SIDE] = sums[CHROMA_SIDE - 1];
        for (int x = 0; x < CHROMA_SIDE; x++) {
            wide[row * LUMA_SIDE + 2 * x] = (3 * sums[x] + sums[x - 1] + 8) >> 4;
            wide[row * LUMA_SIDE + 2 * x + 1] = (3 * sums[x] + sums[x + 1] + 7) >> 4;
        }
    }
}

static inline uint8_t limit(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void join_colours(const struct colours *restrict colours, uint8_t *restrict output)
{
    for (int i = 0; i < PICTURE_PIXELS; i++) {
        const int y = colours->luma[i], cb = colours->blue[i] - 128, cr = colours->red[i] - 128;
        output[3 * i] = limit(y + ((91881 * cr + 32768) >> 16));
        output[3 * i + 1] = limit(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
        output[3 * i + 2] = limit(y + ((116130 * cb + 32768) >> 16));
    }
}

static void degrade_chroma(const struct quantiser *quantiser, int32_t *plane)
{
    int32_t narrow[CHROMA_SIDE * CHROMA_SIDE];
    shrink_chroma(plane, narrow);
    degrade_plane(quantiser, CHROMA_SIDE, narrow);
    enlarge_chroma(narrow, plane);
}

void ISA_NAME(jpeg_compression)(int severity, const uint8_t *image, uint8_t *output)
{
    const struct quantiser luma = quantiser_create(jpeg_qualities[severity - 1], luma_base);
    const struct quantiser chroma = quantiser_create(jpeg_qualities[severity - 1], chroma_base);
    struct colours colours;
    split_colours(image, &colours);
    degrade_plane(&luma, LUMA_SIDE, colours.luma);
    degrade_chroma(&chroma, colours.blue);
    degrade_chroma(&chroma, colours.red);
    join_colours(&colours, output);
}
