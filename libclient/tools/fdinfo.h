/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_FDINFO_H
#define DGEM_TOOL_FDINFO_H

#include <stddef.h>
#include <stdint.h>

#include "bo_line.h"

#define FDINFO_REGIONS 16
#define FDINFO_REGION_NAME 32

/* What a process has in one heap, or imported. */
struct fdinfo_region {
	char name[FDINFO_REGION_NAME];
	uint64_t total, shared, resident, purgeable; /* bytes */
};

/* An open dgem file, as /proc/PID/fdinfo/FD tells it. */
struct fdinfo {
	uint64_t client;
	char name[64]; /* given by the program, or empty */
	unsigned int num_regions;
	struct fdinfo_region regions[FDINFO_REGIONS];
	struct bo_line *bos; /* that it has handles of */
	size_t num_bos;
	uint64_t more_bos; /* that are not told one by one */
};

/*
 * Reads such a text. Returns 0; -ENODEV if it is not a file of dgem; -EPROTO if
 * it is, but cannot be understood; -ENOMEM. What it fills is to be freed by
 * fdinfo_free().
 */
int fdinfo_parse(const char *text, struct fdinfo *ret_info);
void fdinfo_free(struct fdinfo *info);

#endif /* DGEM_TOOL_FDINFO_H */
