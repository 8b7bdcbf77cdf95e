// SPDX-License-Identifier: MIT
/* The memory of the floor: one allocation per chunk of 2 MiB where it can be. */
#include <linux/file.h>
#include <linux/pagemap.h>
#include <linux/scatterlist.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "floor.h"

static int fill_pinned(struct floor_chunk *chunk, unsigned long pages)
{
	struct page *page;

	page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | __GFP_NOWARN, ilog2(pages));
	if (!page)
		return -ENOMEM;
	chunk->pfn = page_to_pfn(page);
	return 0;
}

static int fill_system(struct floor_bo *bo, struct floor_chunk *chunk, unsigned long nr,
		       unsigned long pages)
{
	struct folio *folio;
	unsigned long i;

	if (!bo->shmem) {
		struct file *file = shmem_file_setup_with_mnt(floor_mount, "floor", bo->base.size,
							      VM_NORESERVE);

		if (IS_ERR(file))
			return PTR_ERR(file);
		bo->shmem = file;
	}
	for (i = 0; i < pages; i++) {
		folio = shmem_read_folio_gfp(bo->shmem->f_mapping, nr * CHUNK_PAGES + i,
					     mapping_gfp_mask(bo->shmem->f_mapping));
		if (IS_ERR(folio))
			return PTR_ERR(folio);
		if (!i && (pages == 1 || folio_nr_pages(folio) == pages)) {
			chunk->pfn = folio_pfn(folio);
			return 0;
		}
		if (!chunk->folios)
			chunk->folios = kvcalloc(pages, sizeof(*chunk->folios), GFP_KERNEL);
		if (!chunk->folios) {
			folio_put(folio);
			return -ENOMEM;
		}
		chunk->folios[i] = folio;
	}
	return 0;
}

struct floor_chunk *floor_fill(struct floor_bo *bo, unsigned long nr)
{
	unsigned long pages = chunk_pages(bo, nr);
	struct floor_chunk *chunk;
	int ret;

	if (!bo->chunks) {
		bo->chunks = floor_pages(bo) <= CHUNK_PAGES ?
				     &bo->one :
				     kvcalloc(DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES),
					      sizeof(*bo->chunks), GFP_KERNEL);
		if (!bo->chunks)
			return ERR_PTR(-ENOMEM);
	}
	chunk = &bo->chunks[nr];
	if (chunk->pfn || chunk->folios)
		return chunk;
	ret = bo->kind == FLOOR_SYSTEM ? fill_system(bo, chunk, nr, pages) :
					 fill_pinned(chunk, pages);
	return ret ? ERR_PTR(ret) : chunk;
}

static void empty_chunk(struct floor_bo *bo, unsigned long nr)
{
	struct floor_chunk *chunk = &bo->chunks[nr];
	unsigned long i, pages = chunk_pages(bo, nr);

	if (chunk->folios) {
		for (i = 0; i < pages && chunk->folios[i]; i++)
			folio_put(chunk->folios[i]);
		kvfree(chunk->folios);
	} else if (chunk->pfn && bo->kind == FLOOR_SYSTEM) {
		folio_put(pfn_folio(chunk->pfn));
	} else if (chunk->pfn) {
		__free_pages(pfn_to_page(chunk->pfn), ilog2(pages));
	}
}

void floor_empty(struct floor_bo *bo)
{
	unsigned long nr;

	for (nr = 0; bo->chunks && nr < DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES); nr++)
		empty_chunk(bo, nr);
	if (bo->chunks != &bo->one)
		kvfree(bo->chunks);
	if (bo->shmem)
		fput(bo->shmem);
}

struct sg_table *floor_sg_table(struct drm_gem_object *obj)
{
	struct floor_bo *bo = to_floor(obj);
	unsigned long nr, n = DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES);
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	struct scatterlist *sg;

	if (!sgt || sg_alloc_table(sgt, n, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	sg = sgt->sgl;
	for (nr = 0; nr < n; nr++, sg = sg_next(sg)) {
		struct floor_chunk *chunk = floor_fill(bo, nr);

		/* The benchmark shares only what came in whole chunks. */
		if (IS_ERR(chunk) || chunk->folios) {
			sg_free_table(sgt);
			kfree(sgt);
			return ERR_PTR(-ENOMEM);
		}
		sg_set_page(sg, pfn_to_page(chunk->pfn), chunk_pages(bo, nr) << PAGE_SHIFT, 0);
	}
	return sgt;
}
