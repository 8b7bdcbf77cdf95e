// SPDX-License-Identifier: MIT
#include "internal.h"
#include "sys.h"

DGEM_API int64_t dgem_deadline(int64_t ns)
{
	int64_t now = sys_now();

	if (ns < 0 || ns > DGEM_WAIT_FOREVER - now)
		return DGEM_WAIT_FOREVER;
	return now + ns;
}

DGEM_API int dgem_bo_wait(struct dgem_bo *bo, uint32_t flags, int64_t deadline)
{
	struct drm_dgem_bo_wait args = {
		.handle = bo->handle,
		.flags = flags,
		.timeout_ns = deadline,
	};

	return sys_ioctl(bo->dev->fd, DRM_IOCTL_DGEM_BO_WAIT, &args);
}
