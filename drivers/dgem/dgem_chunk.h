/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_CHUNK_H__
#define __DGEM_CHUNK_H__

#include "dgem_bo.h"

static inline struct dgem_chunk *to_dgem_chunk(struct list_head *item)
{
	return container_of(item, struct dgem_chunk, lru);
}

/* Pages that evicting a chunk frees, its table included. */
static inline unsigned long dgem_chunk_gain(const struct dgem_chunk *chunk)
{
	const struct dgem_pages *pages = &chunk->bo->pages;
	unsigned long gain = chunk->nr_pages;

	if (dgem_pages_table(pages, chunk->index))
		gain += dgem_pages_table_size(pages, chunk->index) >> PAGE_SHIFT;
	return gain;
}

static inline bool dgem_chunk_is_embedded(const struct dgem_bo *bo)
{
	return bo->pages.nr_pages < DGEM_CHUNK_PAGES;
}

/* NULL if the chunk has never been filled, or is none of a swappable heap. */
static inline struct dgem_chunk *dgem_chunk_find(struct dgem_bo *bo,
						 unsigned long index)
{
	if (dgem_chunk_is_embedded(bo))
		return bo->chunk.bo ? &bo->chunk : NULL;

	return xa_load(&bo->chunks, index);
}

static inline bool dgem_bo_has_chunks(const struct dgem_bo *bo)
{
	return bo->chunk.bo || !xa_empty(&bo->chunks);
}

/* Notes that a fault has mapped it. */
static inline void dgem_chunk_reference_locked(struct dgem_bo *bo,
					       unsigned long index)
{
	struct dgem_chunk *chunk = dgem_chunk_find(bo, index);

	if (chunk)
		chunk->referenced = true;
}

int dgem_chunk_cache_create(void);
void dgem_chunk_cache_destroy(void);

struct dgem_chunk *dgem_chunk_get_locked(struct dgem_bo *bo, unsigned long index,
					 bool whole);
void dgem_chunk_filled_locked(struct dgem_chunk *chunk, unsigned int nr);
void dgem_chunk_add_locked(struct dgem_chunk *chunk);
void dgem_chunk_del_locked(struct dgem_chunk *chunk);
void dgem_chunk_free_all(struct dgem_bo *bo);
void dgem_chunk_unpark_all_locked(struct dgem_bo *bo);

#endif
