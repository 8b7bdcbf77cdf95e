// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * The pages of a BO: how they are allocated, pinned and mapped into the kernel,
 * and freed with the BO. How they are evicted is in dgem_bo_evict.c.
 */

#include <linux/dma-resv.h>
#include <linux/iosys-map.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include <kunit/visibility.h>

#include "dgem_bo_charge.h"
#include "dgem_bo_evict.h"
#include "dgem_bo_pages.h"
#include "dgem_chunk.h"
#include "dgem_heap.h"
#include "dgem_purge.h"
#include "dgem_trace.h"

/* Charges a fill, if need be instead of BOs that are not needed. */
static int dgem_bo_charge_or_purge_locked(struct dgem_bo *bo, unsigned long idx,
					  bool whole, unsigned long *charged)
{
	unsigned long nr = dgem_bo_fill_takes_locked(bo, idx, whole);
	int ret;

	do {
		ret = dgem_bo_charge_fill_locked(bo, idx, whole, charged);
		if (!ret)
			return 0;

		ret = ret == -EDQUOT ?
		      dgem_purge_for_limit(bo->account, DGEM_LIMIT_BACKING, nr) :
		      dgem_purge_for_ram(dgem_bo_device(bo));
	} while (!ret);

	return ret == -EINTR ? ret : -ENOMEM;
}

/*
 * Makes an empty chunk @whole, or fills the hole at page @idx. Off its list, a chunk
 * that has pages is not evicted by reclaim that runs for others of it.
 */
static int dgem_bo_fill_locked(struct dgem_bo *bo, unsigned long idx, bool whole)
{
	unsigned long chunk = idx >> DGEM_CHUNK_ORDER;
	struct dgem_chunk *item = NULL;
	unsigned long charged;
	int ret;

	if (dgem_bo_is_purged(bo))
		return -EFAULT;

	if (dgem_heap_swappable(bo->heap)) {
		item = dgem_chunk_get_locked(bo, chunk, whole);
		if (!item)
			return -ENOMEM;
	}

	ret = dgem_bo_charge_or_purge_locked(bo, idx, whole, &charged);
	if (ret)
		return ret;

	if (item)
		dgem_chunk_del_locked(item);
	ret = whole ? dgem_heap_fill(bo->heap, &bo->pages, chunk) :
		      dgem_heap_fill_page(bo->heap, &bo->pages, idx);
	/* Memory may be left in the heap after a failure, too. */
	if (dgem_bo_charges_fills(bo))
		dgem_bo_settle_fill_locked(bo, charged);
	if (ret > 0) {
		dgem_bo_account(bo, ret);
		trace_dgem_bo_populate(bo, chunk, ret);
	}
	if (item)
		dgem_chunk_filled_locked(item, max(ret, 0));
	return min(ret, 0);
}

/*
 * Fills the hole at page @idx: with the whole chunk, if nothing of that is in memory
 * or in swap, and as much memory can be had.
 */
static int dgem_bo_touch_locked(struct dgem_bo *bo, unsigned long idx)
{
	unsigned long chunk = idx >> DGEM_CHUNK_ORDER;
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	int ret;

	if (dgem_pages_is_empty(&bo->pages, chunk) &&
	    !dgem_heap_fill_waits(bo->heap, &bo->pages, first,
				  dgem_pages_in_chunk(&bo->pages, chunk))) {
		ret = dgem_bo_fill_locked(bo, first, true);
		if (ret != -ENOMEM)
			return ret;
	}

	return dgem_bo_fill_locked(bo, idx, false);
}

/* Fills all holes of a chunk. */
static int dgem_bo_fill_chunk_locked(struct dgem_bo *bo, unsigned long chunk)
{
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	unsigned long end = first + dgem_pages_in_chunk(&bo->pages, chunk);
	unsigned long idx;
	int ret = 0;

	if (dgem_pages_is_empty(&bo->pages, chunk))
		return dgem_bo_fill_locked(bo, first, true);

	for (idx = first; idx < end && !ret; idx++)
		if (!dgem_pages_present(&bo->pages, idx))
			ret = dgem_bo_fill_locked(bo, idx, false);
	return ret;
}

/**
 * dgem_bo_populate_locked() - make a page resident
 * @bo: the BO, not imported
 * @idx: the page
 *
 * Others of its chunk become resident with it, all of them where memory allows.
 * -ENOMEM is also the answer where limits leave nothing, or RAM is low.
 * Reclaim that runs for it comes back to dgem_bo_evict() for what the memory
 * cgroup at its limit, or the node in need, has in BOs, other chunks of this one
 * among them: else a BO could not be larger than that. So there is nothing else
 * to try when it fails.
 *
 * Return: 0; -ENOMEM; -EFAULT if the BO was purged; -EINTR on a fatal signal.
 */
