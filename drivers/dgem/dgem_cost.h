/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_COST_H__
#define __DGEM_COST_H__

#include <linux/math.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "dgem_heap.h"
#include "dgem_pages.h"

/* Kernel memory of any BO, and of its directory for each chunk: in bytes. */
#define DGEM_COST_BO		((u64)SZ_1K)
#define DGEM_COST_CHUNK		((u64)8)

/**
 * dgem_cost_of_memory() - what is charged at creation for memory that a BO will have
 * @heap: the heap
 * @size: bytes, a multiple of the page size
 *
 * Return: bytes; 0 if memory is charged when it is there, or used.
 */
static inline u64 dgem_cost_of_memory(const struct dgem_heap *heap, u64 size)
{
	return dgem_heap_keeps_ram(heap) ? size : 0;
}

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
static inline u64 dgem_cost(const struct dgem_heap *heap, u64 size)
{
	u64 cost = DGEM_COST_BO;

	if (!heap)
		return cost;

	cost += DGEM_COST_CHUNK * DIV_ROUND_UP_ULL(size, DGEM_CHUNK_SIZE);
	return cost + dgem_cost_of_memory(heap, size);
}

u64 dgem_cost_size_for(const struct dgem_heap *heap, u64 left);

#endif
