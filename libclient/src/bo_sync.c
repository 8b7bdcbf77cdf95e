// SPDX-License-Identifier: MIT
#include <errno.h>

#include "internal.h"
#include "sys.h"

/* As many as each kernel takes at once that has the ioctl. */
#define BATCH 256

static int sync_ops(struct dgem_device *dev, const struct drm_dgem_sync_op *ops, size_t count)
{
	struct drm_dgem_bo_sync args = {
		.ops = (uintptr_t)ops,
		.count = (uint32_t)count,
		.stride = sizeof(*ops),
	};

	return sys_ioctl(dev->fd, DRM_IOCTL_DGEM_BO_SYNC, &args);
}

DGEM_API int dgem_bo_sync(struct dgem_bo *bo, uint32_t flags, uint64_t offset, uint64_t size)
{
	const struct drm_dgem_sync_op op = {
		.handle = bo->handle,
		.flags = flags,
		.offset = offset,
		.size = size,
	};

	return sync_ops(bo->dev, &op, 1);
}

DGEM_API int dgem_device_sync(struct dgem_device *dev, const struct dgem_sync_part *parts,
			      size_t count)
{
	struct drm_dgem_sync_op ops[BATCH];
	size_t i, batch;
	int ret;

	for (i = 0; i < count; i++)
		if (parts[i].bo->dev != dev || parts[i].pad)
			return -EINVAL;

	for (; count; count -= batch, parts += batch) {
		batch = count < BATCH ? count : BATCH;
		for (i = 0; i < batch; i++)
			ops[i] = (struct drm_dgem_sync_op){
				.handle = parts[i].bo->handle,
				.flags = parts[i].flags,
				.offset = parts[i].offset,
				.size = parts[i].size,
			};
		ret = sync_ops(dev, ops, batch);
		if (ret)
			return ret;
	}
	return 0;
}
