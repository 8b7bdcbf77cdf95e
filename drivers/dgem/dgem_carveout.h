/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_CARVEOUT_H__
#define __DGEM_CARVEOUT_H__

#include <linux/types.h>

#include <drm/dgem_drm.h>

/* How many there may be: each is a heap. */
#define DGEM_CARVEOUTS	8

/**
 * struct dgem_carveout - memory that the administrator keeps from the system
 */
struct dgem_carveout {
	/** @name: of the heap, and of the region if that has a name. */
	char name[DRM_DGEM_HEAP_NAME_LEN];

	/** @start: physical address of a range. */
	u64 start;

	/** @size: bytes of the range; 0 for the region that has the name. */
	u64 size;

	/** @preserve: whether dgem must not write to it. */
	bool preserve;
};

const char *dgem_carveout_parse(const char *text, struct dgem_carveout *carveout);
const struct dgem_carveout *dgem_carveout_get(unsigned int nr);

#endif
