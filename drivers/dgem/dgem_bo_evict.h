/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_EVICT_H__
#define __DGEM_BO_EVICT_H__

#include "dgem_bo.h"

struct shrink_control;

void dgem_bo_account(struct dgem_bo *bo, long nr);

unsigned long dgem_bo_count_evictable(struct dgem_device *ddev,
				      struct shrink_control *sc);
unsigned long dgem_bo_evict(struct dgem_device *ddev, struct shrink_control *sc);
bool dgem_bo_evict_all(struct dgem_device *ddev);

#endif
