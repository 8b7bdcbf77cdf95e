/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_SYNC_H__
#define __DGEM_BO_SYNC_H__

#include <linux/dma-direction.h>
#include <linux/types.h>

struct device;
struct dgem_bo;
struct page;

int dgem_bo_sync_own_device_locked(struct dgem_bo *bo, u64 offset, u64 size,
				   enum dma_data_direction dir, bool for_device);
int dgem_bo_sync(struct dgem_bo *bo, u64 offset, u64 size, enum dma_data_direction dir,
		 bool for_device);

#if IS_ENABLED(CONFIG_KUNIT)
int dgem_bo_sync_run(struct device *dev, struct page *page, size_t offset, size_t size,
		     enum dma_data_direction dir, bool for_device);
#endif

#endif
