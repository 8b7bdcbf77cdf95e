// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Which BOs that are not needed are purged, when memory is short or a limit would be
 * exceeded.
 */

#include <linux/dma-resv.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include <kunit/visibility.h>

#include "dgem_account.h"
#include "dgem_cost.h"
#include "dgem_heap.h"
#include "dgem_purge.h"

static struct dgem_purgeable *to_dgem_purgeable(struct list_head *item)
{
	return container_of(item, struct dgem_purgeable, lru);
}

/*
 * Takes the lock and a reference. Under the lock of one of its lists, which a BO takes
 * before it is freed; so trylock only. Fences say that a device may still work on it.
 */
static bool dgem_purge_get(struct list_head *item)
{
	struct dgem_bo *bo = to_dgem_purgeable(item)->bo;

	if (!dma_resv_trylock(bo->base.resv))
		return false;

	if (dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP) &&
	    kref_get_unless_zero(&bo->base.refcount))
		return true;

	dma_resv_unlock(bo->base.resv);
	return false;
}

/* What takes part in the limit of what cannot be swapped out. */
static bool dgem_purge_get_unswappable(struct list_head *item)
{
	struct dgem_bo *bo = to_dgem_purgeable(item)->bo;

	return bo->account && dgem_heap_keeps_ram(bo->heap) && dgem_purge_get(item);
}

/* What takes part in the limit of memory that can be swapped out; none if exempt. */
static bool dgem_purge_get_backed(struct list_head *item)
{
	return READ_ONCE(to_dgem_purgeable(item)->bo->backed) && dgem_purge_get(item);
}

/* Gives back what a get function took. */
static unsigned long dgem_purge_and_put(struct list_head *item)
{
	struct dgem_bo *bo = to_dgem_purgeable(item)->bo;
	unsigned long freed;

	freed = dgem_bo_purge_locked(bo);
	dma_resv_unlock(bo->base.resv);
	/* May be the last reference, which frees. */
	dgem_bo_put(bo);
	return freed;
}

static unsigned long dgem_purge_size(struct list_head *item)
{
	return READ_ONCE(to_dgem_purgeable(item)->bo->pages.resident);
}

/**
 * dgem_purge_count() - how many pages could be purged
 * @ddev: the instance
 * @sc: node and memory cgroup
 *
 * They are counted where their owners gave the advice, which usually is where they
 * were filled.
 *
 * Return: number of pages, an estimate.
 */
unsigned long dgem_purge_count(struct dgem_device *ddev, struct shrink_control *sc)
{
	return dgem_lru_estimate(&ddev->lru_purgeable, sc, dgem_purge_size);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_purge_count);

/**
 * dgem_purge_scan() - purge BOs, the first to be given up first
 * @ddev: the instance
 * @sc: node and memory cgroup, and how many pages to stop at
 *
 * Looks at no BO twice, and at no more than it is to free pages. Runs in reclaim,
 * maybe with another BO locked: locks by trylock only.
 *
 * Return: number of pages that were freed: of all of each BO.
 */
unsigned long dgem_purge_scan(struct dgem_device *ddev, struct shrink_control *sc)
{
	struct dgem_lru *lru = &ddev->lru_purgeable;
	unsigned long freed = 0, looks;
	struct list_head *item;

	looks = min(list_lru_shrink_count(&lru->list, sc), sc->nr_to_scan);
	while (freed < sc->nr_to_scan && looks--) {
		item = dgem_lru_pop(lru, sc, dgem_purge_get);
		if (item)
			freed += dgem_purge_and_put(item);
	}

	/* By itself, reclaim counts what comes from its lists of pages only. */
	mm_account_reclaimed_pages(freed);
	return freed;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_purge_scan);

/**
 * dgem_purge_for_ram() - purge a BO, since memory must be left to others
 * @ddev: the instance
 *
 * Whoever's it is: what is not needed goes before anybody's access fails. None goes
 * for a task that is being killed, which would not use the memory: however many a
 * caller has to purge, it ends soon after the signal.
 *
 * Return: 0; -ENOENT if there was none; -EINTR on a fatal signal.
 */
