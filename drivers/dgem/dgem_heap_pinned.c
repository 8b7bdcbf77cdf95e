// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/cacheflush.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>
#include <drm/dgem_drm.h>

#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"

/*
 * Pages straight from the page allocator, as large as they can be had. They
 * are zeroed once, charged to the memory cgroup of the task that fills, and
 * stay until the BO is freed or purged.
 *
 * A chunk is one block if that can be had: a run, whose order follows from its
 * length. Otherwise it is a table of blocks, which are compound pages because
 * those remember their order. Runs are not, since that costs a write to each
 * page. Where memory for a whole chunk is not to be had, single pages come as they
 * are touched.
 *
 * Blocks of a directory whose pages others may hold are split: each page has a
 * reference of its own then, and one that is held does not keep the others.
 */
#define DGEM_PINNED_GFP		(GFP_USER | __GFP_ZERO | __GFP_ACCOUNT | \
				 __GFP_NOWARN)

/*
 * A large block is worth taking when one is there, but not worth reclaim,
 * compaction and atomic reserves: smaller ones do as well.
 */
static struct page *dgem_pinned_alloc(const struct dgem_pages *pages, unsigned int order,
				      gfp_t flags)
{
	gfp_t gfp = DGEM_PINNED_GFP | pages->zone | flags;
	struct page *page;
	unsigned long i;

	if (order)
		gfp = (gfp | __GFP_NORETRY | __GFP_NOMEMALLOC) &
		      ~__GFP_DIRECT_RECLAIM;
	else
		gfp |= __GFP_RETRY_MAYFAIL;

	page = alloc_pages(gfp, order);

	/* The zeroes may be in cache lines that user space does not see. */
	if (ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE && page)
		for (i = 0; i < 1UL << order; i++)
			flush_dcache_page(page + i);

	return page;
}

/* A block that is no compound page. */
static struct page *dgem_pinned_alloc_run(const struct dgem_pages *pages,
					  unsigned int order)
{
	struct page *page = dgem_pinned_alloc(pages, order, 0);

	if (page && pages->direct)
		split_page(page, order);
	return page;
}

static void dgem_pinned_free_run(const struct dgem_pages *pages, unsigned long pfn,
				 unsigned long nr)
{
	unsigned long i;

	if (!pages->direct) {
		__free_pages(pfn_to_page(pfn), ilog2(nr));
		return;
	}

	for (i = 0; i < nr; i++)
		__free_page(pfn_to_page(pfn + i));
}

/* A block that knows its order, or that was split into pages, which do. */
static struct page *dgem_pinned_alloc_block(const struct dgem_pages *pages,
					    unsigned int order)
{
	if (pages->direct)
		return dgem_pinned_alloc_run(pages, order);
	return dgem_pinned_alloc(pages, order, __GFP_COMP);
}

static void dgem_pinned_free_table(struct page **table, unsigned long nr)
{
	unsigned long i, len;
	unsigned int order;

	for (i = 0; i < nr; i += len) {
		len = 1;
		if (!table[i])
			continue;

		order = compound_order(table[i]);
		__free_pages(table[i], order);
		len = 1UL << order;
	}
}

/* Orders only go down: blocks that were not there will not come back soon. */
static int dgem_pinned_fill_table(const struct dgem_pages *pages, struct page **table,
				  unsigned long nr)
{
	unsigned int order = ilog2(nr);
	unsigned long i = 0, j;

	while (i < nr) {
		struct page *page;

		if (fatal_signal_pending(current))
			return -EINTR;

		order = min_t(unsigned int, order, ilog2(nr - i));
		page = dgem_pinned_alloc_block(pages, order);
		if (!page) {
			if (!order)
				return -ENOMEM;
			order--;
			continue;
		}

		for (j = 0; j < 1UL << order; j++)
			table[i++] = page + j;
	}

	return 0;
}

static int dgem_pinned_fill(struct dgem_heap *heap, struct dgem_pages *pages,
			    unsigned long chunk)
{
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	struct page **table, *page;
	int ret;

	if (is_power_of_2(nr)) {
		page = dgem_pinned_alloc_run(pages, ilog2(nr));
		if (page) {
			dgem_pages_set_run(pages, chunk, page_to_pfn(page));
			return 0;
		}
	}

	table = kcalloc(nr, sizeof(*table), DGEM_GFP);
	if (!table)
		return -ENOMEM;

	ret = dgem_pinned_fill_table(pages, table, nr);
	if (ret) {
		dgem_pinned_free_table(table, nr);
		kfree(table);
		return ret;
	}

	dgem_pages_set_table(pages, chunk, table);
	return 0;
}

static int dgem_pinned_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
				 unsigned long idx)
{
	struct page *page;
	int ret;

	if (fatal_signal_pending(current))
		return -EINTR;

	page = dgem_pinned_alloc(pages, 0, 0);
	if (!page)
		return -ENOMEM;

	ret = dgem_pages_make_table(pages, idx >> DGEM_CHUNK_ORDER);
	if (ret) {
		__free_page(page);
		return ret;
	}

	dgem_pages_add(pages, idx, page);
	return 1;
}

static void dgem_pinned_empty(struct dgem_heap *heap, struct dgem_pages *pages,
			      unsigned long chunk, bool keep)
{
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	struct page **table = dgem_pages_table(pages, chunk);

	if (table)
		dgem_pinned_free_table(table, nr);
	else
		dgem_pinned_free_run(pages,
				     dgem_pages_pfn(pages, chunk << DGEM_CHUNK_ORDER), nr);
	dgem_pages_clear(pages, chunk);
}

static const struct dgem_heap_ops dgem_heap_pinned_ops = {
	.fill = dgem_pinned_fill,
	.fill_page = dgem_pinned_fill_page,
	.empty = dgem_pinned_empty,
};

/**
 * dgem_heap_pinned_create() - add the heap "pinned" to an instance
 * @ddev: the instance, not registered yet
 *
 * Return: 0 or a negative error code.
 */
int dgem_heap_pinned_create(struct dgem_device *ddev)
{
	struct dgem_heap *heap;

	heap = drmm_kzalloc(&ddev->drm, sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return -ENOMEM;

	heap->ops = &dgem_heap_pinned_ops;
	heap->name = "pinned";
	heap->kind = DRM_DGEM_HEAP_PINNED;
	heap->caps = DRM_DGEM_HEAP_CAP_CHARGED | DRM_DGEM_HEAP_CAP_PURGEABLE;
	heap->create_flags = DGEM_BO_RAM_FLAGS;

	return dgem_heap_add(ddev, heap);
}
