// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <kunit/visibility.h>

#include "dgem_cost.h"
#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"

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
	if (dgem_heap_keeps_ram(heap))
		chunk_cost += DGEM_CHUNK_SIZE;

	/* The last chunk may be short where memory itself is charged. */
	chunks = div64_u64_rem(left, chunk_cost, &rest);
	size = chunks * DGEM_CHUNK_SIZE;
	if (dgem_heap_keeps_ram(heap) && rest > DGEM_COST_CHUNK)
		size += round_down(rest - DGEM_COST_CHUNK, PAGE_SIZE);

	return min(size, DGEM_MAX_BO_SIZE);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_cost_size_for);
