// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * BO_SYNC: an array of parts of BOs. All of it is checked and held before the first
 * part is touched.
 */

#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_sync.h"
#include "dgem_ioctl.h"

/* As far as the tail of an element is looked at that this kernel does not know. */
#define DGEM_SYNC_MAX_STRIDE	4096

/**
 * struct dgem_sync_op - an element of BO_SYNC
 */
struct dgem_sync_op {
	/** @args: as the user gave it. */
	struct drm_dgem_sync_op args;

	/** @bo: its BO, a reference; NULL until it has been looked up. */
	struct dgem_bo *bo;
};

static bool dgem_sync_is_malformed(const struct drm_dgem_bo_sync *args)
{
	return !args->count || args->count > DGEM_SYNC_MAX_OPS ||
	       args->stride < sizeof(struct drm_dgem_sync_op) ||
	       args->stride > DGEM_SYNC_MAX_STRIDE || args->stride % sizeof(u64) || args->flags ||
	       args->pad;
}

static bool dgem_sync_op_is_malformed(const struct drm_dgem_sync_op *op)
{
	const u32 rw = DRM_DGEM_SYNC_READ | DRM_DGEM_SYNC_WRITE;
	u64 end;

	return !(op->flags & rw) || (op->flags & ~(rw | DRM_DGEM_SYNC_END)) || !op->size ||
	       check_add_overflow(op->offset, op->size, &end);
}

static int dgem_sync_read(const struct drm_dgem_bo_sync *args, struct dgem_sync_op *ops)
{
	u64 at = args->ops;
	unsigned int i;
	int ret;

	for (i = 0; i < args->count; i++, at += args->stride) {
		if (!dgem_is_user_range(at, args->stride))
			return -EFAULT;

		ret = copy_struct_from_user(&ops[i].args, sizeof(ops[i].args), u64_to_user_ptr(at),
					    args->stride);
		if (ret)
			return ret;
		if (dgem_sync_op_is_malformed(&ops[i].args))
			return -EINVAL;
	}

	return 0;
}

/* Those that it has looked up are held, also if it fails. */
static int dgem_sync_lookup(struct drm_file *file, struct dgem_sync_op *ops, u32 count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		ops[i].bo = dgem_bo_lookup(file, ops[i].args.handle);
		if (!ops[i].bo)
			return -ENOENT;
		if (ops[i].args.offset + ops[i].args.size > ops[i].bo->base.size)
			return -EINVAL;
	}

	return 0;
}

static int dgem_sync_one(const struct dgem_sync_op *op)
{
	static const enum dma_data_direction dirs[] = {
		[DRM_DGEM_SYNC_READ] = DMA_FROM_DEVICE,
		[DRM_DGEM_SYNC_WRITE] = DMA_TO_DEVICE,
		[DRM_DGEM_SYNC_READ | DRM_DGEM_SYNC_WRITE] = DMA_BIDIRECTIONAL,
	};

	return dgem_bo_sync(op->bo, op->args.offset, op->args.size,
			    dirs[op->args.flags & ~DRM_DGEM_SYNC_END],
			    op->args.flags & DRM_DGEM_SYNC_END);
}

static int dgem_sync_ops(struct drm_file *file, const struct drm_dgem_bo_sync *args,
			 struct dgem_sync_op *ops)
{
	unsigned int i;
	int ret;

	ret = dgem_sync_read(args, ops);
	if (ret)
		return ret;

	ret = dgem_sync_lookup(file, ops, args->count);
	for (i = 0; !ret && i < args->count; i++)
		ret = dgem_sync_one(&ops[i]);

	for (i = 0; i < args->count && ops[i].bo; i++)
		dgem_bo_put(ops[i].bo);
	return ret;
}

int dgem_ioctl_bo_sync(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_dgem_bo_sync *args = data;
	struct dgem_sync_op *ops;
	int ret;

	if (dgem_sync_is_malformed(args))
		return -EINVAL;

	ops = kcalloc(args->count, sizeof(*ops), DGEM_GFP);
	if (!ops)
		return -ENOMEM;

	ret = dgem_sync_ops(file, args, ops);
	kfree(ops);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_sync);
