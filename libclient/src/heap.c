// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

static int heap_query(struct dgem_device *dev, uint32_t heap, struct drm_dgem_heap_info *ret_info)
{
	struct drm_dgem_heap_info args = { .heap = heap };
	int ret;

	ret = sys_ioctl(dev->fd, DRM_IOCTL_DGEM_HEAP_INFO, &args);
	if (ret)
		return ret;
	args.name[sizeof(args.name) - 1] = '\0';
	*ret_info = args;
	return 0;
}

DGEM_API int dgem_heap_get_info(struct dgem_device *dev, uint32_t heap,
				struct dgem_heap_info *ret_info, size_t size)
{
	struct drm_dgem_heap_info args;
	struct dgem_heap_info info;
	int ret;

	ret = heap_query(dev, heap, &args);
	if (ret)
		return ret;

	memset(&info, 0, sizeof(info));
	info.heap = args.heap;
	info.kind = args.kind;
	info.caps = args.caps;
	info.create_flags = args.create_flags;
	info.size = args.size;
	info.used = args.used;
	info.largest_free = args.largest_free;
	info.max_bo_size = args.max_bo_size;
	info.granularity = args.granularity;
	info.addr_bits = args.addr_bits;
	info.numa_node = args.numa_node;
	memcpy(info.name, args.name, sizeof(info.name));
	return copy_versioned(ret_info, size, &info, sizeof(info));
}

DGEM_API int dgem_heap_find(struct dgem_device *dev, const char *name, uint32_t *ret_heap)
{
	struct drm_dgem_heap_info args;
	uint64_t count, heap;
	int ret;

	ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_NUM_HEAPS, 0, &count);
	if (ret)
		return ret;
	for (heap = 0; heap < count; heap++) {
		ret = heap_query(dev, (uint32_t)heap, &args);
		if (ret)
			return ret;
		if (!strcmp(args.name, name)) {
			*ret_heap = (uint32_t)heap;
			return 0;
		}
	}
	return -ENOENT;
}
