// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * How a BO that is not needed is listed, and how its memory goes for good. Who finds it
 * there is in dgem_purge_scan.c.
 *
 * A BO goes as a whole: its contents are lost with the first of its pages, and who
 * uses it again needs memory for all of it.
 */

#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include <drm/drm_vma_manager.h>

#include "dgem_account.h"
#include "dgem_bo_evict.h"
#include "dgem_chunk.h"
#include "dgem_cost.h"
#include "dgem_heap.h"
#include "dgem_purge.h"
#include "dgem_trace.h"

static struct kmem_cache *dgem_purgeable_cache;

/**
 * dgem_purgeable_cache_create() - set up what all instances share
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_purgeable_cache_create(void)
{
	dgem_purgeable_cache = KMEM_CACHE(dgem_purgeable, SLAB_ACCOUNT);
	return dgem_purgeable_cache ? 0 : -ENOMEM;
}

/**
 * dgem_purgeable_cache_destroy() - undo dgem_purgeable_cache_create(), with no BO left
 */
void dgem_purgeable_cache_destroy(void)
{
	kmem_cache_destroy(dgem_purgeable_cache);
}

static struct dgem_lru *dgem_purgeable_lru(struct dgem_bo *bo)
{
	return &dgem_bo_device(bo)->lru_purgeable;
}

/**
 * dgem_purgeable_prepare_locked() - allocate what dgem_purgeable_add_locked() needs
 * @bo: the BO
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_purgeable_prepare_locked(struct dgem_bo *bo)
{
	struct dgem_purgeable *purgeable;

	dma_resv_assert_held(bo->base.resv);

	if (bo->purgeable)
		return 0;

	purgeable = kmem_cache_alloc_lru(dgem_purgeable_cache,
					 &dgem_purgeable_lru(bo)->list, DGEM_GFP);
	if (!purgeable)
		return -ENOMEM;

	INIT_LIST_HEAD(&purgeable->lru);
	INIT_LIST_HEAD(&purgeable->node);
	purgeable->bo = bo;
	bo->purgeable = purgeable;
	return 0;
}

/**
 * dgem_purgeable_add_locked() - have reclaim and limits find a BO
 * @bo: the BO, for which dgem_purgeable_prepare_locked() was called; nothing happens
 *	if they find it already
 */
void dgem_purgeable_add_locked(struct dgem_bo *bo)
{
	struct dgem_purgeable *purgeable = bo->purgeable;
	struct dgem_account *account = bo->account;

	dma_resv_assert_held(bo->base.resv);

	dgem_lru_add(dgem_purgeable_lru(bo), &purgeable->lru);
	if (account && list_empty(&purgeable->node)) {
		spin_lock(&account->purgeable_lock);
		list_add_tail(&purgeable->node, &account->purgeable);
		spin_unlock(&account->purgeable_lock);
	}
}

static void dgem_purgeable_del(struct dgem_bo *bo)
{
	struct dgem_purgeable *purgeable = bo->purgeable;
	struct dgem_account *account = bo->account;

	dgem_lru_del(dgem_purgeable_lru(bo), &purgeable->lru);
	if (account && !list_empty(&purgeable->node)) {
		spin_lock(&account->purgeable_lock);
		list_del_init(&purgeable->node);
		spin_unlock(&account->purgeable_lock);
	}
}

/**
 * dgem_purgeable_del_locked() - undo dgem_purgeable_add_locked()
 * @bo: the BO
 */
void dgem_purgeable_del_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	dgem_purgeable_del(bo);
}

/**
 * dgem_purgeable_free() - undo dgem_purgeable_prepare_locked()
 * @bo: the BO, locked or being freed; nothing happens if it is undone
 */
void dgem_purgeable_free(struct dgem_bo *bo)
{
	if (!bo->purgeable)
		return;

	dgem_purgeable_del(bo);
	kmem_cache_free(dgem_purgeable_cache, bo->purgeable);
	bo->purgeable = NULL;
}

/* All entries: those of heaps without chunk objects are not known one by one. */
static void dgem_bo_zap_locked(struct dgem_bo *bo)
{
	if (!atomic_read(&bo->mmap_count))
		return;

	unmap_mapping_pages(bo->base.dev->anon_inode->i_mapping,
			    drm_vma_node_start(&bo->base.vma_node),
			    bo->pages.nr_pages, true);
}

/* What depends on memory, which a purged BO will not have again. */
static void dgem_purge_uncharge(struct dgem_bo *bo)
{
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_BACKING, bo->backed);
	bo->backed = 0;
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_UNSWAPPABLE,
			    dgem_cost_of_memory(bo->heap, bo->base.size));
}

/**
 * dgem_bo_purge_locked() - free the memory and the contents of a BO for good
 * @bo: the BO, which is %DGEM_BO_DONTNEED, without unsignalled fences
 *
 * Nobody else has it, so no importer has kept a mapping. May run in reclaim.
 *
 * Return: number of pages that were resident.
 */
unsigned long dgem_bo_purge_locked(struct dgem_bo *bo)
{
	unsigned long backed = dgem_heap_backed(bo->heap, &bo->pages);
	long resident = bo->pages.resident;

	dma_resv_assert_held(bo->base.resv);

	/* First, for those who look without the lock. */
	WRITE_ONCE(bo->mode, DGEM_BO_PURGED);
	dgem_purgeable_free(bo);
	dgem_bo_zap_locked(bo);
	if (dgem_bo_has_chunks(bo))
		dgem_chunk_free_all(bo);
	dgem_heap_discard(bo->heap, &bo->pages);

	dgem_purge_uncharge(bo);
	dgem_bo_account(bo, -resident);
	dgem_stat_add(dgem_bo_device(bo), DGEM_STAT_PURGED_PAGES, backed);
	trace_dgem_bo_purge(bo, backed);
	return resident;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_purge_locked);
