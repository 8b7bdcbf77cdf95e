// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "dgem_chunk.h"

/*
 * One cache for all instances: list_lru finds the cgroup and the node of a chunk
 * through the slab page it lies in, be it one of BOs.
 */
static struct kmem_cache *dgem_chunk_cache;

/**
 * dgem_chunk_cache_create() - set up what all instances share
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_chunk_cache_create(void)
{
	dgem_chunk_cache = KMEM_CACHE(dgem_chunk, SLAB_ACCOUNT);
	return dgem_chunk_cache ? 0 : -ENOMEM;
}

/**
 * dgem_chunk_cache_destroy() - undo dgem_chunk_cache_create(), with no BO left
 */
void dgem_chunk_cache_destroy(void)
{
	kmem_cache_destroy(dgem_chunk_cache);
}

/*
 * A list counts its items, so whole chunks, which all have as many pages, are on a
 * list of their own. An object can only go on the list that it was allocated for.
 */
static struct dgem_lru *dgem_chunk_lru(struct dgem_bo *bo, bool whole)
{
	struct dgem_device *ddev = dgem_bo_device(bo);

	return whole ? &ddev->lru_whole : &ddev->lru_rest;
}

static void dgem_chunk_init(struct dgem_chunk *chunk, struct dgem_bo *bo,
			    unsigned long index, bool whole)
{
	INIT_LIST_HEAD(&chunk->lru);
	chunk->bo = bo;
	chunk->index = index;
	chunk->whole = whole;
	chunk->nr_pages = 0;
	chunk->referenced = false;
	chunk->twin = NULL;
}

static struct dgem_chunk *dgem_chunk_alloc(struct dgem_bo *bo, unsigned long index,
					   bool whole)
{
	struct dgem_chunk *chunk;

	chunk = kmem_cache_alloc_lru(dgem_chunk_cache,
				     &dgem_chunk_lru(bo, whole)->list, DGEM_GFP);
	if (chunk)
		dgem_chunk_init(chunk, bo, index, whole);
	return chunk;
}

static void dgem_chunk_free(struct dgem_chunk *chunk)
{
	if (chunk->twin)
		kmem_cache_free(dgem_chunk_cache, chunk->twin);
	kmem_cache_free(dgem_chunk_cache, chunk);
}

/* The object for all of a chunk, and its twin for a part of it. */
static struct dgem_chunk *dgem_chunk_alloc_both(struct dgem_bo *bo,
						unsigned long index)
{
	struct dgem_chunk *chunk, *rest;

	chunk = dgem_chunk_alloc(bo, index, true);
	if (!chunk)
		return NULL;

	rest = dgem_chunk_alloc(bo, index, false);
	if (!rest) {
		dgem_chunk_free(chunk);
		return NULL;
	}

	chunk->twin = rest;
	rest->twin = chunk;
	return chunk;
}

static struct dgem_chunk *dgem_chunk_make_locked(struct dgem_bo *bo,
						 unsigned long index, bool whole)
{
	struct dgem_chunk *chunk;

	if (dgem_chunk_is_embedded(bo)) {
		dgem_chunk_init(&bo->chunk, bo, 0, false);
		return &bo->chunk;
	}

	chunk = whole ? dgem_chunk_alloc_both(bo, index) :
			dgem_chunk_alloc(bo, index, false);
	if (!chunk)
		return NULL;

	if (xa_err(xa_store(&bo->chunks, index, chunk, DGEM_GFP))) {
		dgem_chunk_free(chunk);
		return NULL;
	}

	return chunk;
}

/**
 * dgem_chunk_get_locked() - find or make the object of a chunk that is to be filled
 * @bo: the BO, of a swappable heap
 * @index: number of the chunk
 * @whole: whether it is empty and all of it will be filled
 *
 * Return: the object, off its list if the chunk is empty, or NULL if out of memory,
 * which can only be the first time.
 */
struct dgem_chunk *dgem_chunk_get_locked(struct dgem_bo *bo, unsigned long index,
					 bool whole)
{
	struct dgem_chunk *chunk = dgem_chunk_find(bo, index);

	dma_resv_assert_held(bo->base.resv);

	whole &= dgem_pages_in_chunk(&bo->pages, index) == DGEM_CHUNK_PAGES;
	if (!chunk)
		return dgem_chunk_make_locked(bo, index, whole);

	if (chunk->whole == whole || !chunk->twin)
		return chunk;

	/* Does not allocate, since it replaces. */
	chunk = chunk->twin;
	chunk->referenced = false;
	xa_store(&bo->chunks, index, chunk, 0);
	return chunk;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_chunk_get_locked);

/**
 * dgem_chunk_filled_locked() - count pages that a chunk was filled with, and list it
 * @chunk: the chunk, off its list
 * @nr: number of pages, 0 if none could be had
 */
void dgem_chunk_filled_locked(struct dgem_chunk *chunk, unsigned int nr)
{
	chunk->nr_pages += nr;
	if (chunk->nr_pages)
		dgem_chunk_add_locked(chunk);
}

/**
 * dgem_chunk_add_locked() - make a chunk the last on its list
 * @chunk: the chunk, resident; nothing happens if it is on the list
 */
void dgem_chunk_add_locked(struct dgem_chunk *chunk)
{
	dma_resv_assert_held(chunk->bo->base.resv);

	dgem_lru_add(dgem_chunk_lru(chunk->bo, chunk->whole), &chunk->lru);
}

/**
 * dgem_chunk_del_locked() - take a chunk off its list
 * @chunk: the chunk; nothing happens if it is off the list
 */
void dgem_chunk_del_locked(struct dgem_chunk *chunk)
{
	dma_resv_assert_held(chunk->bo->base.resv);

	dgem_lru_del(dgem_chunk_lru(chunk->bo, chunk->whole), &chunk->lru);
}

/**
 * dgem_chunk_free_all() - free the objects of a BO that will have no memory again
 * @bo: the BO, locked, or without references
 *
 * Before the BO is freed: a scan that meets one of them looks at it.
 */
void dgem_chunk_free_all(struct dgem_bo *bo)
{
	struct dgem_chunk *chunk;
	unsigned long index;

	if (bo->chunk.bo) {
		dgem_lru_del(dgem_chunk_lru(bo, false), &bo->chunk.lru);
		bo->chunk.bo = NULL;
	}

	xa_for_each(&bo->chunks, index, chunk) {
		dgem_lru_del(dgem_chunk_lru(bo, chunk->whole), &chunk->lru);
		dgem_chunk_free(chunk);
		cond_resched();
	}
	xa_destroy(&bo->chunks);
}

/**
 * dgem_chunk_unpark_all_locked() - put chunks back that scans have met pinned
 * @bo: the BO, not pinned any more
 *
 * Pins do not take chunks off their lists, and this is only called if a scan did:
 * most pins end before any.
 */
void dgem_chunk_unpark_all_locked(struct dgem_bo *bo)
{
	struct dgem_chunk *chunk;
	unsigned long index;

	dma_resv_assert_held(bo->base.resv);

	bo->parked = false;
	for (index = 0; index < dgem_pages_chunks(&bo->pages); index++) {
		chunk = dgem_chunk_find(bo, index);
		if (chunk && !dgem_pages_is_empty(&bo->pages, index))
			dgem_chunk_add_locked(chunk);
	}
}
EXPORT_SYMBOL_IF_KUNIT(dgem_chunk_unpark_all_locked);
