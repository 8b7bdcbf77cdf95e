// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * The pages of a BO: how they come, and how they are let go again.
 */

#include <linux/dma-resv.h>
#include <linux/iosys-map.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>
#include <linux/vmalloc.h>

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_attach.h"
#include "dgem_bo_pages.h"
#include "dgem_heap.h"
#include "dgem_trace.h"

static bool dgem_bo_swappable(const struct dgem_bo *bo)
{
	return bo->heap && (bo->heap->caps & DRM_DGEM_HEAP_CAP_SWAPPABLE);
}

/* A snapshot unless the BO is locked; without that only good for the LRU. */
static bool dgem_bo_idle(const struct dgem_bo *bo)
{
	return dgem_bo_swappable(bo) && READ_ONCE(bo->pages.resident) &&
	       !READ_ONCE(bo->pin_count) && !atomic_read(&bo->mmap_count);
}

/*
 * Puts a BO where the shrinker sees it, or takes it off. Called after each
 * change of what dgem_bo_idle() looks at, locked or not; looks again afterwards,
 * since another call at the same time may have seen another state and come
 * first.
 */
static void dgem_bo_update_lru(struct dgem_bo *bo)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	bool idle;

	if (!dgem_bo_swappable(bo))
		return;

	do {
		/* Pairs with the lock of the list in the other call. */
		smp_mb();
		idle = dgem_bo_idle(bo);
		if (idle)
			dgem_lru_add(&ddev->lru, &bo->lru);
		else
			dgem_lru_del(&ddev->lru, &bo->lru);
		/* The same for the look that follows. */
		smp_mb();
	} while (idle != dgem_bo_idle(bo));
}

/* Counts pages that came or went; @before were resident before. */
static void dgem_bo_account(struct dgem_bo *bo, unsigned long before)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	unsigned long now = bo->pages.resident;

	dgem_stat_add(ddev, DGEM_STAT_RESIDENT_PAGES, now - before);
	if (!dgem_bo_swappable(bo))
		return;

	dgem_stat_add(ddev, DGEM_STAT_SWAPPABLE_PAGES, now - before);
	dgem_stat_add(ddev, DGEM_STAT_SWAPPABLE_BOS, !!now - !!before);
}

/**
 * dgem_bo_populate_locked() - make a chunk resident
 * @bo: the BO, not imported
 * @chunk: number of the chunk
 *
 * Reclaim that runs for it comes back to dgem_bo_evict_idle() for what the
 * memory cgroup at its limit, or the node in need, has in idle BOs. So there
 * is nothing else to try when it fails.
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal.
 */
int dgem_bo_populate_locked(struct dgem_bo *bo, unsigned long chunk)
{
	unsigned long before = bo->pages.resident;
	int ret;

	dma_resv_assert_held(bo->base.resv);

	if (dgem_pages_filled(&bo->pages, chunk))
		return 0;

	ret = dgem_heap_fill(bo->heap, &bo->pages, chunk);
	if (ret)
		return ret;

	dgem_bo_account(bo, before);
	if (!before)
		dgem_bo_update_lru(bo);
	trace_dgem_bo_populate(bo, chunk);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_populate_locked);

/**
 * dgem_bo_populate_all_locked() - make all of a BO resident
 * @bo: the BO, not imported
 *
 * Chunks that came before an error stay.
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost.
 */
int dgem_bo_populate_all_locked(struct dgem_bo *bo)
{
	unsigned long chunk;
	int ret;

	dma_resv_assert_held(bo->base.resv);

	if (dgem_pages_complete(&bo->pages))
		return bo->pages.lost ? -EIO : 0;

	for (chunk = 0; chunk < dgem_pages_chunks(&bo->pages); chunk++) {
		/* There may be many GiB to zero. */
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = dgem_bo_populate_locked(bo, chunk);
		if (ret)
			return ret;
		cond_resched();
	}

	return bo->pages.lost ? -EIO : 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_populate_all_locked);

/**
 * dgem_bo_populate_all() - make all of a BO resident
 * @bo: the BO, not imported and not locked
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost.
 */
int dgem_bo_populate_all(struct dgem_bo *bo)
{
	int ret;

	dma_resv_lock(bo->base.resv, NULL);
	ret = dgem_bo_populate_all_locked(bo);
	dma_resv_unlock(bo->base.resv);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_populate_all);

static void dgem_bo_stat_pinned(struct dgem_bo *bo, long sign)
{
	dgem_stat_add(dgem_bo_device(bo), DGEM_STAT_PINNED_PAGES,
		      sign * (long)bo->pages.nr_pages);
}

