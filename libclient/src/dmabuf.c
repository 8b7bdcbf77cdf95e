// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/dma-buf.h>
#include <sys/mman.h>

#include "internal.h"
#include "sys.h"

/*
 * mmap() of a dma-buf cannot choose an aligned address by itself, so more
 * address space than needed is reserved, the mapping laid over its aligned
 * part, and the rest given back.
 */
static int map_aligned(int fd, size_t length, int prot, size_t align, void **ret_ptr)
{
	size_t reserved = length + align, head;
	void *area, *ptr;
	int ret;

	if (reserved < length)
		return -EOVERFLOW;
	ret = sys_mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		       0, &area);
	if (ret)
		return ret;

	head = -(uintptr_t)area % align;
	ret = sys_mmap((char *)area + head, length, prot, MAP_SHARED | MAP_FIXED, fd, 0, &ptr);
	if (ret) {
		sys_munmap(area, reserved);
		return ret;
	}
	if (head)
		sys_munmap(area, head);
	sys_munmap((char *)ptr + length, reserved - head - length);
	*ret_ptr = ptr;
	return 0;
}

static int map_place(struct dgem_device *dev, int fd, size_t length, int prot, void **ret_ptr)
{
	uint64_t huge = 0;
	int ret;

	if (dev) {
		ret = dgem_device_get_param(dev, DRM_DGEM_PARAM_HUGE_MAP_SIZE, 0, &huge);
		if (ret)
			return ret;
	}
	if (huge > PTRDIFF_MAX || huge & (huge - 1))
		return -EOVERFLOW;
	if (huge && length >= huge)
		return map_aligned(fd, length, prot, (size_t)huge, ret_ptr);
	return sys_mmap(NULL, length, prot, MAP_SHARED, fd, 0, ret_ptr);
}

DGEM_API int dgem_dmabuf_map(struct dgem_device *dev, int fd, uint64_t offset, uint64_t size,
			     int prot, struct dgem_map **ret_map)
{
	uint64_t total;
	size_t length;
	void *ptr;
	int ret;

	if (prot & ~(PROT_READ | PROT_WRITE))
		return prot & PROT_EXEC ? -EACCES : -EINVAL;
	ret = sys_file_size(fd, &total);
	if (ret)
		return ret;
	ret = map_check_range(total, offset, &size);
	if (ret)
		return ret;
	/*
	 * From the start, whatever the part: an exporter may ignore the offset
	 * of a mapping and show its first page, and there is no way to tell.
	 * What is not wanted stays mapped, because some exporters count from
	 * the start of the mapping at each fault.
	 */
	ret = map_length(offset + size, &length);
	if (ret)
		return ret;
	ret = map_place(dev, fd, length, prot, &ptr);
	if (ret)
		return ret;
	ret = map_wrap(ptr, length, (size_t)offset, ret_map);
	if (ret)
		sys_munmap(ptr, length);
	return ret;
}

bool access_is_valid(unsigned int access)
{
	return access && !(access & ~(DGEM_ACCESS_READ | DGEM_ACCESS_WRITE));
}

int dmabuf_sync(int fd, unsigned int access, uint64_t when)
{
	struct dma_buf_sync args = { .flags = when };

	if (!access_is_valid(access))
		return -EINVAL;
	if (access & DGEM_ACCESS_READ)
		args.flags |= DMA_BUF_SYNC_READ;
	if (access & DGEM_ACCESS_WRITE)
		args.flags |= DMA_BUF_SYNC_WRITE;
	return sys_ioctl(fd, DMA_BUF_IOCTL_SYNC, &args);
}

DGEM_API int dgem_dmabuf_begin_access(int fd, unsigned int access)
{
	return dmabuf_sync(fd, access, DMA_BUF_SYNC_START);
}

DGEM_API int dgem_dmabuf_end_access(int fd, unsigned int access)
{
	return dmabuf_sync(fd, access, DMA_BUF_SYNC_END);
}
