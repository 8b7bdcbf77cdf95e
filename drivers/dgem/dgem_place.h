/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PLACE_H__
#define __DGEM_PLACE_H__

#include <linux/types.h>

struct drm_mm;
struct drm_mm_node;

/**
 * struct dgem_place - where a piece of contiguous memory may lie, in pages
 */
struct dgem_place {
	/** @size: its length. */
	u64 size;

	/** @align: what the first page frame is a multiple of, a power of two. */
	u64 align;

	/**
	 * @boundary: no multiple of this lies inside of it; a power of two, at least
	 * @size. 0 if any may.
	 */
	u64 boundary;

	/** @start: first page frame that it may have. */
	u64 start;

	/** @end: the one after the last. */
	u64 end;
};

int dgem_place_find(struct drm_mm *mm, struct drm_mm_node *node,
		    const struct dgem_place *place);
int dgem_place_take(struct drm_mm *mm, struct drm_mm_node *node,
		    const struct dgem_place *place, u64 start);
u32 dgem_place_reason(struct drm_mm *mm, const struct dgem_place *place, u64 *most);

#endif