/**
 * dgem_bo_pin_locked() - make all of a BO resident and keep it so
 * @bo: the BO, not imported
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost.
 */
int dgem_bo_pin_locked(struct dgem_bo *bo)
{
	int ret;

	dma_resv_assert_held(bo->base.resv);

	if (!bo->pin_count) {
		ret = dgem_bo_populate_all_locked(bo);
		if (ret)
			return ret;
		dgem_bo_stat_pinned(bo, 1);
	}

	bo->pin_count++;
	dgem_bo_update_lru(bo);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_pin_locked);

/**
 * dgem_bo_unpin_locked() - undo dgem_bo_pin_locked()
 * @bo: the BO
 */
void dgem_bo_unpin_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	if (WARN_ON_ONCE(!bo->pin_count))
		return;

	if (!--bo->pin_count)
		dgem_bo_stat_pinned(bo, -1);
	dgem_bo_update_lru(bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_unpin_locked);

/**
 * dgem_bo_vmap_locked() - map a BO into the kernel
 * @bo: the BO, not imported
 * @map: set to the address
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost.
 */
int dgem_bo_vmap_locked(struct dgem_bo *bo, struct iosys_map *map)
{
	int ret;

	ret = dgem_bo_pin_locked(bo);
	if (ret)
		return ret;

	if (!bo->vmap_count) {
		bo->vaddr = dgem_pages_vmap(&bo->pages);
		if (!bo->vaddr) {
			dgem_bo_unpin_locked(bo);
			return -ENOMEM;
		}
	}

	bo->vmap_count++;
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_VMAPS);
	iosys_map_set_vaddr(map, bo->vaddr);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_vmap_locked);

/**
 * dgem_bo_vunmap_locked() - undo dgem_bo_vmap_locked()
 * @bo: the BO
 * @map: cleared
 */
void dgem_bo_vunmap_locked(struct dgem_bo *bo, struct iosys_map *map)
{
	dma_resv_assert_held(bo->base.resv);

	if (!--bo->vmap_count) {
		vunmap(bo->vaddr);
		bo->vaddr = NULL;
	}
	iosys_map_clear(map);
	dgem_bo_unpin_locked(bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_vunmap_locked);

/**
 * dgem_bo_mmap_get() - count one more VMA
 * @bo: the BO
 */
void dgem_bo_mmap_get(struct dgem_bo *bo)
{
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_MMAPS);
	if (atomic_inc_return(&bo->mmap_count) == 1)
		dgem_bo_update_lru(bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_mmap_get);

/**
 * dgem_bo_mmap_put() - count one VMA less
 * @bo: the BO
 */
void dgem_bo_mmap_put(struct dgem_bo *bo)
{
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_MMAPS);
	if (atomic_dec_and_test(&bo->mmap_count))
		dgem_bo_update_lru(bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_mmap_put);

/**
 * dgem_bo_release_pages() - give up the pages of a BO that is being freed
 * @bo: the BO, without references; imported ones have none
 *
 * Takes no dma_resv, since nobody else can hold it, and does not allocate: may
 * run in reclaim.
 */
void dgem_bo_release_pages(struct dgem_bo *bo)
{
	unsigned long before = bo->pages.resident;

	/* Imported, or never touched. */
	if (!bo->pages.dir)
		return;

	dgem_lru_del(&dgem_bo_device(bo)->lru, &bo->lru);
	dgem_heap_release(bo->heap, &bo->pages);
	dgem_bo_account(bo, before);
}

/*
 * Lets the pages of an idle BO go, unless a fence says that a device may work on
 * it after unmap. They come back when touched. Returns the number of pages.
 */
static unsigned long dgem_bo_evict_locked(struct dgem_bo *bo)
{
	unsigned long before = bo->pages.resident;
	struct dgem_attachment *att;

	dma_resv_assert_held(bo->base.resv);

	if (!dgem_bo_idle(bo) ||
	    !dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		return 0;

	/* A dynamic importer maps without a pin. */
	list_for_each_entry(att, &bo->attachments, node)
		if (att->users)
			return 0;
	list_for_each_entry(att, &bo->attachments, node)
		dgem_attachment_drop(att);

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
 * dgem_bo_count_idle() - how many pages eviction could let go
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
 * dgem_bo_evict_idle() - let go of the pages of idle BOs
 * @ddev: the instance
 * @sc: node and memory cgroup, and how many pages to stop at
 *
 * Looks at no more BOs than it is to free pages, since an importer or a lock
 * can keep each of them from being let go. Runs in reclaim, maybe with another
 * BO locked: locks by trylock only.
 *
 * Return: number of pages that were let go.
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
