// SPDX-License-Identifier: MIT
#include <string.h>

#include "bars.h"

#define BARS 8
#define FULL_SCALE 255

/*
 * The bars are in order of falling luma, which means counting down in binary
 * with green as the highest bit, then red, then blue.
 */
void bars_line(uint8_t *line, uint32_t width, unsigned int percent)
{
	const uint8_t on = (uint8_t)(FULL_SCALE * percent / 100);
	uint32_t x;

	for (x = 0; x < width; x++) {
		unsigned int lit = BARS - 1 - x * BARS / width;

		line[3 * x + 0] = lit & 2 ? on : 0;
		line[3 * x + 1] = lit & 4 ? on : 0;
		line[3 * x + 2] = lit & 1 ? on : 0;
	}
}

uint64_t bars_compare(const uint8_t *frame, uint32_t width, uint32_t height, uint32_t stride,
		      const uint8_t *line, uint32_t *ret_x, uint32_t *ret_y)
{
	uint64_t wrong = 0;
	uint32_t x, y;

	for (y = 0; y < height; y++) {
		const uint8_t *row = frame + (uint64_t)y * stride;

		if (!memcmp(row, line, 3 * (uint64_t)width))
			continue;
		for (x = 0; x < width; x++) {
			if (!memcmp(row + 3ull * x, line + 3ull * x, 3))
				continue;
			if (!wrong++) {
				*ret_x = x;
				*ret_y = y;
			}
		}
	}
	return wrong;
}
