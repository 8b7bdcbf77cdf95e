/* SPDX-License-Identifier: MIT */
#ifndef FLOOR_H
#define FLOOR_H

#include <linux/mm.h>

#include <drm/drm_gem.h>

#include "bench_floor.h"

#define CHUNK_PAGES HPAGE_PMD_NR

/* Either one run of pages from @pfn on, or @folios of one page each. */
struct floor_chunk {
	unsigned long pfn;
	struct folio **folios;
};

struct floor_bo {
	struct drm_gem_object base;
	struct hlist_node link;
	enum floor_kind kind;
	struct file *shmem;
	struct floor_chunk *chunks;
	struct floor_chunk one;
};

static inline struct floor_bo *to_floor(struct drm_gem_object *obj)
{
	return container_of(obj, struct floor_bo, base);
}

static inline unsigned long floor_pages(struct floor_bo *bo)
{
	return bo->base.size >> PAGE_SHIFT;
}

static inline unsigned long chunk_pages(struct floor_bo *bo, unsigned long nr)
{
	return min(floor_pages(bo) - nr * CHUNK_PAGES, (unsigned long)CHUNK_PAGES);
}

static inline unsigned long chunk_pfn(struct floor_chunk *chunk, unsigned long i)
{
	return chunk->folios ? folio_pfn(chunk->folios[i]) : chunk->pfn + i;
}

extern struct vfsmount *floor_mount;

struct floor_chunk *floor_fill(struct floor_bo *bo, unsigned long nr);
void floor_empty(struct floor_bo *bo);
struct sg_table *floor_sg_table(struct drm_gem_object *obj);

#endif
