// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Which chunks the shrinker finds, and how their pages are evicted.
 *
 * Chunks of BOs that are mapped to user space are evicted like others, but get a
 * second chance: nobody can read the accessed bits of their entries, so a scan
 * that meets a chunk which a fault has mapped takes the entries away, and puts
 * the chunk last. If no fault has brought them back when a scan meets it again, it
 * is evicted. Of the policies tried, this one brought the least of a hot set back
 * from swap.
 */

#include <linux/dma-resv.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>

#include <kunit/visibility.h>

#include <drm/drm_vma_manager.h>

#include "dgem_attach.h"
#include "dgem_bo_charge.h"
#include "dgem_bo_evict.h"
#include "dgem_chunk.h"
#include "dgem_heap.h"
#include "dgem_idle.h"
#include "dgem_purge.h"
#include "dgem_trace.h"

/*
 * Mapped chunks that a scan zaps to find one that is cold. Reclaim asks for 128
 * pages at a time, a quarter of a chunk: with fewer looks, most scans of a hot list
 * would evict what is hot; with more, a scan would make many faults for little
 * memory.
 */
#define DGEM_SCAN_ZAPS		8

/**
 * struct dgem_scan - one call of the shrinker
 */
struct dgem_scan {
	/** @sc: what reclaim asks for. */
	struct shrink_control *sc;

	/** @freed: pages that were evicted. */
	unsigned long freed;

	/** @zaps: chunks that were zapped instead. */
	unsigned int zaps;

	/** @warm: BO of the first of them, with a reference. */
	struct dgem_bo *warm;

	/** @warm_index: number of that chunk. */
	unsigned int warm_index;
};

/**
 * dgem_bo_account() - count pages that came or went
 * @bo: the BO, locked or being freed
 * @nr: how many more are resident
 */
void dgem_bo_account(struct dgem_bo *bo, long nr)
{
	struct dgem_device *ddev = dgem_bo_device(bo);

	dgem_stat_add(ddev, DGEM_STAT_RESIDENT_PAGES, nr);
	if (bo->heap && dgem_heap_swappable(bo->heap))
		dgem_stat_add(ddev, DGEM_STAT_SWAPPABLE_PAGES, nr);
}

/*
 * Takes the entries of a chunk away from all that map it, through the DRM file or
 * a dma-buf: both have the device's one mapping. Entries are made under the lock
 * of the BO only, and none covers more than a chunk.
 */
static void dgem_chunk_zap_locked(struct dgem_chunk *chunk)
{
	struct dgem_bo *bo = chunk->bo;

	/* Without a fault there are no entries; without a VMA none any more. */
	if (!chunk->referenced || !atomic_read(&bo->mmap_count))
		return;

	chunk->referenced = false;
	unmap_mapping_pages(bo->base.dev->anon_inode->i_mapping,
			    drm_vma_node_start(&bo->base.vma_node) +
			    ((unsigned long)chunk->index << DGEM_CHUNK_ORDER),
			    dgem_pages_in_chunk(&bo->pages, chunk->index), true);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_ZAPPED_CHUNKS);
	trace_dgem_bo_zap(bo, chunk->index);
}

/* Off its list. The contents come back when the chunk is touched. */
static unsigned long dgem_chunk_evict_locked(struct dgem_chunk *chunk)
{
	struct dgem_bo *bo = chunk->bo;
	struct dgem_device *ddev = dgem_bo_device(bo);
	unsigned long tables = dgem_pages_of_tables(&bo->pages);
	long nr = bo->pages.resident;
	struct dgem_attachment *att;

	dma_resv_assert_held(bo->base.resv);

	list_for_each_entry(att, &bo->attachments, node)
		dgem_attachment_unmap_idle_locked(att);
	dgem_chunk_zap_locked(chunk);
	dgem_heap_empty(bo->heap, &bo->pages, chunk->index, true);
	nr -= bo->pages.resident;
	chunk->nr_pages = 0;

	dgem_bo_account(bo, -nr);
	if (dgem_bo_charges_fills(bo))
		dgem_bo_settle_tables_locked(bo, tables);
	dgem_stat_add(ddev, DGEM_STAT_EVICTED_PAGES, nr);
	if (atomic_read(&bo->mmap_count))
		dgem_stat_inc(ddev, DGEM_STAT_EVICTED_MAPPED);
	trace_dgem_bo_evict(bo, chunk->index, nr);
	return nr;
}

