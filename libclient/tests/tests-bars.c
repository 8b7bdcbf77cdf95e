// SPDX-License-Identifier: MIT
/* The judge of the demo must find a single wrong pixel. */
#include <string.h>

#include "../examples/bars.h"
#include "harness.h"

#define WIDTH 32
#define HEIGHT 5
#define STRIDE (4 * WIDTH + 7)

static uint8_t line[4 * WIDTH], frame[HEIGHT * STRIDE];

static void fill(uint32_t bytes, unsigned int percent)
{
	size_t y;

	bars_line(line, WIDTH, bytes, percent);
	memset(frame, 0x77, sizeof(frame));
	for (y = 0; y < HEIGHT; y++)
		memcpy(frame + y * STRIDE, line, (size_t)bytes * WIDTH);
}

/* From the standard: white, yellow, cyan, green, magenta, red, blue, black. */
static void check_line(unsigned int percent, uint8_t on)
{
	const uint8_t bars[8][3] = {
		{ on, on, on }, { on, on, 0 }, { 0, on, on }, { 0, on, 0 },
		{ on, 0, on },	{ on, 0, 0 },  { 0, 0, on },  { 0, 0, 0 },
	};
	size_t x;

	bars_line(line, WIDTH, 3, percent);
	for (x = 0; x < WIDTH; x++)
		CHECK(!memcmp(line + 3 * x, bars[x / 4], 3));
	bars_line(line, WIDTH, 4, percent);
	for (x = 0; x < WIDTH; x++) {
		CHECK_EQ(line[4 * x + 0], bars[x / 4][2]);
		CHECK_EQ(line[4 * x + 1], bars[x / 4][1]);
		CHECK_EQ(line[4 * x + 2], bars[x / 4][0]);
	}
}

TEST(colours)
{
	check_line(75, 191);
	check_line(100, 255);
}

TEST(right_frame)
{
	uint32_t bytes, x, y;

	for (bytes = 3; bytes <= 4; bytes++) {
		fill(bytes, 75);
		CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, bytes, line, &x, &y), 0);
	}
}

/* The one byte at @at of the pixel is another. */
static void check_wrong(uint32_t bytes, uint32_t x, uint32_t y, uint32_t at)
{
	uint32_t wrong_x, wrong_y;

	fill(bytes, 75);
	frame[y * STRIDE + bytes * x + at] ^= 1;
	CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, bytes, line, &wrong_x, &wrong_y), 1);
	CHECK_EQ(wrong_x, x);
	CHECK_EQ(wrong_y, y);
}

TEST(each_wrong_byte_is_found)
{
	uint32_t bytes, x, y, at;

	for (bytes = 3; bytes <= 4; bytes++)
		for (y = 0; y < HEIGHT; y++)
			for (x = 0; x < WIDTH; x++)
				for (at = 0; at < 3; at++)
					check_wrong(bytes, x, y, at);
}

TEST(what_means_nothing_is_ignored)
{
	uint32_t x, y;

	fill(4, 75);
	frame[4 * 5 + 3] ^= 0xff;
	CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, 4, line, &x, &y), 0);
}

TEST(wrong_pixels_are_counted)
{
	uint32_t bytes, x, y;

	for (bytes = 3; bytes <= 4; bytes++) {
		fill(bytes, 75);
		bars_line(line, WIDTH, bytes, 100);
		/* Black is the same in both. */
		CHECK_EQ(bars_compare(frame, WIDTH, HEIGHT, STRIDE, bytes, line, &x, &y),
			 HEIGHT * WIDTH * 7 / 8);
	}
}
