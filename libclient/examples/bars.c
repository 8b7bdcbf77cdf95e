// SPDX-License-Identifier: MIT
#include <string.h>

#include "bars.h"

#define BARS 8
#define COLOURS 3
#define FULL_SCALE 255

/*
 * The bars are in order of falling luma, which means counting down in binary
 * with green as the highest bit, then red, then blue.
 */
void bars_line(uint8_t *line, uint32_t width, uint32_t bytes, unsigned int percent)
{
	const uint8_t on = (uint8_t)(FULL_SCALE * percent / 100);
	uint32_t x;

	for (x = 0; x < width; x++) {
		unsigned int lit = BARS - 1 - x * BARS / width;
		uint8_t *pixel = line + (uint64_t)bytes * x;

		memset(pixel, 0, bytes);
		pixel[bytes == 3 ? 0 : 2] = lit & 2 ? on : 0;
		pixel[1] = lit & 4 ? on : 0;
		pixel[bytes == 3 ? 2 : 0] = lit & 1 ? on : 0;
	}
}

uint64_t bars_compare(const uint8_t *frame, uint32_t width, uint32_t height, uint32_t stride,
		      uint32_t bytes, const uint8_t *line, uint32_t *ret_x, uint32_t *ret_y)
{
	uint64_t wrong = 0;
	uint32_t x, y;

	for (y = 0; y < height; y++) {
		const uint8_t *row = frame + (uint64_t)y * stride;

		if (!memcmp(row, line, (uint64_t)bytes * width))
			continue;
		for (x = 0; x < width; x++) {
			uint64_t at = (uint64_t)bytes * x;

			if (!memcmp(row + at, line + at, COLOURS))
				continue;
			if (!wrong++) {
				*ret_x = x;
				*ret_y = y;
			}
		}
	}
	return wrong;
}
