// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Heaps of memory that is none of the system's: carve-outs, and what a device has
 * brought. A BO has all its memory, one contiguous
 * piece, from its creation on and until it is freed.
 */

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include <drm/drm_managed.h>
#include <drm/drm_mm.h>
#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "dgem_carveout.h"
#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"
#include "dgem_place.h"
#include "dgem_region.h"
#include "dgem_request.h"

/**
 * struct dgem_carveout_heap - a heap with a region of its own
 */
struct dgem_carveout_heap {
	/** @base: what all heaps have. */
	struct dgem_heap base;

	/** @ddev: the instance, whose device may have brought the memory. */
	struct dgem_device *ddev;

	/** @region: its memory. */
	struct dgem_region *region;

	/**
	 * @lock: protects @mm. Taken in reclaim, when a BO is freed, so nothing is
	 * allocated under it.
	 */
	struct mutex lock;

	/** @mm: who has which page frames; its nodes are &dgem_pages.priv. */
	struct drm_mm mm;
};

static struct dgem_carveout_heap *to_carveout(struct dgem_heap *heap)
{
	return container_of(heap, struct dgem_carveout_heap, base);
}

static u64 dgem_carveout_bytes(const struct dgem_carveout_heap *carveout)
{
	return (u64)carveout->region->nr_pages << PAGE_SHIFT;
}

static u64 dgem_carveout_end(const struct dgem_carveout_heap *carveout)
{
	return (u64)carveout->region->pfn + carveout->region->nr_pages;
}

/* Page frames that a limit on addresses leaves. */
static u64 dgem_carveout_limit(const struct dgem_carveout_heap *carveout,
			       unsigned int addr_bits)
{
	u64 limit = addr_bits < 64 ? BIT_ULL(addr_bits) : U64_MAX;

	return min(dgem_carveout_end(carveout), limit >> PAGE_SHIFT);
}

/* A place that was asked for is outside or unaligned, out of reach, or taken. */
static int dgem_carveout_take_locked(struct dgem_carveout_heap *carveout,
				     struct drm_mm_node *node,
				     const struct dgem_place *place,
				     struct dgem_request *request)
{
	u64 limit = dgem_carveout_limit(carveout, request->addr_bits);
	int ret;

	if (!PAGE_ALIGNED(request->offset) ||
	    request->offset >= dgem_carveout_bytes(carveout))
		return -EINVAL;

	ret = dgem_place_take(&carveout->mm, node, place,
			      place->start + (request->offset >> PAGE_SHIFT));
	if (ret == -ENOSPC)
		request->reason = DRM_DGEM_REASON_FULL;
	if (ret || node->start + node->size <= limit)
		return ret;

	drm_mm_remove_node(node);
	request->reason = DRM_DGEM_REASON_ADDR_LIMIT;
	return -ENOSPC;
}

static int dgem_carveout_find_locked(struct dgem_carveout_heap *carveout,
				     struct drm_mm_node *node,
				     struct dgem_place *place,
				     struct dgem_request *request)
{
	u64 most;

	place->end = dgem_carveout_limit(carveout, request->addr_bits);
	if (!dgem_place_find(&carveout->mm, node, place))
		return 0;

	request->reason = dgem_place_reason(&carveout->mm, place, &most);
	request->reason_arg = most << PAGE_SHIFT;
	return -ENOSPC;
}

static int dgem_carveout_insert(struct dgem_carveout_heap *carveout,
				struct drm_mm_node *node, unsigned long nr_pages,
				struct dgem_request *request)
{
	struct dgem_place place = {
		.size = nr_pages,
		.align = request->align >> PAGE_SHIFT,
		.boundary = request->boundary >> PAGE_SHIFT,
		.start = carveout->region->pfn,
		.end = dgem_carveout_end(carveout),
	};
	int ret;

	mutex_lock(&carveout->lock);
	if (request->flags & DRM_DGEM_BO_FIXED)
		ret = dgem_carveout_take_locked(carveout, node, &place, request);
	else
		ret = dgem_carveout_find_locked(carveout, node, &place, request);
	mutex_unlock(&carveout->lock);
	return ret;
}

