// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * One function per ioctl: checks what user space gave, then calls down; BO_CREATE is
 * in dgem_ioctl_create.c, BO_SYNC in dgem_ioctl_sync.c, BO_MAP_DMA in dgem_ioctl_dma.c.
 * The contract, with each errno, is in dgem_drm.h. The argument is copied back on failure,
 * too, so it is written on success only.
 */

#include <linux/string.h>
#include <linux/uaccess.h>

#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>
#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_charge.h"
#include "dgem_heap.h"
#include "dgem_ioctl.h"
#include "dgem_limit.h"
#include "dgem_madvise.h"
#include "dgem_sync.h"

/* Whether all bytes are zero, usually those from a member to args + 1. */
static bool dgem_is_zero(const void *start, const void *end)
{
	return !memchr_inv(start, 0, end - start);
}

static u64 dgem_features(u32 word)
{
	u64 features = BIT_ULL(DRM_DGEM_FEATURE_BO_WAIT) |
		       BIT_ULL(DRM_DGEM_FEATURE_BO_LABEL) |
		       BIT_ULL(DRM_DGEM_FEATURE_LIMITS) |
		       BIT_ULL(DRM_DGEM_FEATURE_BO_MADVISE) |
		       BIT_ULL(DRM_DGEM_FEATURE_CONSTRAINTS) |
		       BIT_ULL(DRM_DGEM_FEATURE_DIRECT_IO) |
		       BIT_ULL(DRM_DGEM_FEATURE_BO_SYNC) |
		       BIT_ULL(DRM_DGEM_FEATURE_MAP_DMA) |
		       BIT_ULL(DRM_DGEM_FEATURE_DEVICE_MEMORY);

	if (word)
		return 0;

	if (DGEM_DYNAMIC_EXPORT)
		features |= BIT_ULL(DRM_DGEM_FEATURE_DYNAMIC_EXPORT);
	return features;
}

/* What the file's account may have, and has. */
static int dgem_get_limit(struct dgem_account *account,
			  struct drm_dgem_get_param *args)
{
	switch (args->param) {
	case DRM_DGEM_PARAM_USER_LIMIT:
		args->value = dgem_limit_of(account, DGEM_LIMIT_UNSWAPPABLE);
		return 0;
	case DRM_DGEM_PARAM_USER_USED:
		args->value = dgem_limit_used(account, DGEM_LIMIT_UNSWAPPABLE);
		return 0;
	case DRM_DGEM_PARAM_SYSTEM_LIMIT:
		args->value = dgem_limit_of(account, DGEM_LIMIT_BACKING) << PAGE_SHIFT;
		return 0;
	case DRM_DGEM_PARAM_SYSTEM_USED:
		args->value = dgem_limit_used(account, DGEM_LIMIT_BACKING) << PAGE_SHIFT;
		return 0;
	case DRM_DGEM_PARAM_MMAP_LIMIT:
		args->value = dgem_limit_of(account, DGEM_LIMIT_OFFSETS) << PAGE_SHIFT;
		return 0;
	case DRM_DGEM_PARAM_MMAP_USED:
		args->value = dgem_limit_used(account, DGEM_LIMIT_OFFSETS) << PAGE_SHIFT;
		return 0;
	default:
		return -EINVAL;
	}
}

/* The kernel must not be asked for a device that is gone. */
static int dgem_get_translation(struct drm_device *drm, struct drm_dgem_get_param *args)
{
	int cookie;

	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;

	args->value = dgem_dma_translation(drm->dev);
	drm_dev_exit(cookie);
	return 0;
}

int dgem_ioctl_get_param(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct dgem_device *ddev = to_dgem_device(drm);
	struct drm_dgem_get_param *args = data;

	if (args->value)
		return -EINVAL;

	if (args->param == DRM_DGEM_PARAM_FEATURES) {
		args->value = dgem_features(args->index);
		return 0;
	}

	if (args->index)
		return -EINVAL;

	switch (args->param) {
	case DRM_DGEM_PARAM_MAX_BO_SIZE:
		args->value = DGEM_MAX_BO_SIZE;
		return 0;
	case DRM_DGEM_PARAM_NUM_HEAPS:
		args->value = ddev->num_heaps;
		return 0;
	case DRM_DGEM_PARAM_PAGE_SIZE:
		args->value = PAGE_SIZE;
		return 0;
	case DRM_DGEM_PARAM_CHUNK_SIZE:
		args->value = DGEM_CHUNK_SIZE;
		return 0;
	case DRM_DGEM_PARAM_HUGE_MAP_SIZE:
		args->value = DGEM_HUGE_MAP_SIZE;
		return 0;
	case DRM_DGEM_PARAM_DMA_POLICY:
		args->value = READ_ONCE(ddev->dma.policy);
		return 0;
	case DRM_DGEM_PARAM_DMA_TRANSLATED:
		return dgem_get_translation(drm, args);
	case DRM_DGEM_PARAM_SYNC_MAX_OPS:
		args->value = DGEM_SYNC_MAX_OPS;
		return 0;
	default:
		return dgem_get_limit(file->driver_priv, args);
	}
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_get_param);

