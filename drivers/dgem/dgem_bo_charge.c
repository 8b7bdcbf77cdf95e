// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What a BO is charged to its creator's account beyond what its creation is: with
 * each fill, while an importer or the kernel uses it, and for its mmap offset.
 */

#include <linux/dma-resv.h>

#include <kunit/visibility.h>

#include "dgem_bo.h"
#include "dgem_bo_charge.h"
#include "dgem_heap.h"
#include "dgem_limit.h"

/**
 * dgem_bo_fill_takes_locked() - how much fresh memory a fill takes
 * @bo: the BO, not imported
 * @idx: the page, a hole
 * @whole: whether its chunk is to become whole, @idx being the first of that
 *
 * Return: number of pages at most. The first page of a chunk comes with a table.
 */
unsigned long dgem_bo_fill_takes_locked(struct dgem_bo *bo, unsigned long idx,
					bool whole)
{
	unsigned long chunk = idx >> DGEM_CHUNK_ORDER;
	unsigned long nr = 1;

	if (whole)
		return dgem_pages_in_chunk(&bo->pages, chunk);

	if (dgem_pages_is_empty(&bo->pages, chunk))
		nr += dgem_pages_table_size(&bo->pages, chunk) >> PAGE_SHIFT;
	return nr;
}

/**
 * dgem_bo_charge_fill_locked() - ask whether holes may be filled
 * @bo: the BO, not imported
 * @idx: the page, a hole
 * @whole: whether its chunk is to become whole, @idx being the first of that
 * @charged: set to the pages that were charged, for dgem_bo_settle_fill_locked()
 *
 * Contents that the heap has already must come back, limits or not.
 *
 * Return: 0; -ENOMEM while RAM is low; -EDQUOT at a limit.
 */
int dgem_bo_charge_fill_locked(struct dgem_bo *bo, unsigned long idx, bool whole,
			       unsigned long *charged)
{
	unsigned long chunk = idx >> DGEM_CHUNK_ORDER;
	unsigned long nr = whole ? dgem_pages_in_chunk(&bo->pages, chunk) : 1;
	unsigned long take = dgem_bo_fill_takes_locked(bo, idx, whole);

	dma_resv_assert_held(bo->base.resv);

	*charged = 0;
	if (dgem_limit_ram_is_low(take) &&
	    dgem_heap_fill_allocates(bo->heap, &bo->pages, idx, nr))
		return -ENOMEM;

	if (!dgem_bo_charges_fills(bo))
		return 0;

	if (!dgem_limit_charge(bo->account, DGEM_LIMIT_BACKING, take)) {
		*charged = take;
		return 0;
	}

	if (dgem_limit_swap_is_low() &&
	    dgem_heap_fill_allocates(bo->heap, &bo->pages, idx, nr))
		return -EDQUOT;

	return 0;
}

/**
 * dgem_bo_settle_fill_locked() - charge what a fill has really taken
 * @bo: the BO, for which dgem_bo_charges_fills() holds
 * @charged: pages that were charged before the fill, which may have failed
 */
void dgem_bo_settle_fill_locked(struct dgem_bo *bo, unsigned long charged)
{
	unsigned long backed;
	long more;

	dma_resv_assert_held(bo->base.resv);

	backed = dgem_heap_backed(bo->heap, &bo->pages) +
		 dgem_pages_of_tables(&bo->pages);
	more = backed - bo->backed - charged;
	bo->backed = backed;
	if (more)
		dgem_limit_charge_always(bo->account, DGEM_LIMIT_BACKING, more);
}

/**
 * dgem_bo_settle_tables_locked() - give back what tables were charged
 * @bo: the BO, for which dgem_bo_charges_fills() holds
 * @before: pages that its tables took before one was freed
 *
 * Called from reclaim, maybe while a fill of the BO is not settled yet.
 */
void dgem_bo_settle_tables_locked(struct dgem_bo *bo, unsigned long before)
{
	unsigned long freed = before - dgem_pages_of_tables(&bo->pages);

	bo->backed -= freed;
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_BACKING, freed);
}

/**
 * dgem_bo_uncharge_backing() - the heap has freed all of a BO's memory
 * @bo: the BO, not imported; nobody else can reach it
 */
void dgem_bo_uncharge_backing(struct dgem_bo *bo)
{
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_BACKING, bo->backed);
	bo->backed = 0;
}

/**
 * dgem_bo_charge_use_locked() - ask whether a BO may be kept from being swapped
 * @bo: the BO, not imported
 *
 * Return: 0 or -EDQUOT.
 */
int dgem_bo_charge_use_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	if (!dgem_heap_swappable(bo->heap))
		return 0;

	return dgem_limit_charge(bo->account, DGEM_LIMIT_UNSWAPPABLE,
				 bo->base.size);
}

/**
 * dgem_bo_uncharge_use_locked() - undo dgem_bo_charge_use_locked()
 * @bo: the BO
 */
void dgem_bo_uncharge_use_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	if (dgem_heap_swappable(bo->heap))
		dgem_limit_uncharge(bo->account, DGEM_LIMIT_UNSWAPPABLE,
				    bo->base.size);
}

/**
 * dgem_bo_make_offset() - make the mmap offset of a BO, if it has none
 * @bo: the BO, maybe imported
 *
 * It stays until the BO is freed. &dgem_device.offset_lock keeps two callers from
 * charging it twice.
 *
 * Return: 0; -EDQUOT at the limit of the user; -ENOSPC if all of the space, or each
 * hole that would be large enough, is taken.
 */
int dgem_bo_make_offset(struct dgem_bo *bo)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	u64 nr = bo->base.size >> PAGE_SHIFT;
	int ret = 0;

	/* Pairs with the release below. */
	if (smp_load_acquire(&bo->has_offset))
		return 0;

	spin_lock(&ddev->offset_lock);
	if (bo->has_offset)
		goto out_unlock;

	ret = dgem_limit_charge(bo->account, DGEM_LIMIT_OFFSETS, nr);
	if (ret)
		goto out_unlock;

	ret = drm_gem_create_mmap_offset(&bo->base);
	if (ret) {
		dgem_limit_uncharge(bo->account, DGEM_LIMIT_OFFSETS, nr);
		goto out_unlock;
	}

	/* Who sees it sees the offset. */
	smp_store_release(&bo->has_offset, true);
out_unlock:
	spin_unlock(&ddev->offset_lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_make_offset);
