// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

/* The digits at the start of @text; what follows them is at @ret_rest. */
static int take_digits(const char *text, int base, const char **ret_rest, uint64_t *ret_number)
{
	uint64_t number;
	char *end;

	/* strtoull() takes blanks, signs and, for base 16, a prefix. */
	if (base == 16 ?
		    !isxdigit((unsigned char)text[0]) || tolower((unsigned char)text[1]) == 'x' :
		    !isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, base);
	if (errno)
		return -ERANGE;
	*ret_rest = end;
	*ret_number = number;
	return 0;
}

int number_parse(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number;
	const char *rest;
	int ret;

	ret = take_digits(text, 10, &rest, &number);
	if (ret)
		return ret;
	if (*rest)
		return -EINVAL;
	if (number > max)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

int size_parse(const char *text, uint64_t *ret_size)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	static const char units[] = "KMGTPE";
	const char *rest, *unit;
	unsigned int shift = 0;
	uint64_t size;
	int ret;

	ret = hex ? take_digits(text + 2, 16, &rest, &size) : take_digits(text, 10, &rest, &size);
	if (ret)
		return ret;
	if (*rest) {
		unit = strchr(units, toupper((unsigned char)*rest));
		if (hex || !unit || rest[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (size > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_size = size << shift;
	return 0;
}

char *size_format(uint64_t size, char text[SIZE_TEXT])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int unit = 0;

	while (size >> (10 * unit) >= 1024)
		unit++;
	if (size % ((uint64_t)1 << (10 * unit)))
		snprintf(text, SIZE_TEXT, "%.1f %s", (double)size / (double)(1ull << (10 * unit)),
			 units[unit]);
	else
		snprintf(text, SIZE_TEXT, "%" PRIu64 " %s", size >> (10 * unit), units[unit]);
	return text;
}
