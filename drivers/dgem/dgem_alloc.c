// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What the module dgem_heaps asks of this one: BOs of the default instance that have
 * no handle, as dma-bufs.
 */

#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include <drm/drm_drv.h>
#include <drm/dgem_drm.h>

#include "dgem_account.h"
#include "dgem_alloc.h"
#include "dgem_bo.h"
#include "dgem_export.h"
#include "dgem_heap.h"
#include "dgem_ioctl.h"
#include "dgem_platform.h"

static struct dgem_heap *dgem_alloc_find(struct dgem_device *ddev, const char *name)
{
	u32 i;

	for (i = 0; i < ddev->num_heaps; i++)
		if (!strcmp(ddev->heaps[i]->name, name))
			return ddev->heaps[i];
	return NULL;
}

/*
 * A BO of @size bytes of the heap @name, and its dma-buf, with O_CLOEXEC and access mode
 * in @flags. It is charged to the caller, unless he is exempt, as that of a file that he
 * opens would be. Its memory is there: whoever allocates from a dma-heap knows of no
 * other kind. It has no handle until somebody imports the dma-buf. -ENODEV if there is no
 * such heap; the errors of BO_CREATE, with %DRM_DGEM_BO_POPULATE.
 */
VISIBLE_IF_KUNIT struct dma_buf *dgem_alloc_from(struct dgem_device *ddev, const char *name,
						 u64 size, int flags)
{
	struct dgem_heap *heap = dgem_alloc_find(ddev, name);
	struct drm_dgem_bo_create args = {
		.size = size,
		.flags = DRM_DGEM_BO_POPULATE,
	};
	struct dgem_account *account;
	struct dma_buf *dmabuf;
	struct dgem_bo *bo;

	if (!heap)
		return ERR_PTR(-ENODEV);

	account = dgem_account_get_current(ddev);
	if (IS_ERR(account))
		return ERR_CAST(account);

	args.heap = heap->index;
	bo = dgem_bo_create_for(ddev, account, &args);
	/* The BO has a reference of its own. */
	dgem_account_put(account);
	if (IS_ERR(bo))
		return ERR_CAST(bo);

	/* Nobody else can reach the BO: there is no other export to wait for. */
	dmabuf = dgem_export(&bo->base, flags);
	/* From here on the dma-buf keeps it. */
	dgem_bo_put(bo);
	return dmabuf;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_alloc_from);

/**
 * dgem_alloc() - make a BO of the default instance, and its dma-buf
 * @heap: name of one of its heaps
 * @size: in bytes
 * @flags: O_CLOEXEC and access mode
 *
 * Return: what dgem_alloc_from() returns; -ENODEV while there is no default instance.
 */
struct dma_buf *dgem_alloc(const char *heap, u64 size, int flags)
{
	struct dgem_device *ddev = dgem_platform_get_default();
	struct dma_buf *dmabuf;

	if (!ddev)
		return ERR_PTR(-ENODEV);

	dmabuf = dgem_alloc_from(ddev, heap, size, flags);
	drm_dev_put(&ddev->drm);
	return dmabuf;
}
EXPORT_SYMBOL_FOR_MODULES(dgem_alloc, "dgem_heaps");

/**
 * dgem_alloc_heap_info() - what a heap of the default instance is like
 * @index: its number
 * @info: written as by HEAP_INFO
 *
 * Return: 0; -EINVAL if there is no such heap; -ENODEV without a default instance.
 */
int dgem_alloc_heap_info(u32 index, struct drm_dgem_heap_info *info)
{
	struct dgem_device *ddev = dgem_platform_get_default();
	struct dgem_heap *heap;
	int ret = -EINVAL;

	if (!ddev)
		return -ENODEV;

	heap = dgem_heap_get(ddev, index);
	if (heap) {
		*info = (struct drm_dgem_heap_info){ .heap = index };
		dgem_heap_info(heap, info);
		ret = 0;
	}
	drm_dev_put(&ddev->drm);
	return ret;
}
EXPORT_SYMBOL_FOR_MODULES(dgem_alloc_heap_info, "dgem_heaps");
