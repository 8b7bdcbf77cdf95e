// SPDX-License-Identifier: GPL-2.0-only OR MIT

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
 * are zeroed once, charged to the memory cgroup of whoever fills, and stay
 * until the BO is freed. Compound pages remember their order, so that nothing
 * else must.
 */
#define DGEM_PINNED_GFP		(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | \
				 __GFP_NOWARN | __GFP_COMP)

/*
 * A large block is worth taking when one is there, but not worth reclaim and
 * compaction: smaller ones do as well.
 */
static struct page *dgem_pinned_alloc(unsigned int order)
{
	gfp_t gfp = DGEM_PINNED_GFP;

	if (order)
		gfp = (gfp | __GFP_NORETRY) & ~__GFP_DIRECT_RECLAIM;
	else
		gfp |= __GFP_RETRY_MAYFAIL;

	return alloc_pages(gfp, order);
}

static unsigned long dgem_pinned_free(struct page *page)
{
	unsigned int order = compound_order(page);

	__free_pages(page, order);
	return 1UL << order;
}

/* Fills @table from page @i on; orders only go down, since memory only fills. */
static int dgem_pinned_fill_table(struct page **table, unsigned long i,
				  unsigned long nr, unsigned int order)
{
	while (i < nr) {
		struct page *page;
		unsigned long j;

		if (fatal_signal_pending(current))
			return -EINTR;

		order = min_t(unsigned int, order, ilog2(nr - i));
		page = dgem_pinned_alloc(order);
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
	unsigned int order = ilog2(nr);
	struct page **table, *page;
	unsigned long i = 0;
	int ret;

	if (fatal_signal_pending(current))
		return -EINTR;

	page = dgem_pinned_alloc(order);
	if (page && nr == 1UL << order) {
		dgem_pages_set_run(pages, chunk, page_to_pfn(page));
		return 0;
	}

	ret = -ENOMEM;
	table = kcalloc(nr, sizeof(*table), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		goto err_free_page;

	if (page) {
		for (i = 0; i < 1UL << order; i++)
			table[i] = page + i;
	} else if (order) {
		order--;
	}

	ret = dgem_pinned_fill_table(table, i, nr, order);
	if (ret)
		goto err_free_table;

	dgem_pages_set_table(pages, chunk, table);
	return 0;

err_free_table:
	for (i = 0; i < nr && table[i];)
		i += dgem_pinned_free(table[i]);
	kfree(table);
	return ret;

err_free_page:
	if (page)
		dgem_pinned_free(page);
	return ret;
}

static void dgem_pinned_empty(struct dgem_heap *heap, struct dgem_pages *pages,
			      bool keep)
{
	unsigned long chunk, i, nr;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++) {
		if (!dgem_pages_filled(pages, chunk))
			continue;

		nr = dgem_pages_in_chunk(pages, chunk);
		for (i = 0; i < nr;) {
			unsigned long idx = (chunk << DGEM_CHUNK_ORDER) + i;

			i += dgem_pinned_free(pfn_to_page(dgem_pages_pfn(pages,
									 idx)));
		}
		dgem_pages_clear(pages, chunk);
	}
}

static const struct dgem_heap_ops dgem_heap_pinned_ops = {
	.fill = dgem_pinned_fill,
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
	heap->caps = DRM_DGEM_HEAP_CAP_CHARGED;
	heap->create_flags = DRM_DGEM_BO_POPULATE;

	return dgem_heap_add(ddev, heap);
}
