// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Whose an instance's device is, and which mappings it has. The mappings themselves are
 * in dgem_dma_map.c, who may have them in dgem_dma_policy.c, and what a bus has to do in
 * its own file, such as dgem_pci.c.
 */

#include <linux/dma-mapping.h>

#include <kunit/visibility.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/dgem_drm.h>

#include "dgem_device.h"
#include "dgem_dma.h"
#include "dgem_dma_map.h"
#include "dgem_pages.h"

static void dgem_dma_fini(struct drm_device *drm, void *unused)
{
	struct dgem_dma *dma = &to_dgem_device(drm)->dma;

	WARN_ON_ONCE(!list_empty(&dma->maps));
	xa_destroy(&dma->ids);
	mutex_destroy(&dma->lock);
}

/**
 * dgem_dma_init() - start without an owner and without mappings
 * @ddev: the instance, not registered yet
 * @ops: the bus's, or NULL if there is no device that user space can drive
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_dma_init(struct dgem_device *ddev, const struct dgem_dma_ops *ops)
{
	struct dgem_dma *dma = &ddev->dma;

	dma->ops = ops;
	dma->policy = ops ? DRM_DGEM_DMA_POLICY_RAWIO : DRM_DGEM_DMA_POLICY_OFF;
	mutex_init(&dma->lock);
	INIT_LIST_HEAD(&dma->maps);
	xa_init_flags(&dma->ids, XA_FLAGS_ALLOC1);
	return drmm_add_action_or_reset(&ddev->drm, dgem_dma_fini, NULL);
}

static int dgem_dma_check_owner_locked(struct dgem_dma *dma, const struct dgem_dma_map *map)
{
	lockdep_assert_held(&dma->lock);

	if (dma->gone)
		return -ENODEV;
	/* The administrator has said otherwise since it was made. */
	if (map->mask != dma_get_mask(map->dev))
		return -EBUSY;
	return dma->owner && dma->owner != map->file ? -EBUSY : 0;
}

static int dgem_dma_number_locked(struct dgem_dma *dma, struct dgem_dma_map *map)
{
	u32 id;
	int ret;

	lockdep_assert_held(&dma->lock);

	ret = xa_alloc(&dma->ids, &id, map, XA_LIMIT(1, DGEM_DMA_MAX_MAPS), DGEM_GFP);
	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;

	map->id = id;
	return 0;
}

/* Makes the file of a mapping the owner, if the device has forgotten the last one. */
static int dgem_dma_own_locked(struct dgem_device *ddev, struct dgem_dma_map *map)
{
	struct dgem_dma *dma = &ddev->dma;

	lockdep_assert_held(&dma->lock);

	if (dma->owner)
		return 0;
	if (dma->dirty && dma->ops->stop(ddev->drm.dev, false))
		return -EBUSY;

	dma->dirty = false;
	WRITE_ONCE(dma->owner, map->file);
	dma->ops->start(ddev->drm.dev);
	return 0;
}

static void dgem_dma_end_locked(struct dgem_dma *dma, struct dgem_dma_map *map)
{
	lockdep_assert_held(&dma->lock);

	if (map->id)
		xa_erase(&dma->ids, map->id);
	list_del(&map->node);
	dgem_dma_map_destroy(map);
}

/**
 * dgem_dma_add() - make a mapping one that unbinding ends
 * @ddev: the instance; to be called before drm_dev_exit()
 * @map: the mapping; destroyed on failure
 *
 * Return: 0; -EBUSY if the device is another file's, or was given another mask; -EINTR;
 * -ENODEV.
 */
int dgem_dma_add(struct dgem_device *ddev, struct dgem_dma_map *map)
{
	struct dgem_dma *dma = &ddev->dma;
	int ret;

	/* A device that is being stopped may be long at it. */
	ret = mutex_lock_interruptible(&dma->lock);
	if (ret)
		goto out_destroy;

	ret = dgem_dma_check_owner_locked(dma, map);
	if (!ret)
		list_add_tail(&map->node, &dma->maps);
	mutex_unlock(&dma->lock);
out_destroy:
	if (ret)
		dgem_dma_map_destroy(map);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_add);

