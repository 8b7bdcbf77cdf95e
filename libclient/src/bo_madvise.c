// SPDX-License-Identifier: MIT
#include "internal.h"
#include "sys.h"

DGEM_API int dgem_bo_madvise(struct dgem_bo *bo, uint32_t advice)
{
	struct drm_dgem_bo_madvise args = { .handle = bo->handle, .madv = advice };
	int ret;

	ret = sys_ioctl(bo->dev->fd, DRM_IOCTL_DGEM_BO_MADVISE, &args);
	return ret ? ret : args.retained != 0;
}
