// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/overflow.h>

#include <kunit/visibility.h>

#include <drm/drm_file.h>
#include <drm/drm_mode.h>
#include <drm/drm_vma_manager.h>

#include "dgem_bo.h"
#include "dgem_bo_charge.h"
#include "dgem_dumb.h"
#include "dgem_purge.h"

/**
 * dgem_dumb_create() - DRM_IOCTL_MODE_CREATE_DUMB
 * @file: the DRM file
 * @drm: the instance
 * @args: the argument; the core has refused zeroes
 *
 * Dumb buffers are BOs of the default heap, for programs that know no driver.
 *
 * Return: 0; -EINVAL if too large; what dgem_bo_create() returns.
 */
int dgem_dumb_create(struct drm_file *file, struct drm_device *drm,
		     struct drm_mode_create_dumb *args)
{
	struct dgem_device *ddev = to_dgem_device(drm);
	u64 pitch = DIV_ROUND_UP_ULL((u64)args->width * args->bpp, 8);
	struct dgem_bo *bo;
	u32 handle;
	u64 size;
	int ret;

	if (pitch > U32_MAX ||
	    check_mul_overflow(pitch, (u64)args->height, &size) ||
	    !size || size > DGEM_MAX_BO_SIZE)
		return -EINVAL;

	size = PAGE_ALIGN(size);

	bo = dgem_bo_create_purging(ddev, file->driver_priv, ddev->heaps[0],
				    size, 0);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	ret = drm_gem_handle_create(file, &bo->base, &handle);
	dgem_bo_put(bo);
	if (ret)
		return ret;

	args->pitch = pitch;
	args->size = size;
	args->handle = handle;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dumb_create);

/**
 * dgem_dumb_map_offset() - DRM_IOCTL_MODE_MAP_DUMB
 * @file: the DRM file
 * @drm: the instance
 * @handle: handle of the BO
 * @offset: set to the offset for mmap()
 *
 * The core's own function does not know whose the offset is.
 *
 * Return: 0; -ENOENT; -EINVAL for an imported BO; what dgem_bo_make_offset() returns.
 */
int dgem_dumb_map_offset(struct drm_file *file, struct drm_device *drm,
			 u32 handle, u64 *offset)
{
	struct dgem_bo *bo;
	int ret = -EINVAL;

	bo = dgem_bo_lookup(file, handle);
	if (!bo)
		return -ENOENT;

	if (bo->heap)
		ret = dgem_bo_make_offset(bo);
	if (!ret)
		*offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	dgem_bo_put(bo);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dumb_map_offset);
