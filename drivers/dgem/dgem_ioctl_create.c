// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * BO_CREATE, whose argument says why it failed, and what would have worked.
 */

#include <linux/minmax.h>

#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>
#include <drm/dgem_drm.h>

#include "dgem_bo_charge.h"
#include "dgem_bo_pages.h"
#include "dgem_bo_reserve.h"
#include "dgem_cost.h"
#include "dgem_heap.h"
#include "dgem_ioctl.h"
#include "dgem_limit.h"
#include "dgem_purge.h"
#include "dgem_request.h"

/* What does not depend on the heap. */
static int dgem_check_bo_create(const struct drm_dgem_bo_create *args)
{
	if (args->handle | args->pad | args->mmap_offset)
		return -EINVAL;

	return args->size ? 0 : -EINVAL;
}

/* Whether memory is asked for that will have to be in RAM all at once. */
static bool dgem_needs_ram(const struct dgem_heap *heap, u64 flags)
{
	return dgem_heap_keeps_ram(heap) ||
	       (dgem_heap_swappable(heap) && (flags & DRM_DGEM_BO_POPULATE));
}

/* What no heap and no machine could give, found out before anything is done. */
static int dgem_check_size(struct drm_dgem_bo_create *args,
			   const struct dgem_heap *heap)
{
	u64 max = heap->max_bo_size ?: DGEM_MAX_BO_SIZE;

	/* Before rounding, which would overflow. */
	if (args->size > max) {
		args->reason = DRM_DGEM_REASON_SIZE;
		/* Whether so much memory could be had has not been tried. */
		if (!dgem_needs_ram(heap, args->flags))
			args->reason_arg = max;
		return -EINVAL;
	}

	if (dgem_needs_ram(heap, args->flags) &&
	    PAGE_ALIGN(args->size) > dgem_limit_ram()) {
		args->reason = DRM_DGEM_REASON_MEMORY;
		return -ENOMEM;
	}

	return 0;
}

/* Bytes that a BO with a mmap offset can have. */
static u64 dgem_offset_left(struct dgem_account *account)
{
	u64 left = dgem_limit_left(account, DGEM_LIMIT_OFFSETS);

	return left == U64_MAX ? left : left << PAGE_SHIFT;
}

/* Tells what the limit leaves that refused a BO; both, if both would matter. */
static void dgem_tell_limit(struct drm_dgem_bo_create *args,
			    struct dgem_account *account,
			    const struct dgem_heap *heap, u32 reason)
{
	u64 left = dgem_limit_left(account, DGEM_LIMIT_UNSWAPPABLE);

	left = dgem_cost_size_for(heap, left);
	if (args->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		left = min(left, dgem_offset_left(account));

	args->reason = reason;
	args->reason_arg = left;
}

/* Tells why the heap refused. */
static void dgem_tell_request(struct drm_dgem_bo_create *args,
			      const struct dgem_request *request)
{
	args->reason = request->reason;
	args->reason_arg = request->reason_arg;
}

/* What is asked for beyond an empty BO, the cheapest first. */
static int dgem_bo_prepare(struct dgem_bo *bo, struct dgem_request *request)
{
	u64 flags = request->flags;
	int ret;

	if (flags & DRM_DGEM_BO_WITH_MMAP_OFFSET) {
		ret = dgem_bo_make_offset(bo);
		if (ret)
			return ret;
	}

	if (dgem_request_matters(request, bo->heap)) {
		ret = dgem_bo_reserve(bo, request);
		if (ret)
			return ret;
	}

	/* Nobody can wait for its lock meanwhile: it has no handle yet. */
	if (flags & DRM_DGEM_BO_POPULATE)
		return dgem_bo_populate_all(bo);

	return 0;
}

/**
 * dgem_bo_create_for() - make a BO as BO_CREATE does, but for its handle
 * @ddev: the instance
 * @account: what it is charged to, NULL if its creator is exempt
 * @args: what it is to be like, as user space says it; why there is none is written there
 *
 * Return: the BO, which nobody else can reach, or the error of BO_CREATE.
 */
struct dgem_bo *dgem_bo_create_for(struct dgem_device *ddev,
				   struct dgem_account *account,
				   struct drm_dgem_bo_create *args)
{
	struct dgem_request request;
	struct dgem_heap *heap;
	struct dgem_bo *bo;
	int ret;

	args->reason = DRM_DGEM_REASON_NONE;
	args->reason_arg = 0;

	heap = dgem_heap_get(ddev, args->heap);
	if (!heap)
		return ERR_PTR(-EINVAL);

	ret = dgem_check_bo_create(args);
	if (ret)
		return ERR_PTR(ret);

	ret = dgem_request_init(&request, heap, args);
	if (ret)
		return ERR_PTR(ret);

	ret = dgem_check_size(args, heap);
	if (ret)
		return ERR_PTR(ret);

	bo = dgem_bo_create_purging(ddev, account, heap, PAGE_ALIGN(args->size),
				    args->flags);
	if (IS_ERR(bo)) {
		if (bo == ERR_PTR(-EDQUOT))
			dgem_tell_limit(args, account, heap,
					DRM_DGEM_REASON_USER_LIMIT);
		else if (bo == ERR_PTR(-ENOMEM))
			args->reason = DRM_DGEM_REASON_MEMORY;
		return bo;
	}

	ret = dgem_bo_prepare(bo, &request);
	if (!ret)
		return bo;

	/* This much could be had, and is about to be free again. */
	if (ret == -ENOMEM && !dgem_pages_complete(&bo->pages))
		args->reason_arg = (u64)bo->pages.resident << PAGE_SHIFT;
	dgem_bo_put(bo);

	/* Told when what the BO was charged is free again. */
	if (ret == -EDQUOT)
		dgem_tell_limit(args, account, heap, DRM_DGEM_REASON_MMAP_SPACE);
	else if (request.reason)
		dgem_tell_request(args, &request);
	else if (ret == -ENOSPC)
		args->reason = DRM_DGEM_REASON_MMAP_SPACE;
	if (ret == -ENOMEM)
		args->reason = DRM_DGEM_REASON_MEMORY;
	return ERR_PTR(ret);
}

int dgem_ioctl_bo_create(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct drm_dgem_bo_create *args = data;
	struct dgem_bo *bo;
	u64 size;
	int ret;

	bo = dgem_bo_create_for(to_dgem_device(drm), file->driver_priv, args);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	/* Publishes the BO: from here on, only our reference keeps it. */
	size = bo->base.size;
	ret = drm_gem_handle_create(file, &bo->base, &args->handle);
	if (ret) {
		if (ret == -ENOMEM)
			args->reason = DRM_DGEM_REASON_MEMORY;
		goto out_put;
	}

	args->size = size;
	if (args->flags & DRM_DGEM_BO_WITH_MMAP_OFFSET)
		args->mmap_offset = drm_vma_node_offset_addr(&bo->base.vma_node);

out_put:
	dgem_bo_put(bo);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_create);
