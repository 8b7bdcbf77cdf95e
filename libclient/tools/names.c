// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "names.h"

void each_name(const struct name *names, uint64_t bits,
	       void (*put)(void *context, const char *text), void *context)
{
	char unknown[16];
	unsigned int i;

	for (; names->text; names++) {
		if (bits & names->bit)
			put(context, names->text);
		bits &= ~names->bit;
	}
	for (i = 0; i < 64; i++) {
		if (!(bits & 1ull << i))
			continue;
		snprintf(unknown, sizeof(unknown), "bit-%u", i);
		put(context, unknown);
	}
}