/* A scan may run for the task that fills another chunk and has the lock already. */
static bool dgem_bo_scan_trylock(struct dgem_bo *bo)
{
	return READ_ONCE(bo->filler) == current || dma_resv_trylock(bo->base.resv);
}

static void dgem_bo_scan_unlock(struct dgem_bo *bo)
{
	if (READ_ONCE(bo->filler) != current)
		dma_resv_unlock(bo->base.resv);
}

/*
 * Under the list's lock, so trylock only. A BO whose last reference is gone waits
 * for this lock to take its chunks off the list.
 */
static bool dgem_chunk_try_get(struct list_head *item)
{
	struct dgem_bo *bo = to_dgem_chunk(item)->bo;

	if (!dgem_bo_scan_trylock(bo))
		return false;

	if (kref_get_unless_zero(&bo->base.refcount))
		return true;

	dgem_bo_scan_unlock(bo);
	return false;
}

/* Whether a fence says that a device may still work on what its importer unmapped. */
static bool dgem_bo_busy_locked(struct dgem_bo *bo)
{
	return !dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP);
}

/*
 * A chunk that may not be evicted is put where it belongs. What only the mappings of
 * dynamic importers keep can be had, but not now: reclaim must not wait for them.
 */
static bool dgem_chunk_may_evict_locked(struct dgem_chunk *chunk)
{
	struct dgem_bo *bo = chunk->bo;

	if (bo->pin_count) {
		bo->parked = true;
		return false;
	}

	if (bo->use_count)
		dgem_idle_want_locked(bo);
	if (bo->use_count || dgem_bo_busy_locked(bo)) {
		dgem_chunk_add_locked(chunk);
		return false;
	}

	return true;
}

static void dgem_scan_chunk_locked(struct dgem_scan *scan,
				   struct dgem_chunk *chunk)
{
	struct dgem_bo *bo = chunk->bo;

	if (!dgem_chunk_may_evict_locked(chunk))
		return;

	/* It would be written to swap and read back for nothing. */
	if (dgem_bo_is_purgeable_locked(bo)) {
		scan->freed += dgem_bo_purge_locked(bo);
		return;
	}

	if (!chunk->referenced || !atomic_read(&bo->mmap_count)) {
		scan->freed += dgem_chunk_evict_locked(chunk);
		return;
	}

	dgem_chunk_zap_locked(chunk);
	dgem_chunk_add_locked(chunk);
	if (!scan->zaps++) {
		drm_gem_object_get(&bo->base);
		scan->warm = bo;
		scan->warm_index = chunk->index;
	}
}

/* How many chunks of a list a scan may look at: none of them twice. */
static unsigned long dgem_scan_looks(struct dgem_lru *lru,
				     struct shrink_control *sc)
{
	return min(list_lru_shrink_count(&lru->list, sc), sc->nr_to_scan);
}

/*
 * Looks at up to @looks chunks of a list until the scan has evicted @target pages, or
 * zapped @zaps chunks in vain. Returns how many looks are left.
 */
static unsigned long dgem_scan_list(struct dgem_scan *scan, struct dgem_lru *lru,
				    unsigned long looks, unsigned long target,
				    unsigned int zaps)
{
	while (scan->freed < target && scan->zaps < zaps && looks) {
		struct list_head *item;
		struct dgem_bo *bo;

		looks--;
		item = dgem_lru_pop(lru, scan->sc, dgem_chunk_try_get);
		if (!item)
			continue;

		bo = to_dgem_chunk(item)->bo;
		dgem_scan_chunk_locked(scan, to_dgem_chunk(item));
		dgem_bo_scan_unlock(bo);
		/* May be the last reference, which frees. */
		dgem_bo_put(bo);
	}

	return looks;
}

/*
 * Evicts the first chunk that was zapped, if nothing else was found: where threads
 * touch all chunks again and again, a scan without a result would make their own
 * allocations fail.
 */
static void dgem_scan_warm(struct dgem_scan *scan)
{
	struct dgem_bo *bo = scan->warm;
	struct dgem_chunk *chunk;

	if (!bo)
		return;

	if (!scan->freed && dgem_bo_scan_trylock(bo)) {
		chunk = dgem_chunk_find(bo, scan->warm_index);
		if (!dgem_pages_is_empty(&bo->pages, scan->warm_index) &&
		    !bo->use_count && !dgem_bo_busy_locked(bo)) {
			dgem_chunk_del_locked(chunk);
			scan->freed += dgem_chunk_evict_locked(chunk);
		}
		dgem_bo_scan_unlock(bo);
	}
	dgem_bo_put(bo);
}

