// SPDX-License-Identifier: MIT
#include <stdbool.h>
#include <string.h>

#include "text.h"

/* Bytes that a character with this first byte has; 0 if there is none. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

/* Neither longer than need be, nor half of a surrogate pair, nor beyond all planes. */
static bool is_character(uint32_t code, size_t length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t text_decode(const char *text, uint32_t *ret_code)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = length_of(bytes[0]), i;
	uint32_t code = bytes[0] & masks[length];

	*ret_code = TEXT_REPLACEMENT;
	if (!length)
		return 1;
	for (i = 1; i < length; i++) {
		/* Also false for the NUL, so it does not read on. */
		if ((bytes[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (!is_character(code, length))
		return 1;
	*ret_code = code;
	return length;
}

/* C0, DEL and C1. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

char *text_printable(char *text)
{
	char *at = text;
	uint32_t code;
	size_t length;

	for (; *at; at += length) {
		length = text_decode(at, &code);
		if (is_control(code) || (length == 1 && code == TEXT_REPLACEMENT))
			memset(at, '?', length);
	}
	return text;
}
