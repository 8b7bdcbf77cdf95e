// SPDX-License-Identifier: MIT
#include <string.h>

#include "../tools/text.h"
#include "harness.h"

static void check_decode(const char *text, uint32_t code, size_t length)
{
	uint32_t got = 0;

	CHECK_EQ(text_decode(text, &got), length);
	CHECK_EQ(got, code);
}

TEST(characters)
{
	check_decode("a", 'a', 1);
	check_decode("\x7f", 0x7f, 1);
	check_decode("\xc2\x80", 0x80, 2);
	check_decode("\xdf\xbfx", 0x7ff, 2);
	check_decode("\xe0\xa0\x80", 0x800, 3);
	check_decode("\xef\xbf\xbd", TEXT_REPLACEMENT, 3);
	check_decode("\xf0\x90\x80\x80", 0x10000, 4);
	check_decode("\xf4\x8f\xbf\xbf", 0x10ffff, 4);
}

TEST(what_is_no_character)
{
	static const char *const bad[] = {
		"\x80", /* in the middle of one */
		"\xc3", /* cut off */
		"\xe2\x82", /* cut off */
		"\xf0\x9f\x8e", /* cut off */
		"\xc3\x61", /* another begins */
		"\xc0\xaf", /* longer than need be */
		"\xc1\xbf", /* longer than need be */
		"\xe0\x9f\xbf", /* longer than need be */
		"\xf0\x8f\xbf\xbf", /* longer than need be */
		"\xed\xa0\x80", /* half of a surrogate pair */
		"\xed\xbf\xbf", /* half of a surrogate pair */
		"\xf4\x90\x80\x80", /* beyond the last */
		"\xf5\x80\x80\x80", /* beyond the last */
		"\xff",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_decode(bad[i], TEXT_REPLACEMENT, 1);
}

static void check_printable(const char *text, const char *expected)
{
	char copy[64];

	strcpy(copy, text);
	CHECK_STR(text_printable(copy), expected);
}

TEST(text_for_a_terminal)
{
	check_printable("", "");
	check_printable("camera 1", "camera 1");
	check_printable("K\xc3\xa4mera \xf0\x9f\x8e\xa5", "K\xc3\xa4mera \xf0\x9f\x8e\xa5");
	check_printable("\xef\xbf\xbd", "\xef\xbf\xbd");
	check_printable("\x1b[2J\n\x7f", "?[2J??");
	check_printable("\xc2\x9b"
			"2J",
			"??2J");
	check_printable("K\xe4mera \xc3", "K?mera ?");
}