int dgem_ioctl_heap_info(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct drm_dgem_heap_info *args = data;
	struct dgem_heap *heap;

	if (!dgem_is_zero(&args->kind, args + 1))
		return -EINVAL;

	heap = dgem_heap_get(to_dgem_device(drm), args->heap);
	if (!heap)
		return -EINVAL;

	dgem_heap_info(heap, args);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_heap_info);

int dgem_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			      struct drm_file *file)
{
	struct drm_dgem_bo_mmap_offset *args = data;
	struct dgem_bo *bo;
	int ret;

	if (args->flags || args->offset)
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	ret = dgem_bo_make_offset(bo);
	if (!ret)
		args->offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	dgem_bo_put(bo);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_mmap_offset);

int dgem_ioctl_bo_info(struct drm_device *drm, void *data,
		       struct drm_file *file)
{
	struct drm_dgem_bo_info *args = data;
	struct dgem_bo *bo;

	if (!dgem_is_zero(&args->flags, args + 1))
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	args->id = bo->id;
	args->size = bo->base.size;
	args->create_flags = bo->flags;
	args->heap = bo->heap ? bo->heap->index : DRM_DGEM_HEAP_NONE;
	args->madv = READ_ONCE(bo->mode) >= DGEM_BO_DONTNEED ?
		     DRM_DGEM_MADV_DONTNEED : DRM_DGEM_MADV_WILLNEED;
	args->state = dgem_bo_state(bo);
	args->resident = (u64)READ_ONCE(bo->pages.resident) << PAGE_SHIFT;
	args->huge = (u64)dgem_pages_huge(&bo->pages) << PAGE_SHIFT;
	dgem_bo_put(bo);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_info);

int dgem_ioctl_bo_wait(struct drm_device *drm, void *data,
		       struct drm_file *file)
{
	const u32 flags = DRM_DGEM_BO_WAIT_READ | DRM_DGEM_BO_WAIT_WRITE;
	struct drm_dgem_bo_wait *args = data;
	struct dgem_bo *bo;
	int ret;

	if (!args->flags || (args->flags & ~flags))
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	ret = dgem_bo_wait(bo, args->flags & DRM_DGEM_BO_WAIT_WRITE,
			   args->timeout_ns);
	dgem_bo_put(bo);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_wait);

static bool dgem_label_is_printable(const char *text, size_t len)
{
	while (len--)
		if (text[len] < 0x20 || text[len] > 0x7e)
			return false;

	return true;
}

int dgem_ioctl_bo_set_label(struct drm_device *drm, void *data,
			    struct drm_file *file)
{
	struct drm_dgem_bo_label *args = data;
	char text[DRM_DGEM_LABEL_MAX];
	struct dgem_bo *bo;
	int ret;

	if (!dgem_is_zero(&args->flags, args + 1) || args->len > sizeof(text))
		return -EINVAL;

	if (!dgem_is_user_range(args->text, args->len) ||
	    copy_from_user(text, u64_to_user_ptr(args->text), args->len))
		return -EFAULT;

	if (!dgem_label_is_printable(text, args->len))
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	if (bo->heap)
		ret = dgem_bo_set_label(bo, text, args->len);
	else
		ret = -EOPNOTSUPP;
	dgem_bo_put(bo);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_set_label);

int dgem_ioctl_bo_get_label(struct drm_device *drm, void *data,
			    struct drm_file *file)
{
	struct drm_dgem_bo_label *args = data;
	char text[DRM_DGEM_LABEL_MAX + 1];
	struct dgem_bo *bo;
	size_t len, copied;

	if (!dgem_is_zero(&args->flags, args + 1))
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	len = dgem_bo_get_label(bo, text);
	dgem_bo_put(bo);

	copied = min_t(size_t, len, args->len);
	if (!dgem_is_user_range(args->text, copied) ||
	    copy_to_user(u64_to_user_ptr(args->text), text, copied))
		return -EFAULT;

	args->len = len;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_get_label);

int dgem_ioctl_bo_madvise(struct drm_device *drm, void *data,
			  struct drm_file *file)
{
	struct drm_dgem_bo_madvise *args = data;
	int ret = -EOPNOTSUPP;
	struct dgem_bo *bo;
	bool retained;

	if (args->madv > DRM_DGEM_MADV_DONTNEED || args->retained || args->flags)
		return -EINVAL;

	bo = dgem_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	if (bo->heap && (bo->heap->caps & DRM_DGEM_HEAP_CAP_PURGEABLE))
		ret = dgem_bo_madvise(bo, args->madv, &retained);
	if (!ret)
		args->retained = retained;
	dgem_bo_put(bo);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_ioctl_bo_madvise);
