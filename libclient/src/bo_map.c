// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/mman.h>

#include "internal.h"
#include "sys.h"

static int get_offset_locked(struct dgem_bo *bo, uint64_t *ret_offset)
{
	struct drm_dgem_bo_mmap_offset args = { .handle = bo->handle };
	int ret;

	if (!bo->mmap_offset) {
		ret = sys_ioctl(bo->dev->fd, DRM_IOCTL_DGEM_BO_MMAP_OFFSET, &args);
		if (ret)
			return ret;
		bo->mmap_offset = args.offset;
	}
	*ret_offset = bo->mmap_offset;
	return 0;
}

/* The driver chooses the address so that huge page-table entries fit. */
static int map_at(struct dgem_bo *bo, uint64_t offset, size_t length, int prot, void **ret_ptr)
{
	return sys_mmap(NULL, length, prot, MAP_SHARED, bo->dev->fd, offset, ret_ptr);
}

static int map_whole_locked(struct dgem_bo *bo)
{
	uint64_t start;
	size_t length;
	int ret;

	if (bo->ptr)
		return 0;
	ret = map_length(bo->size, &length);
	if (!ret)
		ret = get_offset_locked(bo, &start);
	if (ret)
		return ret;
	return map_at(bo, start, length, PROT_READ | PROT_WRITE, &bo->ptr);
}

DGEM_API int dgem_bo_map(struct dgem_bo *bo, void **ret_ptr)
{
	int ret;

	pthread_mutex_lock(&bo->map_lock);
	ret = map_whole_locked(bo);
	if (!ret) {
		bo->map_count++;
		*ret_ptr = bo->ptr;
	}
	pthread_mutex_unlock(&bo->map_lock);
	return ret;
}

DGEM_API void dgem_bo_unmap(struct dgem_bo *bo)
{
	pthread_mutex_lock(&bo->map_lock);
	/* A cache keeps the mapping for the next user. */
	if (bo->map_count && !--bo->map_count && !bo->cached) {
		sys_munmap(bo->ptr, (size_t)bo->size);
		bo->ptr = NULL;
	}
	pthread_mutex_unlock(&bo->map_lock);
}

DGEM_API int dgem_bo_map_range(struct dgem_bo *bo, uint64_t offset, uint64_t size, int prot,
			       struct dgem_map **ret_map)
{
	uint64_t start, head;
	size_t length;
	void *ptr;
	int ret;

	if (prot & ~(PROT_READ | PROT_WRITE))
		return prot & PROT_EXEC ? -EACCES : -EINVAL;
	ret = map_check_range(bo->size, offset, &size);
	if (ret)
		return ret;
	/* An exporter may ignore the offset of a mapping and show its first page. */
	head = bo->imported ? offset : 0;
	ret = map_length(head + size, &length);
	if (ret)
		return ret;
	pthread_mutex_lock(&bo->map_lock);
	ret = get_offset_locked(bo, &start);
	pthread_mutex_unlock(&bo->map_lock);
	if (!ret)
		ret = map_at(bo, start + offset - head, length, prot, &ptr);
	if (ret)
		return ret;
	ret = map_wrap(ptr, length, (size_t)head, ret_map);
	if (ret)
		sys_munmap(ptr, length);
	return ret;
}
