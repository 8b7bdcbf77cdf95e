/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_COST_H__
#define __DGEM_COST_H__

#include <linux/types.h>

struct dgem_heap;

u64 dgem_cost(const struct dgem_heap *heap, u64 size);
u64 dgem_cost_size_for(const struct dgem_heap *heap, u64 left);

#endif
