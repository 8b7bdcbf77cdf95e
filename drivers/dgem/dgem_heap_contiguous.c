// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <drm/drm_managed.h>
#include <drm/dgem_drm.h>

#include "dgem_contig.h"
#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"

/*
 * One physical range for each BO, found when it is created and kept until it is
 * freed or purged. All chunks are runs, which lie one behind the other.
 */

static int dgem_contiguous_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
				   struct dgem_request *request)
{
	unsigned long chunk, pfn;
	int ret;

	ret = dgem_contig_alloc(pages->nr_pages, request, &pfn);
	if (ret)
		return ret;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		dgem_pages_set_run(pages, chunk, pfn + (chunk << DGEM_CHUNK_ORDER));
	return 0;
}

static void dgem_contiguous_empty(struct dgem_heap *heap, struct dgem_pages *pages,
				  unsigned long chunk, bool keep)
{
	dgem_contig_free(dgem_pages_pfn(pages, chunk << DGEM_CHUNK_ORDER),
			 dgem_pages_in_chunk(pages, chunk));
	dgem_pages_clear(pages, chunk);
}

static const struct dgem_heap_ops dgem_heap_contiguous_ops = {
	.reserve = dgem_contiguous_reserve,
	.empty = dgem_contiguous_empty,
};

/**
 * dgem_heap_contiguous_create() - add the heap "contiguous" to an instance
 * @ddev: the instance, not registered yet
 *
 * Return: 0 or a negative error code.
 */
int dgem_heap_contiguous_create(struct dgem_device *ddev)
{
	struct dgem_heap *heap;

	heap = drmm_kzalloc(&ddev->drm, sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return -ENOMEM;

	heap->ops = &dgem_heap_contiguous_ops;
	heap->name = "contiguous";
	heap->kind = DRM_DGEM_HEAP_CONTIGUOUS;
	heap->caps = DRM_DGEM_HEAP_CAP_CONTIGUOUS | DRM_DGEM_HEAP_CAP_PURGEABLE;
	heap->create_flags = DGEM_BO_RAM_FLAGS | DRM_DGEM_BO_NUMA;

	return dgem_heap_add(ddev, heap);
}
