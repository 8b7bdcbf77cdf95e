// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <kunit/visibility.h>

#include "dgem_cost.h"
#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"

/* Kernel memory of any BO, and of its directory for each chunk: in bytes. */
#define DGEM_COST_BO		((u64)SZ_1K)
#define DGEM_COST_CHUNK		((u64)8)

/**
 * dgem_cost() - what creating a BO is charged
 * @heap: the heap, NULL for an imported BO
 * @size: bytes, a multiple of the page size
 *
 * A fault cannot report a limit, so a BO whose memory will stay is charged for all
 * of it.
 *
 * Return: bytes.
 */
u64 dgem_cost(const struct dgem_heap *heap, u64 size)
{
	u64 cost = DGEM_COST_BO;

	if (!heap)
		return cost;

	cost += DGEM_COST_CHUNK * DIV_ROUND_UP_ULL(size, DGEM_CHUNK_SIZE);
	return dgem_heap_swappable(heap) ? cost : cost + size;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_cost);

/**
 * dgem_cost_size_for() - the largest BO that costs no more than is left
 * @heap: the heap
 * @left: bytes
 *
 * Return: bytes, a multiple of the page size; 0 if there is none.
 */
u64 dgem_cost_size_for(const struct dgem_heap *heap, u64 left)
{
	u64 chunk_cost = DGEM_COST_CHUNK;
	u64 chunks, rest, size;

	if (left <= DGEM_COST_BO)
		return 0;

	left = min(left - DGEM_COST_BO, DGEM_MAX_BO_SIZE * 2);
	if (!dgem_heap_swappable(heap))
		chunk_cost += DGEM_CHUNK_SIZE;

	/* The last chunk may be short where memory itself is charged. */
	chunks = div64_u64_rem(left, chunk_cost, &rest);
	size = chunks * DGEM_CHUNK_SIZE;
	if (!dgem_heap_swappable(heap) && rest > DGEM_COST_CHUNK)
		size += round_down(rest - DGEM_COST_CHUNK, PAGE_SIZE);

	return min(size, DGEM_MAX_BO_SIZE);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_cost_size_for);
