/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_IOCTL_H__
#define __DGEM_IOCTL_H__

#include <linux/types.h>

struct dgem_account;
struct dgem_bo;
struct dgem_device;
struct drm_device;
struct drm_dgem_bo_create;
struct drm_file;

/* What %DRM_DGEM_PARAM_SYNC_MAX_OPS tells. */
#define DGEM_SYNC_MAX_OPS	256

/*
 * Whether a 64-bit address can be a user's at all: u64_to_user_ptr() drops what a
 * 32-bit kernel has no room for. Of no bytes any address will do.
 */
static inline bool dgem_is_user_range(u64 address, size_t len)
{
	return !len || address == (uintptr_t)address;
}

int dgem_ioctl_get_param(struct drm_device *drm, void *data,
			 struct drm_file *file);
int dgem_ioctl_heap_info(struct drm_device *drm, void *data,
			 struct drm_file *file);
struct dgem_bo *dgem_bo_create_for(struct dgem_device *ddev,
				   struct dgem_account *account,
				   struct drm_dgem_bo_create *args);
int dgem_ioctl_bo_create(struct drm_device *drm, void *data,
			 struct drm_file *file);
int dgem_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			      struct drm_file *file);
int dgem_ioctl_bo_info(struct drm_device *drm, void *data,
		       struct drm_file *file);
int dgem_ioctl_bo_wait(struct drm_device *drm, void *data,
		       struct drm_file *file);
int dgem_ioctl_bo_set_label(struct drm_device *drm, void *data,
			    struct drm_file *file);
int dgem_ioctl_bo_get_label(struct drm_device *drm, void *data,
			    struct drm_file *file);
int dgem_ioctl_bo_madvise(struct drm_device *drm, void *data,
			  struct drm_file *file);
int dgem_ioctl_bo_sync(struct drm_device *drm, void *data, struct drm_file *file);
int dgem_ioctl_bo_map_dma(struct drm_device *drm, void *data, struct drm_file *file);
int dgem_ioctl_bo_unmap_dma(struct drm_device *drm, void *data, struct drm_file *file);

#endif
