// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>

#include "internal.h"
#include "sys.h"

/*
 * The kernel brackets CPU access by a dma-buf's descriptor. The BO has one from
 * the first begin to the last end, and not for longer: a program with many BOs
 * would run out of descriptors.
 */

/*
 * Whether the BO has a dma-buf. Without one no device can get at the memory.
 * Exporting only to find out would settle the access mode of later exports.
 */
static int has_dmabuf_locked(struct dgem_bo *bo)
{
	struct drm_dgem_bo_info info;
	int ret;

	if (!atomic_load_explicit(&bo->shared, memory_order_relaxed))
		return 0;
	if (!bo->has_dmabuf) {
		ret = bo_query(bo->dev, bo->handle, &info);
		if (ret)
			return ret;
		bo->has_dmabuf = info.state &
				 (DRM_DGEM_BO_STATE_IMPORTED | DRM_DGEM_BO_STATE_EXPORTED);
	}
	return bo->has_dmabuf;
}

static int open_dmabuf_locked(struct dgem_bo *bo)
{
	int ret;

	if (bo->access_fd >= 0)
		return 0;
	ret = has_dmabuf_locked(bo);
	if (ret <= 0)
		return ret;
	/* Either mode will do, but it has to be the one that the dma-buf has. */
	ret = sys_prime_export(bo->dev->fd, bo->handle, DRM_CLOEXEC | DRM_RDWR, &bo->access_fd);
	if (ret == -EACCES)
		ret = sys_prime_export(bo->dev->fd, bo->handle, DRM_CLOEXEC, &bo->access_fd);
	return ret;
}

static void put_access(struct dgem_bo *bo)
{
	pthread_mutex_lock(&bo->map_lock);
	if (bo->access_count && !--bo->access_count && bo->access_fd >= 0) {
		sys_close(bo->access_fd);
		bo->access_fd = -1;
	}
	pthread_mutex_unlock(&bo->map_lock);
}

DGEM_API int dgem_bo_begin_access(struct dgem_bo *bo, unsigned int access)
{
	int fd, ret;

	if (!access_is_valid(access))
		return -EINVAL;
	pthread_mutex_lock(&bo->map_lock);
	ret = open_dmabuf_locked(bo);
	if (!ret)
		bo->access_count++;
	fd = bo->access_fd;
	pthread_mutex_unlock(&bo->map_lock);
	if (ret || fd < 0)
		return ret;

	/* May wait long, so without the lock; the count keeps the descriptor. */
	ret = dmabuf_sync(fd, access, DMA_BUF_SYNC_START);
	if (ret)
		put_access(bo);
	return ret;
}

DGEM_API int dgem_bo_end_access(struct dgem_bo *bo, unsigned int access)
{
	int fd, ret;

	if (!access_is_valid(access))
		return -EINVAL;
	pthread_mutex_lock(&bo->map_lock);
	/* The BO may have got its dma-buf, and a device, since the begin. */
	ret = bo->access_count ? open_dmabuf_locked(bo) : -EINVAL;
	fd = bo->access_fd;
	pthread_mutex_unlock(&bo->map_lock);
	if (ret == -EINVAL)
		return ret;

	if (!ret && fd >= 0)
		ret = dmabuf_sync(fd, access, DMA_BUF_SYNC_END);
	put_access(bo);
	return ret;
}