/* What does not depend on other BOs. */
static int dgem_carveout_check(const struct dgem_carveout_heap *carveout,
			       struct dgem_request *request)
{
	const u64 kept = DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS;
	bool keep = request->flags & DRM_DGEM_BO_KEEP_CONTENTS;

	/* What is kept is where somebody has put it. */
	if (keep || (carveout->base.caps & DRM_DGEM_HEAP_CAP_PRESERVE)) {
		if (~request->flags & kept)
			return -EINVAL;
		if (!capable(CAP_SYS_RAWIO))
			return -EPERM;
	}

	if (request->node != NUMA_NO_NODE && request->node != carveout->region->node) {
		request->reason = DRM_DGEM_REASON_NODE;
		return -ENOSPC;
	}

	return 0;
}

/* What others have had there is in it still. */
static int dgem_carveout_clear(const struct dgem_carveout_heap *carveout,
			       const struct drm_mm_node *node)
{
	unsigned long i, nr;

	for (i = 0; i < node->size; i += nr) {
		if (fatal_signal_pending(current))
			return -EINTR;

		nr = min_t(u64, node->size - i, DGEM_CHUNK_PAGES);
		dgem_region_zero(carveout->region, node->start + i, nr);
		cond_resched();
	}

	return 0;
}

/* A device's memory is there until it is reset or unbound, which waits meanwhile. */
static int dgem_carveout_clear_io(const struct dgem_carveout_heap *carveout,
				  const struct drm_mm_node *node)
{
	int ret, cookie;

	if (!dgem_io_enter(carveout->ddev, &cookie))
		return -ENODEV;

	ret = dgem_carveout_clear(carveout, node);
	dgem_io_exit(carveout->ddev, cookie);
	return ret;
}

static int dgem_carveout_prepare(const struct dgem_carveout_heap *carveout,
				 const struct drm_mm_node *node, u64 flags)
{
	if (flags & DRM_DGEM_BO_KEEP_CONTENTS)
		return 0;

	return carveout->region->io ? dgem_carveout_clear_io(carveout, node) :
				      dgem_carveout_clear(carveout, node);
}

static void dgem_carveout_free_node(struct dgem_carveout_heap *carveout,
				    struct drm_mm_node *node)
{
	mutex_lock(&carveout->lock);
	drm_mm_remove_node(node);
	mutex_unlock(&carveout->lock);
	kfree(node);
}

static int dgem_carveout_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
				 struct dgem_request *request)
{
	struct dgem_carveout_heap *carveout = to_carveout(heap);
	struct drm_mm_node *node;
	int ret;

	ret = dgem_carveout_check(carveout, request);
	if (ret)
		return ret;

	node = kmalloc_obj(*node, DGEM_GFP | __GFP_ZERO);
	if (!node)
		return -ENOMEM;

	ret = dgem_carveout_insert(carveout, node, pages->nr_pages, request);
	if (ret) {
		kfree(node);
		return ret;
	}

	ret = dgem_carveout_prepare(carveout, node, request->flags);
	if (ret) {
		dgem_carveout_free_node(carveout, node);
		return ret;
	}

	pages->priv = node;
	dgem_pages_set_range(pages, node->start);
	if (carveout->region->io)
		pages->io = carveout->region->io +
			    ((node->start - carveout->region->pfn) << PAGE_SHIFT);
	return 0;
}

static void dgem_carveout_empty(struct dgem_heap *heap, struct dgem_pages *pages,
				unsigned long chunk, bool keep)
{
	dgem_pages_clear(pages, chunk);
}

static void dgem_carveout_release(struct dgem_heap *heap, struct dgem_pages *pages)
{
	if (!pages->priv)
		return;

	dgem_carveout_free_node(to_carveout(heap), pages->priv);
	pages->priv = NULL;
}

