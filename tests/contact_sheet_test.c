// contact_sheet_test.c: captions: every letter is another picture, and nothing is drawn outside the canvas.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lettering.h"
#include "harness/corruption.h"

enum { SIDE = 8, BYTES = SIDE * SIDE * 3 };

static void draw_one(char character, uint8_t pixels[BYTES])
{
    const char text[] = {character, '\0'};
    struct canvas canvas = {SIDE, SIDE, pixels};
    memset(pixels, 255, BYTES);
    lettering_draw(&canvas, 1, 0, 1, text);
}

Test(contact_sheet, letters_differ_and_small_ones_are_capitals)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-#";
    static uint8_t pictures[sizeof characters - 1][BYTES];
    for (size_t i = 0; i < sizeof characters - 1; i++) {
        uint8_t small[BYTES];
        draw_one(characters[i], pictures[i]);
        for (size_t j = 0; j < i; j++)
            cr_expect(ne(int, memcmp(pictures[i], pictures[j], BYTES), 0), "%c and %c", characters[i], characters[j]);
        if (characters[i] >= 'A') {
            draw_one((char)(characters[i] + 'a' - 'A'), small);
            cr_expect(eq(int, memcmp(pictures[i], small, BYTES), 0), "%c", characters[i]);
        }
    }
}

// Only '#' among these is drawn as a box: all that a sheet says has letters.
Test(contact_sheet, titles_have_letters)
{
    uint8_t box[BYTES], letter[BYTES];
    draw_one('#', box);
    for (int place = 0; place < CORRUPTION_COUNT; place++)
        for (const char *at = corruption_at(place)->title; *at != '\0'; at++) {
            draw_one(*at, letter);
            cr_expect(ne(int, memcmp(letter, box, BYTES), 0), "%c of %s", *at, corruption_at(place)->title);
        }
}

Test(contact_sheet, letters_are_magnified_and_cut_at_the_edges)
{
    static const int places[] = {-100, -3, 0, 5, 90, 200};
    enum { WIDTH = 100, HEIGHT = 40, GUARD = 64 };
    uint8_t *memory = malloc(3 * WIDTH * HEIGHT + 2 * GUARD);
    struct canvas canvas = {HEIGHT, WIDTH, memory + GUARD};
    for (size_t x = 0; x < sizeof places / sizeof places[0]; x++)
        for (size_t y = 0; y < sizeof places / sizeof places[0]; y++) {
            memset(memory, 255, 3 * WIDTH * HEIGHT + 2 * GUARD);
            lettering_draw(&canvas, places[x], places[y], 3, "FROST");
            for (int i = 0; i < GUARD; i++)
                cr_assert(memory[i] == 255 && memory[GUARD + 3 * WIDTH * HEIGHT + i] == 255, "outside the canvas");
        }
    memset(memory, 255, 3 * WIDTH * HEIGHT + 2 * GUARD);
    lettering_draw(&canvas, 5, 2, 3, "I");
    int black = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) black += canvas.pixels[3 * i] == 0;
    cr_expect(eq(int, black, 9 * 11), "an I has 11 dots");
    cr_expect(eq(int, lettering_width("I", 3), 15));
    cr_expect(eq(int, lettering_width("AB", 2), 22));
    cr_expect(eq(int, lettering_width("", 2), 0));
    free(memory);
}