int dgem_bo_populate_locked(struct dgem_bo *bo, unsigned long idx)
{
	int ret;

	dma_resv_assert_held(bo->base.resv);

	if (dgem_pages_present(&bo->pages, idx))
		return 0;

	WRITE_ONCE(bo->filler, current);
	ret = dgem_bo_touch_locked(bo, idx);
	WRITE_ONCE(bo->filler, NULL);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_populate_locked);

/**
 * dgem_bo_populate_all_locked() - make all of a BO resident
 * @bo: the BO, not imported
 *
 * What came before an error stays.
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost.
 */
int dgem_bo_populate_all_locked(struct dgem_bo *bo)
{
	unsigned long chunk;
	int ret = 0;

	dma_resv_assert_held(bo->base.resv);

	if (dgem_pages_complete(&bo->pages))
		return bo->pages.lost ? -EIO : 0;

	for (chunk = 0; chunk < dgem_pages_chunks(&bo->pages); chunk++) {
		/* There may be many GiB to zero. */
		if (fatal_signal_pending(current))
			return -EINTR;
		/* Without a filler: what was filled before has to stay. */
		if (!dgem_pages_filled(&bo->pages, chunk))
			ret = dgem_bo_fill_chunk_locked(bo, chunk);
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
	dgem_stat_add(dgem_bo_device(bo), DGEM_STAT_IMPORTER_PINNED_PAGES,
		      sign * (long)bo->pages.nr_pages);
}

/**
 * dgem_bo_use_locked() - make all of a BO resident and keep it so
 * @bo: the BO, not imported
 *
 * -ENOMEM is also the answer at a limit: importers know it.
 *
 * Return: 0; -ENOMEM; -EINTR on a fatal signal; -EIO if contents are lost; -EBUSY if
 * they are not needed, which no importer gets to see; -EFAULT if they were purged.
 */
int dgem_bo_use_locked(struct dgem_bo *bo)
{
	int ret;

	dma_resv_assert_held(bo->base.resv);

	if (bo->use_count) {
		bo->use_count++;
		return 0;
	}

	if (bo->mode >= DGEM_BO_DONTNEED)
		return dgem_bo_not_needed_error(bo);

	while (dgem_bo_charge_use_locked(bo)) {
		ret = dgem_purge_for_limit(bo->account, DGEM_LIMIT_UNSWAPPABLE,
					   bo->base.size);
		if (ret)
			return ret == -EINTR ? ret : -ENOMEM;
	}

	ret = dgem_bo_populate_all_locked(bo);
	if (ret) {
		dgem_bo_uncharge_use_locked(bo);
		return ret;
	}

	bo->use_count = 1;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_use_locked);

/**
 * dgem_bo_unuse_locked() - undo dgem_bo_use_locked()
 * @bo: the BO
 */
void dgem_bo_unuse_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	if (WARN_ON_ONCE(!bo->use_count))
		return;

	if (!--bo->use_count)
		dgem_bo_uncharge_use_locked(bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_unuse_locked);

/**
 * dgem_bo_pin_locked() - use a BO in a state that user space is told of
 * @bo: the BO, not imported
 *
 * Return: what dgem_bo_use_locked() returns.
 */
int dgem_bo_pin_locked(struct dgem_bo *bo)
{
	int ret;

	ret = dgem_bo_use_locked(bo);
	if (ret)
		return ret;

	if (!bo->pin_count++)
		dgem_bo_stat_pinned(bo, 1);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_pin_locked);

/**
 * dgem_bo_unpin_locked() - undo dgem_bo_pin_locked()
 * @bo: the BO
 */
void dgem_bo_unpin_locked(struct dgem_bo *bo)
{
	if (WARN_ON_ONCE(!bo->pin_count))
		return;

	if (!--bo->pin_count) {
		dgem_bo_stat_pinned(bo, -1);
		if (bo->parked)
			dgem_chunk_unpark_all_locked(bo);
	}
	dgem_bo_unuse_locked(bo);
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

	dma_resv_assert_held(bo->base.resv);

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
 * dgem_bo_release_pages() - free the pages of a BO that is being freed
 * @bo: the BO, without references; imported ones have none
 *
 * Takes no dma_resv, since nobody else can hold it, and does not allocate: may
 * run in reclaim.
 */
void dgem_bo_release_pages(struct dgem_bo *bo)
{
	long before = bo->pages.resident;

	if (bo->gone)
		put_page(bo->gone);
	dgem_purgeable_free(bo);
	/* Made before the first fill, which may have failed. */
	if (dgem_bo_has_chunks(bo))
		dgem_chunk_free_all(bo);

	/* Imported, never touched, or purged. */
	if (!bo->pages.dir)
		return;

	dgem_heap_release(bo->heap, &bo->pages);
	if (bo->backed)
		dgem_bo_uncharge_backing(bo);
	dgem_bo_account(bo, -before);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_release_pages);