/* Without the BO's lock: while it is on its list, a chunk keeps its pages. */
static unsigned long dgem_chunk_size(struct list_head *item)
{
	return dgem_chunk_gain(to_dgem_chunk(item));
}

/**
 * dgem_bo_count_evictable() - how many pages could be evicted
 * @ddev: the instance
 * @sc: node and memory cgroup
 *
 * Return: number of pages: exact for whole chunks, an estimate for the others.
 */
unsigned long dgem_bo_count_evictable(struct dgem_device *ddev,
				      struct shrink_control *sc)
{
	return list_lru_shrink_count(&ddev->lru_whole.list, sc) * DGEM_CHUNK_PAGES +
	       dgem_lru_estimate(&ddev->lru_rest, sc, dgem_chunk_size);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_count_evictable);

/**
 * dgem_bo_evict() - evict chunks that have not been touched for long
 * @ddev: the instance
 * @sc: node and memory cgroup, and how many pages to stop at
 *
 * Evicts no more than it is to, rounded up to a chunk, from both lists in
 * proportion to what they have, and zaps no more than %DGEM_SCAN_ZAPS: half of them
 * at most on the list that comes first, or what is hot there would hide what is
 * cold on the other. Looks at no more chunks of a list than it is to evict pages,
 * since an importer, a fence or a lock can keep each of them resident, and at none
 * twice, since a chunk that was just zapped has yet to get its chance. Runs in
 * reclaim, maybe with another BO locked: locks by trylock only.
 *
 * Return: number of pages that were evicted.
 */
unsigned long dgem_bo_evict(struct dgem_device *ddev, struct shrink_control *sc)
{
	unsigned long all = dgem_bo_count_evictable(ddev, sc);
	unsigned long rest = all - list_lru_shrink_count(&ddev->lru_whole.list, sc) *
			     DGEM_CHUNK_PAGES;
	unsigned long looks = dgem_scan_looks(&ddev->lru_rest, sc);
	struct dgem_scan scan = { .sc = sc };

	if (!all)
		return 0;

	rest = min(rest, all);
	looks = dgem_scan_list(&scan, &ddev->lru_rest, looks,
			       mult_frac(sc->nr_to_scan, rest, all),
			       DGEM_SCAN_ZAPS / 2);
	dgem_scan_list(&scan, &ddev->lru_whole,
		       dgem_scan_looks(&ddev->lru_whole, sc), sc->nr_to_scan,
		       DGEM_SCAN_ZAPS);
	dgem_scan_list(&scan, &ddev->lru_rest, looks, sc->nr_to_scan,
		       DGEM_SCAN_ZAPS);
	dgem_scan_warm(&scan);
	return scan.freed;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_evict);

/* Looks at as many chunks as there are now, since some are put back. */
static bool dgem_evict_list(struct dgem_lru *lru)
{
	unsigned long looks = list_lru_count(&lru->list);
	bool evicted = false;

	while (looks-- && !fatal_signal_pending(current)) {
		struct dgem_chunk *chunk;
		struct list_head *item;
		struct dgem_bo *bo;

		item = dgem_lru_pop_any(lru, dgem_chunk_try_get);
		if (!item)
			break;

		chunk = to_dgem_chunk(item);
		bo = chunk->bo;
		if (bo->use_count)
			dgem_idle_invalidate_locked(bo);
		if (dgem_chunk_may_evict_locked(chunk)) {
			dgem_chunk_evict_locked(chunk);
			evicted = true;
		}
		dgem_bo_scan_unlock(bo);
		/* May be the last reference, which frees. */
		dgem_bo_put(bo);
		cond_resched();
	}

	return evicted;
}

/**
 * dgem_bo_evict_all() - evict whatever no importer and no device uses
 * @ddev: the instance
 *
 * For memory compaction, which cannot move pages that a BO has references to. No
 * second chance for what is mapped: that is found again where it is, or where it was
 * moved to. Process context, without a lock; ends early on a fatal signal.
 *
 * Return: whether anything was.
 */
bool dgem_bo_evict_all(struct dgem_device *ddev)
{
	bool evicted = dgem_evict_list(&ddev->lru_whole);

	return dgem_evict_list(&ddev->lru_rest) || evicted;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_evict_all);
