/* SPDX-License-Identifier: MIT */
#ifndef DGEM_EXAMPLES_BARS_H
#define DGEM_EXAMPLES_BARS_H

#include <stdint.h>

/*
 * Colour bars as a test generator sends them, full range: eight bars of the same
 * width, white, yellow, cyan, green, magenta, red, blue and black, whose components
 * are either 0 or @percent of the full scale. A pixel has 3 bytes, red first, or 4,
 * blue first, of which the last means nothing.
 */

/* Fills one line; all lines of a frame are the same. */
void bars_line(uint8_t *line, uint32_t width, uint32_t bytes, unsigned int percent);

/*
 * Compares a frame with the bars. Returns the number of wrong pixels, and tells
 * the place of the first one.
 */
uint64_t bars_compare(const uint8_t *frame, uint32_t width, uint32_t height, uint32_t stride,
		      uint32_t bytes, const uint8_t *line, uint32_t *ret_x, uint32_t *ret_y);

#endif /* DGEM_EXAMPLES_BARS_H */
