/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_EXPORT_H__
#define __DGEM_EXPORT_H__

#include <linux/types.h>

struct dma_buf;
struct drm_device;
struct drm_file;
struct drm_gem_object;

struct dma_buf *dgem_export(struct drm_gem_object *obj, int flags);
int dgem_prime_handle_to_fd(struct drm_device *drm, struct drm_file *file,
			    u32 handle, u32 flags, int *prime_fd);
bool dgem_export_is_own(struct drm_device *drm, struct dma_buf *dmabuf);

#endif
