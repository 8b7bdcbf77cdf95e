// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

#define MAX_STRUCT_SIZE 4096

int copy_versioned(void *dst, size_t dst_size, const void *src, size_t src_size)
{
	if (!dst_size)
		return -EINVAL;
	memcpy(dst, src, dst_size < src_size ? dst_size : src_size);
	if (dst_size > src_size)
		memset((char *)dst + src_size, 0, dst_size - src_size);
	return 0;
}

int take_versioned(void *dst, size_t dst_size, const void *src, size_t src_size)
{
	const unsigned char *bytes = src;
	size_t i;

	/* No struct grows as large: a size that was never set is not believed. */
	if (src_size > MAX_STRUCT_SIZE)
		return -E2BIG;
	for (i = dst_size; i < src_size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(dst, 0, dst_size);
	memcpy(dst, src, dst_size < src_size ? dst_size : src_size);
	return 0;
}

int bo_query(struct dgem_device *dev, uint32_t handle, struct drm_dgem_bo_info *ret_info)
{
	struct drm_dgem_bo_info args = { .handle = handle };
	int ret;

	ret = sys_ioctl(dev->fd, DRM_IOCTL_DGEM_BO_INFO, &args);
	if (!ret)
		*ret_info = args;
	return ret;
}

DGEM_API int dgem_bo_get_info(struct dgem_bo *bo, struct dgem_bo_info *ret_info, size_t size)
{
	struct drm_dgem_bo_info args;
	struct dgem_bo_info info;
	int ret;

	ret = bo_query(bo->dev, bo->handle, &args);
	if (ret)
		return ret;

	memset(&info, 0, sizeof(info));
	info.id = args.id;
	info.size = args.size;
	info.create_flags = args.create_flags;
	info.state = args.state;
	info.resident = args.resident;
	info.huge = args.huge;
	info.heap = args.heap;
	info.handle = args.handle;
	info.madv = args.madv;
	return copy_versioned(ret_info, size, &info, sizeof(info));
}

DGEM_API int dgem_bo_id(struct dgem_bo *bo, uint64_t *ret_id)
{
	struct drm_dgem_bo_info args;
	int ret;

	ret = bo_query(bo->dev, bo->handle, &args);
	if (!ret)
		*ret_id = args.id;
	return ret;
}