/**
 * dgem_dma_publish() - number a mapping whose addresses the user has got
 * @ddev: the instance
 * @map: the mapping, which was added; ended on failure
 * @id: set to its number
 *
 * The file becomes the owner of the device, which may access memory from here on.
 *
 * Return: 0; -EBUSY if the device is another file's by now, or cannot be reset; -ENODEV if
 * it has been unbound, and all mappings ended; -ENOSPC; -ENOMEM.
 */
int dgem_dma_publish(struct dgem_device *ddev, struct dgem_dma_map *map, u32 *id)
{
	struct dgem_dma *dma = &ddev->dma;
	int ret;

	mutex_lock(&dma->lock);
	ret = dgem_dma_check_owner_locked(dma, map);
	if (ret == -ENODEV)
		goto out_unlock;
	if (!ret)
		ret = dgem_dma_number_locked(dma, map);
	if (!ret)
		ret = dgem_dma_own_locked(ddev, map);
	if (ret) {
		dgem_dma_end_locked(dma, map);
		goto out_unlock;
	}

	*id = map->id;
out_unlock:
	mutex_unlock(&dma->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_publish);

/**
 * dgem_dma_drop() - end a mapping that has not been published
 * @ddev: the instance
 * @map: the mapping, which was added
 */
void dgem_dma_drop(struct dgem_device *ddev, struct dgem_dma_map *map)
{
	struct dgem_dma *dma = &ddev->dma;

	mutex_lock(&dma->lock);
	/* Otherwise it has been ended. */
	if (!dma->gone)
		dgem_dma_end_locked(dma, map);
	mutex_unlock(&dma->lock);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_drop);

/**
 * dgem_dma_remove() - end a mapping
 * @ddev: the instance
 * @file: the file
 * @id: number of the mapping
 *
 * Return: 0; -ENOENT if the file has no such mapping; -EINTR; -ENODEV.
 */
int dgem_dma_remove(struct dgem_device *ddev, struct drm_file *file, u32 id)
{
	struct dgem_dma *dma = &ddev->dma;
	struct dgem_dma_map *map = NULL;
	int ret;

	ret = mutex_lock_interruptible(&dma->lock);
	if (ret)
		return ret;

	if (dma->gone)
		ret = -ENODEV;
	else if (dma->owner == file)
		map = xa_load(&dma->ids, id);

	if (map)
		dgem_dma_end_locked(dma, map);
	else if (!ret)
		ret = -ENOENT;
	mutex_unlock(&dma->lock);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_remove);

/* With @file only its own: others may have such as are not published yet. */
static void dgem_dma_stop_locked(struct dgem_device *ddev, struct drm_file *file)
{
	struct dgem_dma *dma = &ddev->dma;
	struct dgem_dma_map *map, *next;

	lockdep_assert_held(&dma->lock);

	/* The device first: what is unmapped may be somebody else's at once. */
	if (dma->owner || dma->dirty)
		dma->dirty = dma->ops->stop(ddev->drm.dev, !file);

	list_for_each_entry_safe(map, next, &dma->maps, node)
		if (!file || map->file == file)
			dgem_dma_end_locked(dma, map);
	WRITE_ONCE(dma->owner, NULL);
}

/**
 * dgem_dma_release_file() - stop the device if it is a file's, and end its mappings
 * @ddev: the instance
 * @file: the file, which nobody uses any more; its handles are still there
 */
void dgem_dma_release_file(struct dgem_device *ddev, struct drm_file *file)
{
	struct dgem_dma *dma = &ddev->dma;

	/* Only the file itself makes it the owner. */
	if (READ_ONCE(dma->owner) != file)
		return;

	mutex_lock(&dma->lock);
	if (dma->owner == file)
		dgem_dma_stop_locked(ddev, file);
	mutex_unlock(&dma->lock);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_release_file);

/**
 * dgem_dma_unplug() - stop the device and end all mappings, since it is unbound
 * @ddev: the instance
 */
void dgem_dma_unplug(struct dgem_device *ddev)
{
	struct dgem_dma *dma = &ddev->dma;

	mutex_lock(&dma->lock);
	dma->gone = true;
	dgem_dma_stop_locked(ddev, NULL);
	mutex_unlock(&dma->lock);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_unplug);
