/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_IMPORT_H__
#define __DGEM_IMPORT_H__

struct dgem_bo;
struct dma_buf;
struct dma_buf_attachment;
struct drm_device;
struct drm_gem_object;

struct dma_buf_attachment *dgem_import_attach(struct drm_device *drm,
					      struct dma_buf *dmabuf);
struct drm_gem_object *dgem_import(struct drm_device *drm,
				   struct dma_buf *dmabuf);
void dgem_import_fini(struct dgem_bo *bo);

#endif
