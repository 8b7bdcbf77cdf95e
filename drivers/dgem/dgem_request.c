// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What BO_CREATE's argument says of the memory that is wanted.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_heap.h"
#include "dgem_pages.h"
#include "dgem_request.h"

/* A flag whose refusal is that of a constraint. */
#define DGEM_REQUEST_FLAGS	DRM_DGEM_BO_NUMA

#define DGEM_REQUEST_ALIGN_MAX	((u64)SZ_1G)
#define DGEM_REQUEST_BITS_MIN	12
#define DGEM_REQUEST_BITS_ANY	64

static bool dgem_request_node_exists(s32 node)
{
	return node >= 0 && node < MAX_NUMNODES && node_online(node);
}

/* is_power_of_2() takes no more than a long, which has 32 bits on some machines. */
static bool dgem_request_is_power_of_2(u64 n)
{
	return n && !(n & (n - 1));
}

static bool dgem_request_is_malformed(const struct drm_dgem_bo_create *args)
{
	if (args->align && (!dgem_request_is_power_of_2(args->align) ||
			    args->align > DGEM_REQUEST_ALIGN_MAX))
		return true;

	/* A size that is too large to be rounded up is refused for that. */
	if (args->boundary && (!dgem_request_is_power_of_2(args->boundary) ||
			       args->boundary < PAGE_ALIGN(args->size)))
		return true;

	if (args->addr_bits && (args->addr_bits < DGEM_REQUEST_BITS_MIN ||
				args->addr_bits > DGEM_REQUEST_BITS_ANY))
		return true;

	if (!(args->flags & DRM_DGEM_BO_FIXED) && args->heap_offset)
		return true;

	if (args->flags & DRM_DGEM_BO_NUMA)
		return !dgem_request_node_exists(args->numa_node);

	return args->numa_node;
}

/*
 * Whether any memory would do but for its zone: a page is aligned to its size, and
 * never lies across a boundary.
 */
static bool dgem_request_any_place(const struct dgem_request *request, u64 size)
{
	return request->align <= PAGE_SIZE && request->node == NUMA_NO_NODE &&
	       (!request->boundary || size <= PAGE_SIZE);
}

/**
 * dgem_request_init() - take the constraints out of BO_CREATE's argument
 * @request: set up, with no reason
 * @heap: the heap that is asked
 * @args: the argument; its constraints and flags are checked here
 *
 * A heap without &dgem_heap_ops.reserve takes what dgem_request_zone() finds a zone
 * for. Others refuse by themselves.
 *
 * Return: 0; -EINVAL if malformed, if a flag is not the heap's, or there is no such
 * node; -EOPNOTSUPP if this heap does not take such a constraint.
 */
int dgem_request_init(struct dgem_request *request, const struct dgem_heap *heap,
		      const struct drm_dgem_bo_create *args)
{
	gfp_t zone;

	if (args->flags & ~(heap->create_flags | DGEM_REQUEST_FLAGS))
		return -EINVAL;

	request->align = PAGE_SIZE;
	request->boundary = args->boundary;
	request->offset = args->heap_offset;
	request->flags = args->flags;
	request->addr_bits = DGEM_REQUEST_BITS_ANY;
	request->node = NUMA_NO_NODE;
	request->reason = DRM_DGEM_REASON_NONE;
	request->reason_arg = 0;

	/* Most want nothing. */
	if (!(args->align | args->boundary | args->heap_offset | args->addr_bits |
	      args->numa_node | (args->flags & DGEM_REQUEST_FLAGS)))
		return 0;

	if (dgem_request_is_malformed(args))
		return -EINVAL;

	request->align = max_t(u64, args->align, PAGE_SIZE);
	request->addr_bits = args->addr_bits ?: DGEM_REQUEST_BITS_ANY;
	if (args->flags & DRM_DGEM_BO_NUMA)
		request->node = args->numa_node;

	if (heap->ops->reserve)
		return 0;

	if (!dgem_request_any_place(request, args->size))
		return -EOPNOTSUPP;

	return dgem_request_zone(request, &zone);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_request_init);

/* Whether all memory that an allocation with @zone can give lies below @end. */
VISIBLE_IF_KUNIT bool dgem_zones_end_below(gfp_t zone, u64 end)
{
	int nid, i;

	KUNIT_STATIC_STUB_REDIRECT(dgem_zones_end_below, zone, end);

	for_each_online_node(nid) {
		for (i = 0; i <= gfp_zone(zone); i++) {
			struct zone *z = &NODE_DATA(nid)->node_zones[i];

			/* 4 GiB is no address of a 32-bit kernel without LPAE. */
			if (populated_zone(z) && (u64)zone_end_pfn(z) << PAGE_SHIFT > end)
				return false;
		}
	}

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_zones_end_below);

/**
 * dgem_request_zone() - find the zone whose pages have addresses that are wanted
 * @request: the request, of which the number of bits counts
 * @zone: set to the modifier for the page allocator
 *
 * Where no memory is beyond what was wanted, none is expected to be plugged in
 * later. ZONE_DMA is not for BOs, which could take all of it from the devices that
 * have no other.
 *
 * Return: 0, or -EOPNOTSUPP if there is no such zone.
 */
int dgem_request_zone(const struct dgem_request *request, gfp_t *zone)
{
	u64 end;

	*zone = DGEM_ZONE_ANY;
	if (request->addr_bits == DGEM_REQUEST_BITS_ANY)
		return 0;

	end = BIT_ULL(request->addr_bits);
	if (dgem_zones_end_below(*zone, end))
		return 0;

	/* That of all memory in the linear map where there is no such zone. */
	*zone = __GFP_DMA32;
	return dgem_zones_end_below(*zone, end) ? 0 : -EOPNOTSUPP;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_request_zone);
