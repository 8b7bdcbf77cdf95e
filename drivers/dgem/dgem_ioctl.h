/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_IOCTL_H__
#define __DGEM_IOCTL_H__

struct dgem_account;
struct dgem_bo;
struct dgem_device;
struct drm_device;
struct drm_dgem_bo_create;
struct drm_file;

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

#endif
