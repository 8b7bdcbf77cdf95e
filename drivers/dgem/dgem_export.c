// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/iosys-map.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include <drm/drm_drv.h>
#include <drm/drm_prime.h>

#include "dgem_attach.h"
#include "dgem_bo_charge.h"
#include "dgem_bo_pages.h"
#include "dgem_bo_sync.h"
#include "dgem_export.h"
#include "dgem_idle.h"
#include "dgem_mmap.h"
#include "dgem_trace.h"

static struct dgem_bo *dmabuf_to_dgem_bo(struct dma_buf *dmabuf)
{
	return to_dgem_bo(dmabuf->priv);
}

static int dgem_dmabuf_attach(struct dma_buf *dmabuf,
			      struct dma_buf_attachment *attach)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);
	struct dgem_device *ddev = dgem_bo_device(bo);
	struct dgem_attachment *att;
	int ret;

	att = kmalloc_obj(*att, DGEM_GFP);
	if (!att)
		return -ENOMEM;

	dgem_attachment_init(att, attach->dev, bo->base.resv);
	att->dmabuf = dmabuf;
	attach->priv = att;

	ret = dgem_bo_lock_killable(bo);
	if (ret) {
		kfree(att);
		return ret;
	}

	list_add_tail(&att->node, &bo->attachments);
	dma_resv_unlock(bo->base.resv);

	dgem_stat_inc(ddev, DGEM_STAT_ATTACHMENTS);
	dgem_stat_inc(ddev, DGEM_STAT_ATTACHES);
	return 0;
}

static void dgem_dmabuf_detach(struct dma_buf *dmabuf,
			       struct dma_buf_attachment *attach)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);
	struct dgem_attachment *att = attach->priv;

	dgem_attachment_fini(att);
	kfree(att);
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_ATTACHMENTS);
}

static int dgem_dmabuf_pin(struct dma_buf_attachment *attach)
{
	return dgem_bo_pin_locked(dmabuf_to_dgem_bo(attach->dmabuf));
}

static void dgem_dmabuf_unpin(struct dma_buf_attachment *attach)
{
	dgem_bo_unpin_locked(dmabuf_to_dgem_bo(attach->dmabuf));
}

/* The core pins for static importers where it knows that we can. */
static int dgem_dmabuf_use_locked(struct dgem_bo *bo)
{
	return DGEM_DYNAMIC_EXPORT ? dgem_bo_use_locked(bo) :
				     dgem_bo_pin_locked(bo);
}

static void dgem_dmabuf_unuse_locked(struct dgem_bo *bo)
{
	if (DGEM_DYNAMIC_EXPORT)
		dgem_bo_unuse_locked(bo);
	else
		dgem_bo_unpin_locked(bo);
}

static struct sg_table *dgem_dmabuf_map(struct dma_buf_attachment *attach,
					enum dma_data_direction dir)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(attach->dmabuf);
	struct dgem_device *ddev = dgem_bo_device(bo);
	struct sg_table *sgt;
	bool cached;
	int ret;

	ret = dgem_dmabuf_use_locked(bo);
	if (ret)
		return ERR_PTR(ret);

	sgt = dgem_attachment_map_locked(attach->priv, &bo->pages, dir, &cached);
	if (IS_ERR(sgt)) {
		dgem_dmabuf_unuse_locked(bo);
		return sgt;
	}

	dgem_stat_inc(ddev, DGEM_STAT_MAPS);
	if (cached)
		dgem_stat_inc(ddev, DGEM_STAT_REMAPS);
	return sgt;
}

static void dgem_dmabuf_unmap(struct dma_buf_attachment *attach,
			      struct sg_table *sgt, enum dma_data_direction dir)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(attach->dmabuf);
	struct dgem_attachment *att = attach->priv;

	dgem_attachment_unmap_locked(att, sgt, dir);
	if (dgem_attachment_is_idle(att))
		dgem_idle_add_locked(bo);
	dgem_dmabuf_unuse_locked(bo);
}

/* What has no addresses for it, the instance's device does not use. */
static int dgem_dmabuf_sync_own_device_locked(struct dgem_bo *bo, enum dma_data_direction dir,
					      bool for_device)
{
	int ret;

	if (!bo->dma_maps)
		return 0;

	ret = dgem_bo_sync_own_device_locked(bo, 0, bo->base.size, dir, for_device);
	/* It accesses nothing any more. */
	return ret == -ENODEV ? 0 : ret;
}

static int dgem_dmabuf_begin_cpu_access(struct dma_buf *dmabuf,
					enum dma_data_direction dir)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);
	bool write = dir != DMA_FROM_DEVICE;
	struct dgem_attachment *att;
	long ret;

	/*
	 * The core waits for fences, but only after this, when what a device has
	 * written in between would not be seen.
	 */
	ret = dma_resv_wait_timeout(bo->base.resv, dma_resv_usage_rw(write),
				    true, MAX_SCHEDULE_TIMEOUT);
	if (ret < 0)
		return ret;

	ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
	if (ret)
		return ret;

	list_for_each_entry(att, &bo->attachments, node)
		dgem_attachment_sync_for_cpu_locked(att, dir);
	ret = dgem_dmabuf_sync_own_device_locked(bo, dir, false);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_CPU_ACCESSES);
	dma_resv_unlock(bo->base.resv);

	return ret;
}

/* Not interruptible: callers do not repeat the end of an access. */
static int dgem_dmabuf_end_cpu_access(struct dma_buf *dmabuf,
				      enum dma_data_direction dir)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);
	struct dgem_attachment *att;
	int ret;

	ret = dgem_bo_lock_killable(bo);
	if (ret)
		return ret;

	list_for_each_entry(att, &bo->attachments, node)
		dgem_attachment_sync_for_device_locked(att, dir);
	ret = dgem_dmabuf_sync_own_device_locked(bo, dir, true);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_CPU_ACCESSES);
	dma_resv_unlock(bo->base.resv);

	return ret;
}

