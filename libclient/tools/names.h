/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_NAMES_H
#define DGEM_TOOL_NAMES_H

#include <stdint.h>

/* What a bit is called; a table of them ends with a text of NULL. */
struct name {
	uint64_t bit;
	const char *text;
};

/* Calls @put with each name; bits that the table does not have as "bit-N". */
void each_name(const struct name *names, uint64_t bits,
	       void (*put)(void *context, const char *text), void *context);

#endif /* DGEM_TOOL_NAMES_H */
