// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>

#include "internal.h"
#include "sys.h"

DGEM_API int dgem_bo_export(struct dgem_bo *bo, int flags, int *ret_fd)
{
	uint32_t prime_flags = DRM_CLOEXEC;

	if (flags != O_RDONLY && flags != O_RDWR)
		return -EINVAL;
	if (flags == O_RDWR)
		prime_flags |= DRM_RDWR;
	/* Before the dma-buf exists, so that no import can be earlier. */
	atomic_store_explicit(&bo->shared, true, memory_order_relaxed);
	return sys_prime_export(bo->dev->fd, bo->handle, prime_flags, ret_fd);
}

/* dev->lock is held. */
static int adopt_locked(struct dgem_device *dev, struct dgem_bo *bo, uint32_t handle)
{
	struct drm_dgem_bo_info info;
	int ret;

	ret = bo_query(dev, handle, &info);
	if (ret) {
		sys_close_handle(dev->fd, handle);
		return ret;
	}
	bo->handle = handle;
	bo->size = info.size;
	bo->imported = info.state & DRM_DGEM_BO_STATE_IMPORTED;
	atomic_store_explicit(&bo->shared, true, memory_order_relaxed);
	bo_table_insert(&dev->bos, bo);
	return 0;
}

DGEM_API int dgem_bo_import(struct dgem_device *dev, int fd, struct dgem_bo **ret_bo)
{
	struct dgem_bo *fresh, *known = NULL;
	uint32_t handle;
	int ret;

	ret = bo_alloc(dev, &fresh);
	if (ret)
		return ret;

	/*
	 * The handle that the kernel returns may be one that another thread is
	 * about to close; the lock makes that happen before or after, so that
	 * the handle is either new or in the table.
	 */
	pthread_mutex_lock(&dev->lock);
	ret = sys_prime_import(dev->fd, fd, &handle);
	if (!ret) {
		known = bo_table_find(&dev->bos, handle);
		if (known)
			dgem_bo_ref(known);
		else
			ret = adopt_locked(dev, fresh, handle);
	}
	pthread_mutex_unlock(&dev->lock);

	if (ret || known)
		bo_free(fresh);
	if (!ret)
		*ret_bo = known ? known : fresh;
	return ret;
}
