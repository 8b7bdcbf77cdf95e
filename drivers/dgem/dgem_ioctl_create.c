// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * BO_CREATE, whose argument says why it failed, and what would have worked.
 */

#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>
#include <drm/dgem_drm.h>

#include "dgem_bo_pages.h"
#include "dgem_heap.h"
#include "dgem_ioctl.h"

static int dgem_check_bo_create(const struct drm_dgem_bo_create *args,
				const struct dgem_heap *heap)
{
	if (!heap || (args->flags & ~heap->create_flags))
		return -EINVAL;

	if (args->handle | args->align | args->boundary | args->heap_offset |
	    args->addr_bits | args->numa_node | args->pad | args->mmap_offset)
		return -EINVAL;

	return args->size ? 0 : -EINVAL;
}

/* What the flags ask for beyond an empty BO. */
static int dgem_bo_prepare(struct dgem_bo *bo, u64 flags)
{
	int ret;

	/* Nobody can wait for its lock meanwhile: it has no handle yet. */
	if (flags & DRM_DGEM_BO_POPULATE) {
		ret = dgem_bo_populate_all(bo);
		if (ret)
			return ret;
	}

	if (flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		return drm_gem_create_mmap_offset(&bo->base);

	return 0;
}

int dgem_ioctl_bo_create(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct dgem_device *ddev = to_dgem_device(drm);
	struct drm_dgem_bo_create *args = data;
	struct dgem_heap *heap;
	struct dgem_bo *bo;
	u64 size;
	int ret;

	args->reason = DRM_DGEM_REASON_NONE;
	args->reason_arg = 0;

	heap = dgem_heap_get(ddev, args->heap);
	ret = dgem_check_bo_create(args, heap);
	if (ret)
		return ret;

	/* Before rounding, which would overflow. */
	if (args->size > DGEM_MAX_BO_SIZE) {
		args->reason = DRM_DGEM_REASON_SIZE;
		/* Whether so much memory could be had has not been tried. */
		if (!(args->flags & DRM_DGEM_BO_POPULATE))
			args->reason_arg = DGEM_MAX_BO_SIZE;
		return -EINVAL;
	}

	size = PAGE_ALIGN(args->size);
	bo = dgem_bo_create(ddev, heap, size, args->flags);
	if (IS_ERR(bo)) {
		ret = PTR_ERR(bo);
		goto out;
	}

	ret = dgem_bo_prepare(bo, args->flags);
	if (ret) {
		/* This much could be had, and is about to be free again. */
		if (ret == -ENOMEM && !dgem_pages_complete(&bo->pages))
			args->reason_arg = (u64)bo->pages.resident << PAGE_SHIFT;
		goto out_put;
	}

	/* Publishes the BO: from here on, only our reference keeps it. */
	ret = drm_gem_handle_create(file, &bo->base, &args->handle);
	if (ret)
		goto out_put;

	args->size = size;
	if (args->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		args->mmap_offset = drm_vma_node_offset_addr(&bo->base.vma_node);

out_put:
	dgem_bo_put(bo);
out:
	if (ret == -ENOMEM)
		args->reason = DRM_DGEM_REASON_MEMORY;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_create);
