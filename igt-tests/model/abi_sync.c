// SPDX-License-Identifier: MIT
/* The array that BO_SYNC points at: what is wrong with it, and one that is right. */
#include <errno.h>
#include <string.h>

#include "dgem/dgem.h"
#include "igt.h"
#include "model/abi.h"

/* An element may be longer than it is known if the rest is zero. */
static int load(const struct abi_world *w, uint64_t addr, uint32_t stride,
		struct drm_dgem_sync_op *op)
{
	const size_t tail = stride - sizeof(*op);
	const size_t seen = abi_readable(w, addr + sizeof(*op), tail);
	const char *rest = from_user_pointer(addr + sizeof(*op));

	for (size_t i = 0; i < seen; i++)
		if (rest[i])
			return -E2BIG;
	if (seen < tail || abi_readable(w, addr, sizeof(*op)) < sizeof(*op))
		return -EFAULT;
	memcpy(op, from_user_pointer(addr), sizeof(*op));
	return 0;
}

static bool is_good(const struct drm_dgem_sync_op *op)
{
	const uint32_t rw = DRM_DGEM_SYNC_READ | DRM_DGEM_SYNC_WRITE;

	return (op->flags & rw) && !(op->flags & ~(rw | DRM_DGEM_SYNC_END)) && op->size &&
	       op->offset + op->size >= op->size;
}

/* Each by itself, and only then what they are about. */
int abi_check_sync(const struct abi_world *w, const struct drm_dgem_bo_sync *args)
{
	struct drm_dgem_sync_op op;

	for (uint32_t i = 0; i < args->count; i++) {
		const int err = load(w, args->ops + (uint64_t)i * args->stride, args->stride, &op);

		if (err)
			return err;
		if (!is_good(&op))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < args->count; i++) {
		load(w, args->ops + (uint64_t)i * args->stride, args->stride, &op);
		if (op.handle != w->handle)
			return -ENOENT;
		if (op.offset + op.size > dgem_page_size())
			return -EINVAL;
	}
	return 0;
}

bool abi_sync_stride_is_good(uint64_t stride)
{
	return stride >= sizeof(struct drm_dgem_sync_op) && stride <= 4096 && !(stride % 8);
}

/* With a tail of zeros behind each. */
void abi_sync_fill(char *ops, size_t size, uint32_t handle)
{
	const struct drm_dgem_sync_op op = {
		.handle = handle,
		.flags = DRM_DGEM_SYNC_READ,
		.size = 4096,
	};

	memset(ops, 0, size);
	for (size_t at = 0; at + ABI_SYNC_STRIDE <= size; at += ABI_SYNC_STRIDE)
		memcpy(ops + at, &op, sizeof(op));
}
