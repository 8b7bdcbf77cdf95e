/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_CHARGE_H__
#define __DGEM_BO_CHARGE_H__

#include <linux/types.h>

struct dgem_bo;

int dgem_bo_charge_fill_locked(struct dgem_bo *bo, unsigned long chunk,
			       unsigned long *charged);
void dgem_bo_settle_fill_locked(struct dgem_bo *bo, unsigned long charged);

int dgem_bo_charge_use_locked(struct dgem_bo *bo);
void dgem_bo_uncharge_use_locked(struct dgem_bo *bo);

int dgem_bo_make_offset(struct dgem_bo *bo);

void dgem_bo_uncharge_backing(struct dgem_bo *bo);

#endif
