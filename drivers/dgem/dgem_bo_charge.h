/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_CHARGE_H__
#define __DGEM_BO_CHARGE_H__

#include <linux/types.h>

#include "dgem_bo.h"
#include "dgem_heap.h"

/* Those of other heaps have been charged for their size. */
static inline bool dgem_bo_charges_fills(const struct dgem_bo *bo)
{
	return bo->account && dgem_heap_swappable(bo->heap);
}

unsigned long dgem_bo_fill_takes_locked(struct dgem_bo *bo, unsigned long idx,
					bool whole);
int dgem_bo_charge_fill_locked(struct dgem_bo *bo, unsigned long idx, bool whole,
			       unsigned long *charged);
void dgem_bo_settle_fill_locked(struct dgem_bo *bo, unsigned long charged);
void dgem_bo_settle_tables_locked(struct dgem_bo *bo, unsigned long before);

int dgem_bo_charge_use_locked(struct dgem_bo *bo);
void dgem_bo_uncharge_use_locked(struct dgem_bo *bo);

int dgem_bo_make_offset(struct dgem_bo *bo);

void dgem_bo_uncharge_backing(struct dgem_bo *bo);

#endif
