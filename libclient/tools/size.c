// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

int size_parse(const char *text, uint64_t *ret_size)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;
	uint64_t size;
	char *end;

	/* strtoull() takes signs and blanks. */
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	size = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
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
