/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_CHUNK_H__
#define __DGEM_CHUNK_H__

#include "dgem_bo.h"

static inline struct dgem_chunk *to_dgem_chunk(struct list_head *item)
{
	return container_of(item, struct dgem_chunk, lru);
}

static inline unsigned long dgem_chunk_pages(const struct dgem_chunk *chunk)
{
	return dgem_pages_in_chunk(&chunk->bo->pages, chunk->index);
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

struct dgem_chunk *dgem_chunk_get_locked(struct dgem_bo *bo, unsigned long index);
void dgem_chunk_add_locked(struct dgem_chunk *chunk);
void dgem_chunk_del_locked(struct dgem_chunk *chunk);
void dgem_chunk_free_all(struct dgem_bo *bo);

#endif
