// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include <kunit/visibility.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/dgem_drm.h>

#include "dgem_account.h"
#include "dgem_bo_pages.h"
#include "dgem_debugfs.h"
#include "dgem_drv.h"
#include "dgem_dumb.h"
#include "dgem_export.h"
#include "dgem_fdinfo.h"
#include "dgem_heap.h"
#include "dgem_idle.h"
#include "dgem_import.h"
#include "dgem_ioctl.h"
#include "dgem_mmap.h"
#include "dgem_reclaim.h"

static const struct drm_ioctl_desc dgem_ioctls[] = {
	DRM_IOCTL_DEF_DRV(DGEM_GET_PARAM, dgem_ioctl_get_param,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_HEAP_INFO, dgem_ioctl_heap_info,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_CREATE, dgem_ioctl_bo_create,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_MMAP_OFFSET, dgem_ioctl_bo_mmap_offset,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_INFO, dgem_ioctl_bo_info,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_WAIT, dgem_ioctl_bo_wait,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_SET_LABEL, dgem_ioctl_bo_set_label,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_GET_LABEL, dgem_ioctl_bo_get_label,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_MADVISE, dgem_ioctl_bo_madvise,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_SYNC, dgem_ioctl_bo_sync,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_MAP_DMA, dgem_ioctl_bo_map_dma,
			  DRM_RENDER_ALLOW),
	DRM_IOCTL_DEF_DRV(DGEM_BO_UNMAP_DMA, dgem_ioctl_bo_unmap_dma,
			  DRM_RENDER_ALLOW),
};

static int dgem_drv_open(struct drm_device *drm, struct drm_file *file)
{
	struct dgem_account *account;

	account = dgem_account_get_current(to_dgem_device(drm));
	if (IS_ERR(account))
		return PTR_ERR(account);

	file->driver_priv = account;
	return 0;
}

static void dgem_drv_postclose(struct drm_device *drm, struct drm_file *file)
{
	dgem_account_put(file->driver_priv);
}

static void dgem_drv_free_bo(struct drm_gem_object *obj)
{
	struct dgem_bo *bo = to_dgem_bo(obj);

	dgem_idle_remove(bo);
	if (!bo->heap)
		dgem_import_fini(bo);
	dgem_bo_release_pages(bo);
	dgem_bo_free(bo);
}

static const struct drm_gem_object_funcs dgem_bo_funcs = {
	.free = dgem_drv_free_bo,
	.export = dgem_export,
};

/*
 * Names that GEM_FLINK gives are small numbers, and GEM_OPEN takes any of them.
 * Elsewhere the DRM master decides who may; here the first to open the primary
 * node is the master. The core has no hook for a driver to refuse these two.
 */
static bool dgem_drv_refuses(unsigned int cmd)
{
	if (DRM_IOCTL_TYPE(cmd) != DRM_IOCTL_BASE)
		return false;

	/* By number alone, as the core looks its ioctls up. */
	return DRM_IOCTL_NR(cmd) == DRM_IOCTL_NR(DRM_IOCTL_GEM_FLINK) ||
	       DRM_IOCTL_NR(cmd) == DRM_IOCTL_NR(DRM_IOCTL_GEM_OPEN);
}

/* Out of line: no other ioctl is to pay for its stack protector. */
static noinline long dgem_drv_refuse(struct file *filp)
{
	struct drm_file *file = filp->private_data;

	return drm_dev_is_unplugged(file->minor->dev) ? -ENODEV : -EOPNOTSUPP;
}

static long dgem_drv_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	if (dgem_drv_refuses(cmd))
		return dgem_drv_refuse(filp);

	return drm_ioctl(filp, cmd, arg);
}

#ifdef CONFIG_COMPAT
static long dgem_drv_compat_ioctl(struct file *filp, unsigned int cmd,
				  unsigned long arg)
{
	if (dgem_drv_refuses(cmd))
		return dgem_drv_refuse(filp);

	return drm_compat_ioctl(filp, cmd, arg);
}
#else
#define dgem_drv_compat_ioctl NULL
#endif

/* The core closes the handles, and the device must not use what they keep. */
static int dgem_drv_release(struct inode *inode, struct file *filp)
{
	struct drm_file *file = filp->private_data;

	dgem_dma_release_file(to_dgem_device(file->minor->dev), file);
	return drm_release(inode, filp);
}

/*
 * The core's functions, but for global names, for mappings, and for a device that a
 * file drives: the core maps whole objects only, none after unplug, and chooses
 * addresses that no huge entry can map.
 */
