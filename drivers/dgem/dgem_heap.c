// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/nospec.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"
#include "dgem_request.h"

/**
 * dgem_heap_add() - give an instance one more heap
 * @ddev: the instance, not registered yet
 * @heap: the heap, filled in but for its index
 *
 * Return: 0, or -ENOSPC when there are too many.
 */
int dgem_heap_add(struct dgem_device *ddev, struct dgem_heap *heap)
{
	if (ddev->num_heaps == ARRAY_SIZE(ddev->heaps))
		return -ENOSPC;

	heap->index = ddev->num_heaps;
	ddev->heaps[ddev->num_heaps++] = heap;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_add);

/**
 * dgem_heap_get() - find a heap by the number that user space gave
 * @ddev: the instance
 * @index: any number
 *
 * Return: the heap, which lives as long as the device, or NULL.
 */
struct dgem_heap *dgem_heap_get(struct dgem_device *ddev, u32 index)
{
	if (index >= ddev->num_heaps)
		return NULL;

	return ddev->heaps[array_index_nospec(index, ddev->num_heaps)];
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_get);

/**
 * dgem_heap_info() - tell user space about a heap
 * @heap: the heap
 * @info: written, but for its input fields
 */
void dgem_heap_info(struct dgem_heap *heap, struct drm_dgem_heap_info *info)
{
	info->kind = heap->kind;
	info->caps = heap->caps;
	info->create_flags = heap->create_flags;
	info->used = (u64)atomic_long_read(&heap->used) << PAGE_SHIFT;
	info->granularity = PAGE_SIZE;
	info->max_bo_size = heap->max_bo_size;
	info->addr_bits = 64;
	info->numa_node = -1;
	if (heap->ops->info)
		heap->ops->info(heap, info);
	strscpy(info->name, heap->name, sizeof(info->name));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_info);

/**
 * dgem_heap_reserve() - get the memory of a BO that has to be there from the start
 * @heap: the heap
 * @pages: the directory, empty; nobody else can reach it
 * @request: what the memory has to be like; says why it is refused
 *
 * Return: number of pages that became resident: all of them, or none where memory
 * comes later; or a negative error code.
 */
int dgem_heap_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
		      struct dgem_request *request)
{
	int ret;

	if (!heap->ops->reserve)
		return dgem_request_zone(request, &pages->zone);

	ret = dgem_pages_prepare(pages);
	if (ret)
		return ret;

	ret = heap->ops->reserve(heap, pages, request);
	if (ret)
		return ret;

	atomic_long_add(pages->nr_pages, &heap->used);
	return pages->nr_pages;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_reserve);

/**
 * dgem_heap_fill() - make an empty chunk whole
 * @heap: the heap
 * @pages: the directory
 * @chunk: the chunk, empty
 *
 * Return: number of pages that became resident; -ENOMEM; -EINTR on a fatal signal.
 */
int dgem_heap_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		   unsigned long chunk)
{
	int nr = dgem_pages_in_chunk(pages, chunk);
	int ret;

	ret = dgem_pages_prepare(pages);
	if (ret)
		return ret;

	ret = heap->ops->fill(heap, pages, chunk);
	if (ret)
		return ret;

	atomic_long_add(nr, &heap->used);
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_fill);

/**
 * dgem_heap_fill_page() - fill a hole, and others where that costs nothing
 * @heap: the heap
 * @pages: the directory
 * @idx: the page, a hole
 *
 * Return: number of pages that became resident; -ENOMEM, also of a heap that fills
 * whole chunks only; -EINTR on a fatal signal.
 */
int dgem_heap_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
			unsigned long idx)
{
	int ret;

	if (!heap->ops->fill_page)
		return -ENOMEM;

	ret = dgem_pages_prepare(pages);
	if (ret)
		return ret;

	ret = heap->ops->fill_page(heap, pages, idx);
	if (ret < 0)
		return ret;

	dgem_pages_close(pages, idx >> DGEM_CHUNK_ORDER);
	atomic_long_add(ret, &heap->used);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_fill_page);

/**
 * dgem_heap_fill_waits() - whether filling holes would wait for I/O
 * @heap: the heap
 * @pages: the directory
 * @idx: the first page
 * @nr: number of pages, all in one chunk
 *
 * Return: true if there are holes whose contents have to be read from somewhere.
 */
bool dgem_heap_fill_waits(struct dgem_heap *heap, struct dgem_pages *pages,
			  unsigned long idx, unsigned long nr)
{
	return heap->ops->fill_waits &&
	       heap->ops->fill_waits(heap, pages, idx, nr);
}

/**
 * dgem_heap_fill_allocates() - whether filling holes would take fresh memory
 * @heap: the heap
 * @pages: the directory
 * @idx: the first page
 * @nr: number of pages, all in one chunk
 *
 * Return: false if the heap has the contents of all of them already, be it in swap.
 */
bool dgem_heap_fill_allocates(struct dgem_heap *heap, struct dgem_pages *pages,
			      unsigned long idx, unsigned long nr)
{
	return !heap->ops->fill_allocates ||
	       heap->ops->fill_allocates(heap, pages, idx, nr);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_fill_allocates);

/**
 * dgem_heap_backed() - how much memory a directory has taken from its heap
 * @heap: the heap
 * @pages: the directory
 *
 * Return: number of pages, those that were evicted or are in swap included.
 */
unsigned long dgem_heap_backed(struct dgem_heap *heap, struct dgem_pages *pages)
{
	return heap->ops->backed ? heap->ops->backed(heap, pages) :
	       pages->resident;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_backed);

/**
 * dgem_heap_empty() - take the pages of a chunk back
 * @heap: the heap
 * @pages: the directory
 * @chunk: the chunk; nothing happens if it is empty
 * @keep: whether the contents are still wanted
 */
void dgem_heap_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		     unsigned long chunk, bool keep)
{
	unsigned long before = pages->resident;

	if (dgem_pages_is_empty(pages, chunk))
		return;

	heap->ops->empty(heap, pages, chunk, keep);
	atomic_long_sub(before - pages->resident, &heap->used);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_empty);

static void dgem_heap_empty_all(struct dgem_heap *heap, struct dgem_pages *pages)
{
	unsigned long chunk;

	for (chunk = 0; pages->resident && chunk < dgem_pages_chunks(pages); chunk++) {
		dgem_heap_empty(heap, pages, chunk, false);
		cond_resched();
	}
}

/**
 * dgem_heap_discard() - free all memory of a directory at once
 * @heap: the heap
 * @pages: the directory, which ends up as it was before the first fill
 *
 * dgem_heap_release() may only have freed it when a worker has run. Called from
 * reclaim: does not allocate.
 */
void dgem_heap_discard(struct dgem_heap *heap, struct dgem_pages *pages)
{
	dgem_heap_empty_all(heap, pages);
	if (heap->ops->discard)
		heap->ops->discard(heap, pages);
	dgem_heap_release(heap, pages);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_discard);

/**
 * dgem_heap_release() - free all pages, and what the heap keeps
 * @heap: the heap
 * @pages: the directory; nobody else can reach it
 */
void dgem_heap_release(struct dgem_heap *heap, struct dgem_pages *pages)
{
	dgem_heap_empty_all(heap, pages);
	if (heap->ops->release)
		heap->ops->release(heap, pages);
	dgem_pages_fini(pages);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_heap_release);
