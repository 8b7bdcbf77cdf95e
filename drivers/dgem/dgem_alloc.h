/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_ALLOC_H__
#define __DGEM_ALLOC_H__

#include <linux/kconfig.h>
#include <linux/types.h>

struct dgem_device;
struct dma_buf;
struct drm_dgem_heap_info;

int dgem_alloc_heap_info(u32 index, struct drm_dgem_heap_info *info);
struct dma_buf *dgem_alloc(const char *heap, u64 size, int flags);

#if IS_ENABLED(CONFIG_KUNIT)
struct dma_buf *dgem_alloc_from(struct dgem_device *ddev, const char *name, u64 size,
				int flags);
#endif

#endif