static const struct file_operations dgem_fops = {
	.owner = THIS_MODULE,
	.open = drm_open,
	.release = dgem_drv_release,
	.unlocked_ioctl = dgem_drv_ioctl,
	.compat_ioctl = dgem_drv_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = dgem_mmap,
	.get_unmapped_area = dgem_get_unmapped_area,
	.show_fdinfo = drm_show_fdinfo,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

#define DGEM_DRIVER(features) {						\
	.driver_features = DRIVER_GEM | DRIVER_SYNCOBJ |		\
			   DRIVER_SYNCOBJ_TIMELINE | (features),	\
	.fops = &dgem_fops,						\
	.ioctls = dgem_ioctls,						\
	.num_ioctls = ARRAY_SIZE(dgem_ioctls),				\
	.open = dgem_drv_open,						\
	.postclose = dgem_drv_postclose,				\
	.prime_handle_to_fd = dgem_prime_handle_to_fd,			\
	.gem_prime_import = dgem_import,				\
	.dumb_create = dgem_dumb_create,				\
	.dumb_map_offset = dgem_dumb_map_offset,			\
	.show_fdinfo = dgem_show_fdinfo,				\
	.name = "dgem",							\
	.desc = "GEM buffer objects without a GPU",			\
	.major = 1,							\
	.minor = 0,							\
}

/* The core allocates the nodes of a device as soon as it has its driver. */
static const struct drm_driver dgem_driver = DGEM_DRIVER(0);
static const struct drm_driver dgem_render_driver = DGEM_DRIVER(DRIVER_RENDER);

/*
 * Programs take the first render node for the GPU, and dgem is none. Nothing
 * needs the render node: all that works there works on the primary node.
 */
static bool dgem_render;
module_param_named(render, dgem_render, bool, 0444);
MODULE_PARM_DESC(render, "Make a render node, too (default: no)");

static int dgem_drv_add_memory(struct dgem_device *ddev, const struct dgem_dma_ops *dma_ops)
{
	struct dgem_region *region;

	if (!dma_ops->claim)
		return 0;

	region = dma_ops->claim(ddev->drm.dev);
	if (IS_ERR_OR_NULL(region))
		return PTR_ERR(region);

	return dgem_heap_carveout_add(ddev, region, false);
}

/**
 * dgem_drv_bind() - compose an instance and show it to user space
 * @dev: the device that it belongs to
 * @dma_ops: how that is let access memory; NULL for a device that has no engine
 *
 * Only an instance without an engine has the carve-outs: one that has can import BOs of it,
 * and has the memory that its device has brought.
 *
 * Return: the instance, or an error pointer with all undone.
 */
struct dgem_device *dgem_drv_bind(struct device *dev, const struct dgem_dma_ops *dma_ops)
{
	const struct drm_driver *driver;
	struct dgem_device *ddev;
	int ret;

	driver = dgem_render ? &dgem_render_driver : &dgem_driver;
	ddev = devm_drm_dev_alloc(dev, driver, struct dgem_device, drm);
	if (IS_ERR(ddev))
		return ddev;

	ddev->bo_funcs = &dgem_bo_funcs;
	ret = dgem_device_init(ddev);
	if (ret)
		return ERR_PTR(ret);

	ret = dgem_dma_init(ddev, dma_ops);
	if (ret)
		return ERR_PTR(ret);

	/* The order is that of their numbers: heap 0 is the default. */
	ret = dgem_heap_system_create(ddev);
	if (ret)
		return ERR_PTR(ret);

	ret = dgem_heap_pinned_create(ddev);
	if (ret)
		return ERR_PTR(ret);

	ret = dgem_heap_contiguous_create(ddev);
	if (ret)
		return ERR_PTR(ret);

	ret = dma_ops ? dgem_drv_add_memory(ddev, dma_ops) : dgem_heap_carveout_create(ddev);
	if (ret)
		return ERR_PTR(ret);

	/* After the heaps, to end before them. */
	ret = dgem_reclaim_init(ddev);
	if (ret)
		return ERR_PTR(ret);

	/* After what the end of a BO takes. */
	ret = dgem_idle_init(ddev);
	if (ret)
		return ERR_PTR(ret);

	dgem_debugfs_init(ddev);

	/* Last: from here on, user space comes in. */
	ret = drm_dev_register(&ddev->drm, 0);
	if (ret)
		return ERR_PTR(ret);

	return ddev;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_drv_bind);

/**
 * dgem_drv_unbind() - take an instance away from user space
 * @ddev: the instance
 *
 * What is open or mapped keeps it alive; heaps and reclaim end with the last
 * reference. The device that it belongs to accesses no memory any more.
 */
void dgem_drv_unbind(struct dgem_device *ddev)
{
	dgem_dma_unplug(ddev);
	drm_dev_unplug(&ddev->drm);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_drv_unbind);
