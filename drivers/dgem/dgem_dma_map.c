// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * A mapping for the instance's own device, as user space wants it: it has an address
 * for each byte that is the memory's own, or there is none.
 */

#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_pages.h"
#include "dgem_dma.h"
#include "dgem_dma_map.h"
#include "dgem_import.h"
#include "dgem_limit.h"

/**
 * dgem_dma_always_bounces() - whether a device works on copies of whatever it maps
 * @dev: the device
 *
 * Return: true if the kernel was told so (swiotlb=force), or does not trust the device:
 * its addresses lead into the pool of copies.
 */
bool dgem_dma_always_bounces(struct device *dev)
{
	return dma_max_mapping_size(dev) != SIZE_MAX && !dma_addressing_limited(dev);
}

/* To be asked first: without a pool for copies the DMA API warns of such pages. */
static bool dgem_dma_reaches(struct device *dev, const struct sg_table *sgt)
{
	u64 limit = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i) {
		dma_addr_t addr = phys_to_dma(dev, sg_phys(sg));

		if (addr == DMA_MAPPING_ERROR || (u64)addr + sg->length - 1 > limit)
			return false;
	}

	return true;
}

static bool dgem_dma_is_where_memory_is(struct device *dev, const struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i)
		if (sg_dma_address(sg) != phys_to_dma(dev, sg_phys(sg)))
			return false;

	return true;
}

static int dgem_dma_map_pages(struct dgem_dma_map *map)
{
	bool direct = dgem_dma_translation(map->dev) == DRM_DGEM_DMA_UNTRANSLATED;
	int ret;

	if (direct && !dgem_dma_reaches(map->dev, &map->own))
		return -EOPNOTSUPP;

	ret = dma_map_sgtable(map->dev, &map->own, map->dir, DMA_ATTR_NO_WARN);
	if (ret)
		return ret;

	if (!direct || dgem_dma_is_where_memory_is(map->dev, &map->own))
		return 0;

	dma_unmap_sgtable(map->dev, &map->own, map->dir, DMA_ATTR_SKIP_CPU_SYNC);
	return -EOPNOTSUPP;
}

static int dgem_dma_map_own_locked(struct dgem_dma_map *map)
{
	struct dgem_bo *bo = map->bo;
	int ret;

	dma_resv_assert_held(bo->base.resv);

	ret = dgem_bo_pin_locked(bo);
	if (ret)
		return ret;

	ret = dgem_pages_part_to_sgt(&bo->pages, map->offset >> PAGE_SHIFT,
				     map->size >> PAGE_SHIFT, &map->own,
				     dma_get_max_seg_size(map->dev));
	if (ret)
		goto err_unpin;

	ret = dgem_dma_map_pages(map);
	if (ret)
		goto err_free_table;

	map->sgt = &map->own;
	return 0;

err_free_table:
	sg_free_table(&map->own);
err_unpin:
	dgem_bo_unpin_locked(bo);
	return ret;
}

/* What the CPU sees is BO_SYNC's to say: to sync here would lose what it has written. */
static void dgem_dma_unmap_own_locked(struct dgem_dma_map *map)
{
	dma_resv_assert_held(map->bo->base.resv);

	dma_unmap_sgtable(map->dev, &map->own, map->dir, DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&map->own);
	dgem_bo_unpin_locked(map->bo);
}

/*
 * Which pages an exporter maps is not for its importers to know. So for a device that
 * does not reach all of them it has to be told by what they have become; without a pool
 * for copies nobody can tell, and the DMA API would warn.
 */
static bool dgem_dma_bounced(struct device *dev, const struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	if (dgem_dma_translation(dev) != DRM_DGEM_DMA_UNTRANSLATED || !dma_addressing_limited(dev))
		return false;

	for_each_sgtable_dma_sg(sgt, sg, i)
		if (dma_need_sync(dev, sg_dma_address(sg)))
			return true;

	return false;
}

static bool dgem_dma_may_warn(struct device *dev)
{
	return dgem_dma_translation(dev) == DRM_DGEM_DMA_UNTRANSLATED &&
	       dma_addressing_limited(dev) && dma_max_mapping_size(dev) == SIZE_MAX;
}

static void dgem_dma_unmap_imported_locked(struct dgem_dma_map *map)
{
	dma_buf_unmap_attachment(map->attach, map->sgt, map->dir);
	if (dma_buf_is_dynamic(map->attach->dmabuf))
		dma_buf_unpin(map->attach);
}

/* An exporter that can move its memory may still be at it when it has been pinned. */
static int dgem_dma_map_imported_locked(struct dgem_dma_map *map)
{
	struct dma_buf *dmabuf = map->attach->dmabuf;
	bool pinned = dma_buf_is_dynamic(dmabuf);
	long ret;

	if (pinned) {
		ret = dma_buf_pin(map->attach);
		if (ret)
			return ret;
	}

	map->sgt = dma_buf_map_attachment(map->attach, map->dir);
	if (IS_ERR(map->sgt)) {
		if (pinned)
			dma_buf_unpin(map->attach);
		return PTR_ERR(map->sgt);
	}

	ret = dma_resv_wait_timeout(dmabuf->resv, DMA_RESV_USAGE_KERNEL, true,
				    MAX_SCHEDULE_TIMEOUT);
	if (ret >= 0 && dgem_dma_bounced(map->dev, map->sgt))
		ret = -EOPNOTSUPP;
	if (ret < 0)
		dgem_dma_unmap_imported_locked(map);
	return min(ret, 0L);
}

