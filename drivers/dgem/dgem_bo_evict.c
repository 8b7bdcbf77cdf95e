// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Which BOs are idle, so that the shrinker finds them on the LRU, and how their
 * pages are evicted.
 */

#include <linux/dma-resv.h>
#include <linux/shrinker.h>

#include <kunit/visibility.h>

#include "dgem_attach.h"
#include "dgem_bo_evict.h"
#include "dgem_heap.h"
#include "dgem_trace.h"

static bool dgem_bo_swappable(const struct dgem_bo *bo)
{
	return bo->heap && dgem_heap_swappable(bo->heap);
}

/* A snapshot unless the BO is locked; without that only good for the LRU. */
static bool dgem_bo_idle(const struct dgem_bo *bo)
{
	return dgem_bo_swappable(bo) && READ_ONCE(bo->pages.resident) &&
	       !READ_ONCE(bo->pin_count) && !atomic_read(&bo->mmap_count);
}

/**
 * dgem_bo_update_lru() - put a BO on the LRU if it is idle, or take it off
 * @bo: the BO, locked or not
 *
 * Called after each change of what dgem_bo_idle() looks at. Two calls can run at
 * the same time, so each looks again after it has changed the list: whichever
 * looks last has seen both changes. The first barrier of a call orders what its
 * caller changed before its own look; the second orders its change of the list,
 * and with it the list's lock, before it looks again. Each pairs with the other
 * one of the other call.
 */
void dgem_bo_update_lru(struct dgem_bo *bo)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	bool idle;

	if (!dgem_bo_swappable(bo))
		return;

	do {
		/* Pairs with the second barrier of another call. */
		smp_mb();
		idle = dgem_bo_idle(bo);
		if (idle)
			dgem_lru_add(&ddev->lru, &bo->lru);
		else
			dgem_lru_del(&ddev->lru, &bo->lru);
		/* Pairs with the first barrier of another call. */
		smp_mb();
	} while (idle != dgem_bo_idle(bo));
}

/**
 * dgem_bo_account() - count pages that came or went
 * @bo: the BO, locked or being freed
 * @before: number of pages that were resident before
 */
void dgem_bo_account(struct dgem_bo *bo, unsigned long before)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	unsigned long now = bo->pages.resident;

	dgem_stat_add(ddev, DGEM_STAT_RESIDENT_PAGES, now - before);
	if (!dgem_bo_swappable(bo))
		return;

	dgem_stat_add(ddev, DGEM_STAT_SWAPPABLE_PAGES, now - before);
	dgem_stat_add(ddev, DGEM_STAT_SWAPPABLE_BOS, !!now - !!before);
}

/*
 * Evicts an idle BO, unless a fence says that a device may work on it after its
 * importer unmapped. The contents come back when the BO is touched. Returns the
 * number of pages.
 */
static unsigned long dgem_bo_evict_locked(struct dgem_bo *bo)
{
	unsigned long before = bo->pages.resident;
	struct dgem_attachment *att;

	dma_resv_assert_held(bo->base.resv);

	/* A dynamic importer maps without a pin. */
	if (!dgem_bo_idle(bo) || bo->use_count ||
	    !dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		return 0;

	list_for_each_entry(att, &bo->attachments, node)
		dgem_attachment_unmap_idle_locked(att);

	dgem_heap_empty(bo->heap, &bo->pages, true);
	dgem_bo_account(bo, before);
	dgem_stat_add(dgem_bo_device(bo), DGEM_STAT_EVICTED_PAGES, before);
	trace_dgem_bo_evict(bo, before);
	return before;
}

/* Under the list's lock: a BO whose last reference is gone is being freed. */
static bool dgem_bo_get_idle(struct list_head *item)
{
	struct dgem_bo *bo = container_of(item, struct dgem_bo, lru);

	return dgem_bo_idle(bo) &&
	       kref_get_unless_zero(&bo->base.refcount);
}

/**
 * dgem_bo_count_idle() - how many pages could be evicted
 * @ddev: the instance
 * @sc: node and memory cgroup
 *
 * The list knows the number of BOs only, so their average size has to do.
 *
 * Return: number of pages, an estimate.
 */
unsigned long dgem_bo_count_idle(struct dgem_device *ddev,
				 struct shrink_control *sc)
{
	unsigned long bos = list_lru_shrink_count(&ddev->lru.list, sc);
	long pages, all;

	if (!bos)
		return 0;

	pages = dgem_stat_read(ddev, DGEM_STAT_SWAPPABLE_PAGES);
	all = dgem_stat_read(ddev, DGEM_STAT_SWAPPABLE_BOS);
	/* Sums of per-CPU counters can be off while they change. */
	if (pages <= 0 || all <= 0)
		return bos;

	return bos * DIV_ROUND_UP(pages, all);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_count_idle);

/**
 * dgem_bo_evict_idle() - evict idle BOs
 * @ddev: the instance
 * @sc: node and memory cgroup, and how many pages to stop at
 *
 * Looks at no more BOs than it is to evict pages, since an importer or a lock
 * can keep each of them resident. Runs in reclaim, maybe with another BO locked:
 * locks by trylock only.
 *
 * Return: number of pages that were evicted.
 */
unsigned long dgem_bo_evict_idle(struct dgem_device *ddev,
				 struct shrink_control *sc)
{
	unsigned long looks = min(list_lru_shrink_count(&ddev->lru.list, sc),
				  sc->nr_to_scan);
	unsigned long freed = 0;

	while (freed < sc->nr_to_scan && looks--) {
		struct list_head *item;
		struct dgem_bo *bo;

		item = dgem_lru_pop(&ddev->lru, sc, dgem_bo_get_idle);
		if (!item)
			continue;

		bo = container_of(item, struct dgem_bo, lru);
		if (dma_resv_trylock(bo->base.resv)) {
			freed += dgem_bo_evict_locked(bo);
			dma_resv_unlock(bo->base.resv);
		}
		dgem_bo_update_lru(bo);
		dgem_bo_put(bo);
	}

	return freed;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_evict_idle);