int dgem_purge_for_ram(struct dgem_device *ddev)
{
	struct list_head *item;

	if (fatal_signal_pending(current))
		return -EINTR;

	item = dgem_lru_pop_any(&ddev->lru_purgeable, dgem_purge_get);
	if (!item)
		return -ENOENT;

	dgem_purge_and_put(item);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_purge_for_ram);

/* BOs of one account that are looked at under its lock. */
#define DGEM_PURGE_LOOKS	1024

/* Those that are looked at in vain are last then. */
static struct list_head *dgem_purge_get_own(struct dgem_account *account,
					    bool (*get)(struct list_head *item))
{
	struct dgem_purgeable *purgeable, *first = NULL;
	struct list_head *item = NULL;
	unsigned int looks;

	spin_lock(&account->purgeable_lock);
	for (looks = 0; looks < DGEM_PURGE_LOOKS && !item; looks++) {
		purgeable = list_first_entry_or_null(&account->purgeable,
						     struct dgem_purgeable, node);
		if (!purgeable || purgeable == first)
			break;
		first = first ?: purgeable;
		list_move_tail(&purgeable->node, &account->purgeable);
		if (get(&purgeable->lru))
			item = &purgeable->lru;
	}
	spin_unlock(&account->purgeable_lock);

	return item;
}

/**
 * dgem_purge_for_limit() - purge a BO, since a charge was refused
 * @account: the account that was to be charged
 * @what: what it was to be charged, DGEM_LIMIT_UNSWAPPABLE or DGEM_LIMIT_BACKING
 * @amount: how much
 *
 * One of the account's own, or, if it is the limit of all that refuses, any. Those
 * of the user's accounts of other instances are not found, nor is a BO that somebody
 * has locked, and none goes where all of them would not be enough, or for a task that
 * is being killed.
 *
 * Return: 0; -ENOENT if there was none; -EINTR on a fatal signal.
 */
int dgem_purge_for_limit(struct dgem_account *account, enum dgem_limit what,
			 u64 amount)
{
	bool (*get)(struct list_head *item) = what == DGEM_LIMIT_BACKING ?
			dgem_purge_get_backed : dgem_purge_get_unswappable;
	enum dgem_in_the_way whose = dgem_limit_in_the_way(account, what, amount);
	struct list_head *item;

	if (whose == DGEM_IN_THE_WAY_NONE)
		return -ENOENT;

	if (fatal_signal_pending(current))
		return -EINTR;

	item = dgem_purge_get_own(account, get);
	if (!item && whose == DGEM_IN_THE_WAY_ANY)
		item = dgem_lru_pop_any(&account->ddev->lru_purgeable, get);
	if (!item)
		return -ENOENT;

	dgem_purge_and_put(item);
	return 0;
}

/**
 * dgem_bo_create_purging() - make a BO of a heap, if need be instead of others
 * @ddev: the instance
 * @account: what it is charged to, NULL if its creator is exempt
 * @heap: one of its heaps
 * @size: bytes, a multiple of the page size, 1 page to DGEM_MAX_BO_SIZE
 * @flags: ``DRM_DGEM_BO_*`` flags that the heap takes
 *
 * Return: what dgem_bo_create() returns, or -EINTR on a fatal signal.
 */
struct dgem_bo *dgem_bo_create_purging(struct dgem_device *ddev,
				       struct dgem_account *account,
				       struct dgem_heap *heap, u64 size, u64 flags)
{
	struct dgem_bo *bo;
	int ret;

	do {
		bo = dgem_bo_create(ddev, account, heap, size, flags);
		if (bo != ERR_PTR(-EDQUOT))
			return bo;

		ret = dgem_purge_for_limit(account, DGEM_LIMIT_UNSWAPPABLE,
					   dgem_cost(heap, size));
	} while (!ret);

	return ret == -EINTR ? ERR_PTR(ret) : bo;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_create_purging);