static void dgem_carveout_info(struct dgem_heap *heap, struct drm_dgem_heap_info *info)
{
	struct dgem_carveout_heap *carveout = to_carveout(heap);
	struct drm_mm_node *node;
	u64 start, end, most = 0;

	mutex_lock(&carveout->lock);
	drm_mm_for_each_hole(node, &carveout->mm, start, end)
		most = max(most, end - start);
	mutex_unlock(&carveout->lock);

	info->size = dgem_carveout_bytes(carveout);
	info->largest_free = most << PAGE_SHIFT;
	info->max_bo_size = info->size;
	info->addr_bits = fls64((dgem_carveout_end(carveout) << PAGE_SHIFT) - 1);
	info->numa_node = carveout->region->node;
}

static const struct dgem_heap_ops dgem_heap_carveout_ops = {
	.reserve = dgem_carveout_reserve,
	.info = dgem_carveout_info,
	.empty = dgem_carveout_empty,
	.release = dgem_carveout_release,
};

static void dgem_carveout_fini(struct drm_device *drm, void *arg)
{
	struct dgem_carveout_heap *carveout = arg;

	drm_mm_takedown(&carveout->mm);
	mutex_destroy(&carveout->lock);
	carveout->region->release(carveout->region);
}

static void dgem_carveout_set_kind(struct dgem_carveout_heap *carveout, bool preserve)
{
	struct dgem_heap *base = &carveout->base;

	base->kind = carveout->region->io ? DRM_DGEM_HEAP_DEVICE : DRM_DGEM_HEAP_CARVEOUT;
	base->caps = DRM_DGEM_HEAP_CAP_CONTIGUOUS;
	base->create_flags = DGEM_BO_FLAGS | DRM_DGEM_BO_FIXED | DRM_DGEM_BO_NUMA;
	if (preserve)
		base->caps |= DRM_DGEM_HEAP_CAP_PRESERVE | DRM_DGEM_HEAP_CAP_PRIVILEGED;
	if (preserve || carveout->region->io)
		base->create_flags |= DRM_DGEM_BO_KEEP_CONTENTS;
}

/**
 * dgem_heap_carveout_add() - add a heap that consists of one region
 * @ddev: the instance, not registered yet
 * @region: the region, released with the last reference to the device
 * @preserve: whether nothing but users may write to it
 *
 * Return: 0 or a negative error code, with the region released.
 */
int dgem_heap_carveout_add(struct dgem_device *ddev, struct dgem_region *region,
			   bool preserve)
{
	struct dgem_carveout_heap *carveout;
	int ret;

	carveout = drmm_kzalloc(&ddev->drm, sizeof(*carveout), GFP_KERNEL);
	if (!carveout) {
		region->release(region);
		return -ENOMEM;
	}

	carveout->ddev = ddev;
	carveout->region = region;
	mutex_init(&carveout->lock);
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&carveout->lock);
	fs_reclaim_release(GFP_KERNEL);
	drm_mm_init(&carveout->mm, region->pfn, region->nr_pages);
	ret = drmm_add_action_or_reset(&ddev->drm, dgem_carveout_fini, carveout);
	if (ret)
		return ret;

	carveout->base.ops = &dgem_heap_carveout_ops;
	carveout->base.name = region->name;
	dgem_carveout_set_kind(carveout, preserve);
	carveout->base.max_bo_size = dgem_carveout_bytes(carveout);
	carveout->base.own_memory = true;

	return dgem_heap_add(ddev, &carveout->base);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_carveout_add);

/**
 * dgem_heap_carveout_create() - add a heap for each carve-out that can be had
 * @ddev: the instance, not registered yet
 *
 * Return: 0 or a negative error code.
 */
int dgem_heap_carveout_create(struct dgem_device *ddev)
{
	const struct dgem_carveout *carveout;
	struct dgem_region *region;
	const char *why;
	unsigned int i;
	int ret;

	for (i = 0; (carveout = dgem_carveout_get(i)); i++) {
		region = dgem_region_claim(carveout, &why);
		if (IS_ERR(region))
			return PTR_ERR(region);
		if (!region) {
			drm_warn(&ddev->drm, "carve-out %s is left out: %s\n",
				 carveout->name, why);
			continue;
		}

		ret = dgem_heap_carveout_add(ddev, region, carveout->preserve);
		if (ret)
			return ret;
	}

	return 0;
}
