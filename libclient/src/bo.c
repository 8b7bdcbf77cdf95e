// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

int bo_alloc(struct dgem_device *dev, struct dgem_bo **ret_bo)
{
	struct dgem_bo *bo = calloc(1, sizeof(*bo));
	int ret;

	if (!bo)
		return -ENOMEM;
	ret = -pthread_mutex_init(&bo->map_lock, NULL);
	if (ret) {
		free(bo);
		return ret;
	}
	bo->dev = dgem_device_ref(dev);
	atomic_init(&bo->refs, 1);
	atomic_init(&bo->shared, false);
	atomic_init(&bo->labelled, false);
	bo->access_fd = -1;
	*ret_bo = bo;
	return 0;
}

void bo_free(struct dgem_bo *bo)
{
	struct dgem_device *dev = bo->dev;

	if (bo->ptr)
		sys_munmap(bo->ptr, (size_t)bo->size);
	if (bo->access_fd >= 0)
		sys_close(bo->access_fd);
	pthread_mutex_destroy(&bo->map_lock);
	free(bo->cached);
	free(bo);
	dgem_device_unref(dev);
}

/* What the first version of the struct has; later ones append to it. */
#define OPTIONS_FIRST_SIZE                              \
	(offsetof(struct dgem_bo_options, reason_arg) + \
	 sizeof(((struct dgem_bo_options *)0)->reason_arg))

int bo_take_options(const struct dgem_bo_options *options, struct dgem_bo_options *ret_known)
{
	static const struct dgem_bo_options defaults = DGEM_BO_OPTIONS_INIT;

	if (!options)
		options = &defaults;
	if (options->struct_size < OPTIONS_FIRST_SIZE)
		return -EINVAL;
	return take_versioned(ret_known, sizeof(*ret_known), options, options->struct_size);
}

int bo_find_heap(struct dgem_device *dev, struct dgem_bo_options *options)
{
	int ret;

	if (options->pad)
		return -EINVAL;
	if (!options->heap_name)
		return 0;
	if (options->heap)
		return -EINVAL;
	ret = dgem_heap_find(dev, options->heap_name, &options->heap);
	options->heap_name = NULL;
	return ret;
}

static void options_to_uapi(const struct dgem_bo_options *options, struct drm_dgem_bo_create *args)
{
	args->flags = options->flags;
	args->heap = options->heap;
	args->align = options->align;
	args->boundary = options->boundary;
	args->heap_offset = options->heap_offset;
	args->addr_bits = options->addr_bits;
	args->numa_node = options->numa_node;
}

static void report_reason(const struct dgem_bo_options *options,
			  const struct drm_dgem_bo_create *args)
{
	if (options->reason)
		*options->reason = args->reason;
	if (options->reason_arg)
		*options->reason_arg = args->reason_arg;
}

DGEM_API int dgem_bo_create(struct dgem_device *dev, uint64_t size,
			    const struct dgem_bo_options *options, struct dgem_bo **ret_bo)
{
	struct drm_dgem_bo_create args = { .size = size };
	struct dgem_bo_options known;
	struct dgem_bo *bo;
	int ret;

	ret = bo_take_options(options, &known);
	if (!ret)
		ret = bo_find_heap(dev, &known);
	if (ret)
		return ret;
	options_to_uapi(&known, &args);
	ret = bo_alloc(dev, &bo);
	if (ret)
		return ret;

	ret = sys_ioctl(dev->fd, DRM_IOCTL_DGEM_BO_CREATE, &args);
	if (ret) {
		report_reason(&known, &args);
		bo_free(bo);
		return ret;
	}
	bo->handle = args.handle;
	bo->size = args.size;
	bo->mmap_offset = args.mmap_offset;
	/*
	 * The lock is not needed around the ioctl: a closed handle left the
	 * table before the kernel could give its number again.
	 */
	pthread_mutex_lock(&dev->lock);
	bo_table_insert(&dev->bos, bo);
	pthread_mutex_unlock(&dev->lock);

	if (known.label) {
		ret = dgem_bo_set_label(bo, known.label);
		if (ret) {
			dgem_bo_unref(bo);
			return ret;
		}
	}
	*ret_bo = bo;
	return 0;
}

DGEM_API struct dgem_bo *dgem_bo_ref(struct dgem_bo *bo)
{
	atomic_fetch_add_explicit(&bo->refs, 1, memory_order_relaxed);
	return bo;
}

static bool unref_unless_last(struct dgem_bo *bo)
{
	unsigned int refs = atomic_load_explicit(&bo->refs, memory_order_relaxed);

	while (refs > 1) {
		if (atomic_compare_exchange_weak_explicit(&bo->refs, &refs, refs - 1,
							  memory_order_release,
							  memory_order_relaxed))
			return true;
	}
	return false;
}

DGEM_API void dgem_bo_unref(struct dgem_bo *bo)
{
	struct dgem_device *dev;
	bool shared;

	if (!bo || unref_unless_last(bo))
		return;
	dev = bo->dev;
	pthread_mutex_lock(&dev->lock);
	/* An import may have found the BO in the table meanwhile. */
	if (atomic_fetch_sub_explicit(&bo->refs, 1, memory_order_acq_rel) != 1) {
		pthread_mutex_unlock(&dev->lock);
		return;
	}
	bo_table_remove(&dev->bos, bo);
	/*
	 * A shared BO is closed under the lock: an import between removal and
	 * close would get this very handle, and then lose it. Others are closed
	 * outside, because freeing much memory takes long.
	 */
	shared = atomic_load_explicit(&bo->shared, memory_order_relaxed);
	if (shared)
		sys_close_handle(dev->fd, bo->handle);
	pthread_mutex_unlock(&dev->lock);
	if (!shared)
		sys_close_handle(dev->fd, bo->handle);
	bo_free(bo);
}

DGEM_API struct dgem_device *dgem_bo_device(const struct dgem_bo *bo)
{
	return bo->dev;
}

DGEM_API uint64_t dgem_bo_size(const struct dgem_bo *bo)
{
	return bo->size;
}

DGEM_API uint32_t dgem_bo_handle(struct dgem_bo *bo)
{
	/* The caller can export the handle by itself. */
	atomic_store_explicit(&bo->shared, true, memory_order_relaxed);
	return bo->handle;
}
