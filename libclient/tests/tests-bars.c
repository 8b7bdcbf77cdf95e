// SPDX-License-Identifier: MIT
/* The judge of the demo must find a single wrong pixel. */
#include <string.h>

#include "../examples/bars.h"
#include "harness.h"

#define WIDTH 32
#define HEIGHT 5
#define STRIDE (3 * WIDTH + 7)

static uint8_t line[3 * WIDTH], frame[HEIGHT * STRIDE];

static void fill(unsigned int percent)
{
	size_t y;

	bars_line(line, WIDTH, percent);
	memset(frame, 0x77, sizeof(frame));
	for (y = 0; y < HEIGHT; y++)
		memcpy(frame + y * STRIDE, line, sizeof(line));
}

/* From the standard: white, yellow, cyan, green, magenta, red, blue, black. */
static void check_line(unsigned int percent, uint8_t on)
{
	const uint8_t bars[8][3] = {
		{ on, on, on }, { on, on, 0 }, { 0, on, on }, { 0, on, 0 },
		{ on, 0, on },	{ on, 0, 0 },  { 0, 0, on },  { 0, 0, 0 },
	};
	size_t x;

	bars_line(line, WIDTH, percent);
	for (x = 0; x < WIDTH; x++)
		CHECK(!memcmp(line + 3 * x, bars[x / 4], 3));
}

TEST(colours)
{
	check_line(75, 191);
	check_line(100, 255);
}

TEST(right_frame)
{
	uint32_t x, y;

	fill(75);
	CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, line, &x, &y), 0);
}

TEST(each_wrong_byte_is_found)
{
	uint32_t x, y, wrong_x, wrong_y;
	unsigned int i;

	for (y = 0; y < HEIGHT; y++) {
		for (x = 0; x < WIDTH; x++) {
			for (i = 0; i < 3; i++) {
				fill(75);
				frame[y * STRIDE + 3 * x + i] ^= 1;
				CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, line, &wrong_x,
						      &wrong_y),
					 1);
				CHECK_EQ(wrong_x, x);
				CHECK_EQ(wrong_y, y);
			}
		}
	}
}

TEST(wrong_pixels_are_counted)
{
	uint32_t x, y;

	fill(75);
	bars_line(line, WIDTH, 100);
	/* Black is the same in both. */
	CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, line, &x, &y), HEIGHT * WIDTH * 7 / 8);
}