/*
 * By an attachment for this mapping alone: some exporters keep one mapping for each, and
 * take it away when it is mapped for another direction.
 */
static int dgem_dma_attach(struct dgem_dma_map *map)
{
	struct drm_gem_object *obj = &map->bo->base;

	if (!obj->import_attach)
		return 0;

	if (dgem_dma_may_warn(map->dev))
		return -EOPNOTSUPP;

	map->attach = dgem_import_attach(obj->dev, obj->import_attach->dmabuf);
	return PTR_ERR_OR_ZERO(map->attach);
}

static void dgem_dma_detach(struct dgem_dma_map *map)
{
	if (map->attach)
		dma_buf_detach(map->attach->dmabuf, map->attach);
}

/* The tables of an IOMMU are charged to nobody else: 8 bytes for each page, at most. */
static u64 dgem_dma_cost(const struct dgem_dma_map *map)
{
	return sizeof(*map) + (map->size >> PAGE_SHIFT) * sizeof(u64);
}

static int dgem_dma_map_init(struct dgem_dma_map *map)
{
	struct dgem_bo *bo = map->bo;
	int ret;

	if (dgem_limit_charge(bo->account, DGEM_LIMIT_UNSWAPPABLE, dgem_dma_cost(map)))
		return -ENOMEM;

	ret = dgem_dma_attach(map);
	if (ret)
		goto err_uncharge;

	ret = dgem_bo_lock_killable(bo);
	if (ret)
		goto err_detach;

	ret = map->attach ? dgem_dma_map_imported_locked(map) : dgem_dma_map_own_locked(map);
	if (!ret)
		WRITE_ONCE(bo->dma_maps, bo->dma_maps + 1);
	dma_resv_unlock(bo->base.resv);
	if (ret)
		goto err_detach;

	drm_gem_object_get(&bo->base);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_DMA_MAPS);
	return 0;

err_detach:
	dgem_dma_detach(map);
err_uncharge:
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_UNSWAPPABLE, dgem_dma_cost(map));
	return ret;
}

/**
 * dgem_dma_map_create() - get bus addresses for a part of a BO
 * @file: who wants them
 * @bo: the BO, own or imported; the mapping has a reference of its own
 * @offset: first byte, a multiple of the page size
 * @size: bytes, a multiple of the page size, not 0, that end within the BO
 * @dir: direction of the transfers
 *
 * To be called between drm_dev_enter() and drm_dev_exit().
 *
 * Return: the mapping; -EOPNOTSUPP if the device would work on a copy; -ENOMEM, also at
 * a limit; -EINTR; -EBUSY or -EFAULT if the BO is not needed, or purged; -EIO if contents
 * are lost; what the exporter of an imported BO returns.
 */
struct dgem_dma_map *dgem_dma_map_create(struct drm_file *file, struct dgem_bo *bo, u64 offset,
					 u64 size, enum dma_data_direction dir)
{
	struct device *dev = bo->base.dev->dev;
	struct dgem_dma_map *map;
	int ret;

	if (dgem_dma_always_bounces(dev) || bo->pages.io)
		return ERR_PTR(-EOPNOTSUPP);

	map = kzalloc_obj(*map, DGEM_GFP);
	if (!map)
		return ERR_PTR(-ENOMEM);

	map->file = file;
	map->bo = bo;
	map->dev = dev;
	map->mask = dma_get_mask(dev);
	map->dir = dir;
	map->offset = offset;
	map->size = size;

	ret = dgem_dma_map_init(map);
	if (ret) {
		kfree(map);
		return ERR_PTR(ret);
	}

	return map;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_map_create);

/**
 * dgem_dma_map_destroy() - take the addresses away
 * @map: the mapping, on no list; the device must not use it any more
 */
void dgem_dma_map_destroy(struct dgem_dma_map *map)
{
	struct dgem_bo *bo = map->bo;

	dma_resv_lock(bo->base.resv, NULL);
	if (map->attach)
		dgem_dma_unmap_imported_locked(map);
	else
		dgem_dma_unmap_own_locked(map);
	WRITE_ONCE(bo->dma_maps, bo->dma_maps - 1);
	dma_resv_unlock(bo->base.resv);

	dgem_dma_detach(map);
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_UNSWAPPABLE, dgem_dma_cost(map));
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_DMA_MAPS);
	dgem_bo_put(bo);
	kfree(map);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_map_destroy);

/**
 * dgem_dma_map_segments() - tell the addresses of a mapping
 * @map: the mapping
 * @segs: set to them in the order of the bytes, NULL to only count them
 *
 * What is adjacent for the device is one segment, whatever the DMA API has made of it.
 *
 * Return: number of segments, 0 if the exporter has mapped less than its size.
 */
u32 dgem_dma_map_segments(const struct dgem_dma_map *map, struct drm_dgem_dma_seg *segs)
{
	u64 skip = map->attach ? map->offset : 0, left = map->size, next = 0;
	struct scatterlist *sg;
	unsigned int i;
	u32 nr = 0;

	for_each_sgtable_dma_sg(map->sgt, sg, i) {
		u64 len = sg_dma_len(sg), addr = sg_dma_address(sg);

		if (skip >= len) {
			skip -= len;
			continue;
		}

		addr += skip;
		len = min(len - skip, left);
		skip = 0;
		if (!nr || addr != next) {
			if (segs)
				segs[nr] = (struct drm_dgem_dma_seg) { .addr = addr };
			nr++;
		}
		if (segs)
			segs[nr - 1].len += len;
		next = addr + len;
		left -= len;
		if (!left)
			return nr;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_dma_map_segments);
