/* SPDX-License-Identifier: MIT */
#ifndef DGEM_CARVEOUT_H
#define DGEM_CARVEOUT_H

/* The carve-outs of the machine that vm/machine/carveout describes. */

#include <stdbool.h>
#include <stdint.h>

#include "igt.h"

/* What another processor has filled. */
#define MAILBOX_SIZE (32ull << 20)

/** struct carveout - one of them, with its physical address if that is known */
struct carveout {
	const char *name;
	uint64_t start, size;
	bool preserve;
};

extern const struct carveout carveouts[3];
#define for_each_carveout(each)                         \
	for (const struct carveout *(each) = carveouts; \
	     (each) != &carveouts[ARRAY_SIZE(carveouts)]; (each)++)

/* The number of the heap; -1 if it is not there. */
int __carveout_heap(int fd, const char *name);
uint32_t carveout_heap(int fd, const char *name);

#endif
