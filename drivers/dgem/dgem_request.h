/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_REQUEST_H__
#define __DGEM_REQUEST_H__

#include <linux/gfp_types.h>
#include <linux/types.h>

#include "dgem_heap.h"

struct drm_dgem_bo_create;

/**
 * struct dgem_request - what the memory of a BO has to be like
 *
 * Well-formed: dgem_request_init() has checked it. Addresses are those that the
 * device of the instance puts on its bus, or, where it has none, physical ones.
 */
struct dgem_request {
	/** @align: of the address, in bytes; a power of two, at least the page size. */
	u64 align;

	/**
	 * @boundary: a power of two, at least the BO's size, no multiple of which lies
	 * within the memory; 0 for none.
	 */
	u64 boundary;

	/** @offset: with DRM_DGEM_BO_FIXED, the place in the heap, in bytes; any number. */
	u64 offset;

	/** @flags: ``DRM_DGEM_BO_*`` flags that the heap takes. */
	u64 flags;

	/** @addr_bits: what addresses must fit into, 12 to 64; 64 for any. */
	unsigned int addr_bits;

	/** @node: an online node, or NUMA_NO_NODE for any. */
	int node;

	/** @reason: set by the heap that refuses: one of enum drm_dgem_reason. */
	u32 reason;

	/** @reason_arg: set by the heap that refuses: bytes that would work, or 0. */
	u64 reason_arg;
};

/* Whether it has to be met when a BO is created, or noted for when its memory comes. */
static inline bool dgem_request_matters(const struct dgem_request *request,
					const struct dgem_heap *heap)
{
	return heap->ops->reserve || request->addr_bits < 64;
}

int dgem_request_init(struct dgem_request *request, const struct dgem_heap *heap,
		      const struct drm_dgem_bo_create *args);
int dgem_request_zone(const struct dgem_request *request, gfp_t *zone);

#if IS_ENABLED(CONFIG_KUNIT)
bool dgem_zones_end_below(gfp_t zone, u64 end);
#endif

#endif