static int dgem_dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);
	int ret;

	ret = dgem_bo_make_offset(bo);
	if (ret)
		return ret;

	/* One index for all mappings of the BO; the core checked the range. */
	vma->vm_pgoff += drm_vma_node_start(&bo->base.vma_node);
	return dgem_bo_mmap(bo, vma);
}

static int dgem_dmabuf_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	return dgem_bo_vmap_locked(dmabuf_to_dgem_bo(dmabuf), map);
}

static void dgem_dmabuf_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	dgem_bo_vunmap_locked(dmabuf_to_dgem_bo(dmabuf), map);
}

static void dgem_dmabuf_release(struct dma_buf *dmabuf)
{
	struct dgem_bo *bo = dmabuf_to_dgem_bo(dmabuf);

	WRITE_ONCE(bo->mode, DGEM_BO_OWN);
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_EXPORTED);
	drm_gem_dmabuf_release(dmabuf);
}

static const struct dma_buf_ops dgem_dmabuf_ops = {
	.attach = dgem_dmabuf_attach,
	.detach = dgem_dmabuf_detach,
	.pin = DGEM_DYNAMIC_EXPORT ? dgem_dmabuf_pin : NULL,
	.unpin = DGEM_DYNAMIC_EXPORT ? dgem_dmabuf_unpin : NULL,
	.map_dma_buf = dgem_dmabuf_map,
	.unmap_dma_buf = dgem_dmabuf_unmap,
	.begin_cpu_access = dgem_dmabuf_begin_cpu_access,
	.end_cpu_access = dgem_dmabuf_end_cpu_access,
	.mmap = dgem_dmabuf_mmap,
	.vmap = dgem_dmabuf_vmap,
	.vunmap = dgem_dmabuf_vunmap,
	.release = dgem_dmabuf_release,
};

/**
 * dgem_export_is_own() - whether a dma-buf is one of this instance's BOs
 * @drm: the instance
 * @dmabuf: any dma-buf
 *
 * Return: whether its private data is a BO of this instance.
 */
bool dgem_export_is_own(struct drm_device *drm, struct dma_buf *dmabuf)
{
	return dmabuf->ops == &dgem_dmabuf_ops &&
	       dmabuf_to_dgem_bo(dmabuf)->base.dev == drm;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_export_is_own);

/**
 * dgem_export() - make the dma-buf of a BO
 * @obj: the BO, not imported
 * @flags: O_CLOEXEC and access mode
 *
 * Called by the core under object_name_lock when there is none yet.
 *
 * Return: the dma-buf; -EOPNOTSUPP for a device's memory, which nobody could be told
 * that it is gone; -EBUSY if the BO is not needed; -EFAULT if it was purged; what
 * dma_buf_export() returns.
 */
struct dma_buf *dgem_export(struct drm_gem_object *obj, int flags)
{
	struct drm_device *drm = obj->dev;
	struct dma_buf_export_info info = {
		.exp_name = KBUILD_MODNAME,
		.owner = drm->driver->fops->owner,
		.ops = &dgem_dmabuf_ops,
		.size = obj->size,
		.flags = flags,
		.priv = obj,
		.resv = obj->resv,
	};
	struct dgem_bo *bo = to_dgem_bo(obj);
	struct dma_buf *dmabuf;

	if (bo->pages.io)
		return ERR_PTR(-EOPNOTSUPP);

	/* Without the BO's lock: object_name_lock must not wait for a populate. */
	if (!dgem_bo_change_mode(bo, DGEM_BO_OWN, DGEM_BO_EXPORTED))
		return ERR_PTR(dgem_bo_not_needed_error(bo));

	dmabuf = drm_gem_dmabuf_export(drm, &info);
	if (IS_ERR(dmabuf)) {
		WRITE_ONCE(bo->mode, DGEM_BO_OWN);
		return dmabuf;
	}

	dgem_stat_inc(to_dgem_device(drm), DGEM_STAT_EXPORTED);
	trace_dgem_bo_export(bo);
	return dmabuf;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_export);

/**
 * dgem_prime_handle_to_fd() - DRM_IOCTL_PRIME_HANDLE_TO_FD
 * @drm: the instance
 * @file: the DRM file
 * @handle: handle of the BO
 * @flags: DRM_CLOEXEC, DRM_RDWR
 * @prime_fd: set to the file descriptor
 *
 * The core keeps the dma-buf that the first export made for as long as the BO
 * has a handle, and its own function hands that out, whatever access it gives:
 * one that was made for writing then serves a request to only read.
 *
 * Return: 0; -EACCES if the first export was of another access mode; what the
 * core's functions return.
 */
int dgem_prime_handle_to_fd(struct drm_device *drm, struct drm_file *file,
			    u32 handle, u32 flags, int *prime_fd)
{
	struct dma_buf *dmabuf;
	int fd, ret;

	/* First, since the first export fixes the access mode. */
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		return fd;

	dmabuf = drm_gem_prime_handle_to_dmabuf(drm, file, handle, flags);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		goto err_put_fd;
	}

	if ((dmabuf->file->f_flags ^ flags) & O_ACCMODE) {
		ret = -EACCES;
		goto err_put_dmabuf;
	}

	fd_install(fd, dmabuf->file);
	*prime_fd = fd;
	return 0;

err_put_dmabuf:
	dma_buf_put(dmabuf);
err_put_fd:
	put_unused_fd(fd);
	return ret;
}
