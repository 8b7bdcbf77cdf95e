// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* BO_MAP_DMA and BO_UNMAP_DMA: addresses for the instance's own device. */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_dma.h"
#include "dgem_dma_map.h"
#include "dgem_ioctl.h"

static bool dgem_map_dma_is_malformed(const struct drm_dgem_bo_map_dma *args)
{
	const u32 flags = DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE;

	return !(args->flags & flags) || (args->flags & ~flags) ||
	       !PAGE_ALIGNED(args->offset) || !PAGE_ALIGNED(args->size) || args->map_id ||
	       args->reserved;
}

static struct dgem_dma_map *dgem_map_dma_create(struct drm_file *file, struct dgem_bo *bo,
						const struct drm_dgem_bo_map_dma *args)
{
	static const enum dma_data_direction dirs[] = {
		[DRM_DGEM_DMA_TO_DEVICE] = DMA_TO_DEVICE,
		[DRM_DGEM_DMA_FROM_DEVICE] = DMA_FROM_DEVICE,
		[DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE] = DMA_BIDIRECTIONAL,
	};
	u64 left = bo->base.size - args->offset;

	if (args->offset >= bo->base.size || args->size > left)
		return ERR_PTR(-EINVAL);

	return dgem_dma_map_create(file, bo, args->offset, args->size ?: left, dirs[args->flags]);
}

/*
 * Copies the addresses, for after dgem_dma_add() the mapping may end at any time. Returns
 * their number.
 */
static int dgem_map_dma_segments(const struct dgem_dma_map *map, struct drm_dgem_bo_map_dma *args,
				 struct drm_dgem_dma_seg **segs)
{
	u32 nr = dgem_dma_map_segments(map, NULL);

	if (!nr)
		return -EIO;

	if (nr > args->num_segs) {
		args->num_segs = nr;
		return -EMSGSIZE;
	}

	*segs = kvcalloc(nr, sizeof(**segs), DGEM_GFP);
	if (!*segs)
		return -ENOMEM;

	return dgem_dma_map_segments(map, *segs);
}

/*
 * Returns the number of addresses when there is a mapping, to which no number leads yet,
 * but which ends with the device.
 */
static int dgem_map_dma_of_bo(struct drm_file *file, struct dgem_bo *bo,
			      struct drm_dgem_bo_map_dma *args, struct dgem_dma_map **map,
			      struct drm_dgem_dma_seg **segs)
{
	int nr, ret;

	*map = dgem_map_dma_create(file, bo, args);
	if (IS_ERR(*map))
		return PTR_ERR(*map);

	nr = dgem_map_dma_segments(*map, args, segs);
	if (nr < 0) {
		dgem_dma_map_destroy(*map);
		return nr;
	}

	ret = dgem_dma_add(dgem_bo_device(bo), *map);
	if (ret) {
		kvfree(*segs);
		return ret;
	}

	return nr;
}

/* While the device is there: what it is behind may be asked, and it may be mapped for. */
static int dgem_map_dma_begin(struct dgem_device *ddev, struct drm_file *file,
			      struct drm_dgem_bo_map_dma *args, struct dgem_dma_map **map,
			      struct drm_dgem_dma_seg **segs)
{
	struct dgem_bo *bo;
	int ret;

	ret = dgem_dma_permit(ddev, file);
	if (ret)
		return ret;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	ret = dgem_map_dma_of_bo(file, bo, args, map, segs);
	dgem_bo_put(bo);
	return ret;
}

int dgem_ioctl_bo_map_dma(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct dgem_device *ddev = to_dgem_device(drm);
	struct drm_dgem_bo_map_dma *args = data;
	struct drm_dgem_dma_seg *segs;
	struct dgem_dma_map *map;
	int nr, ret, cookie;
	unsigned long left;

	if (dgem_map_dma_is_malformed(args))
		return -EINVAL;

	if (!dgem_is_user_range(args->segs, args->num_segs))
		return -EFAULT;

	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;

	nr = dgem_map_dma_begin(ddev, file, args, &map, &segs);
	drm_dev_exit(cookie);
	if (nr < 0)
		return nr;

	/* Without any lock: whose memory it is decides how long it takes. */
	left = copy_to_user(u64_to_user_ptr(args->segs), segs, nr * sizeof(*segs));
	kvfree(segs);
	if (left) {
		dgem_dma_drop(ddev, map);
		return -EFAULT;
	}

	ret = dgem_dma_publish(ddev, map, &args->map_id);
	if (!ret)
		args->num_segs = nr;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_map_dma);

int dgem_ioctl_bo_unmap_dma(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_dgem_bo_unmap_dma *args = data;

	if (args->flags)
		return -EINVAL;

	return dgem_dma_remove(to_dgem_device(drm), file, args->map_id);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_unmap_dma);
