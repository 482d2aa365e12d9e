// frost_ice.h: ice of our own drawing, for machines without the published frost pictures.
#ifndef DATASETS_FROST_ICE_H
#define DATASETS_FROST_ICE_H

#include <stdint.h>

enum { FROST_ICE_HEIGHT = 96, FROST_ICE_WIDTH = 128 };

// Texture number 0 .. 4, H W 3 bytes. The same bytes on every machine.
void frost_ice_draw(uint32_t texture, uint8_t *pixels);

#endif
