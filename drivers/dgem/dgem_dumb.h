/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DUMB_H__
#define __DGEM_DUMB_H__

struct drm_device;
struct drm_file;
struct drm_mode_create_dumb;

int dgem_dumb_create(struct drm_file *file, struct drm_device *drm,
		     struct drm_mode_create_dumb *args);
int dgem_dumb_map_offset(struct drm_file *file, struct drm_device *drm,
			 u32 handle, u64 *offset);

#endif
