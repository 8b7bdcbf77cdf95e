// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The CPU's access to a part of a BO, for all devices that the BO may be used by. */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/minmax.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>

#include "dgem_attach.h"
#include "dgem_bo.h"
#include "dgem_bo_sync.h"

/*
 * Syncs pages that follow each other for a device that has them not mapped. Mapping
 * and unmapping them must leave the caches alone: one of them syncs for the device and
 * the other for the CPU, and just one of these is wanted.
 */
VISIBLE_IF_KUNIT int dgem_bo_sync_run(struct device *dev, struct page *page, size_t offset,
				      size_t size, enum dma_data_direction dir, bool for_device)
{
	dma_addr_t addr;

	KUNIT_STATIC_STUB_REDIRECT(dgem_bo_sync_run, dev, page, offset, size, dir, for_device);

	addr = dma_map_page_attrs(dev, page, offset, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, addr))
		return -ENOMEM;

	if (for_device)
		dma_sync_single_for_device(dev, addr, size, dir);
	else
		dma_sync_single_for_cpu(dev, addr, size, dir);
	dma_unmap_page_attrs(dev, addr, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_sync_run);

static int dgem_bo_sync_runs(struct dgem_bo *bo, struct device *dev, u64 offset, u64 size,
			     enum dma_data_direction dir, bool for_device)
{
	u64 last = offset + size, start;
	unsigned long end = DIV_ROUND_UP_ULL(last, PAGE_SIZE);
	unsigned long idx = offset >> PAGE_SHIFT, run_end;
	int ret = 0;

	for (; !ret; idx = run_end) {
		idx = dgem_pages_next(&bo->pages, idx, end);
		if (idx == end)
			break;

		run_end = dgem_pages_run_end(&bo->pages, idx, end);
		start = max(offset, (u64)idx << PAGE_SHIFT);
		ret = dgem_bo_sync_run(dev, pfn_to_page(dgem_pages_pfn(&bo->pages, idx)),
				       offset_in_page(start),
				       min(last, (u64)run_end << PAGE_SHIFT) - start, dir,
				       for_device);
		cond_resched();
	}

	return ret;
}

/**
 * dgem_bo_sync_own_device_locked() - sync a part of a BO for the instance's device
 * @bo: the BO, not imported
 * @offset: first byte
 * @size: bytes, at least 1, that end within the BO
 * @dir: what the CPU will do, or did
 * @for_device: whether it did
 *
 * Whether it has a mapping does not matter. A device that bounces sees none of the memory,
 * and to sync would copy it there and back, over what the CPU writes meanwhile.
 *
 * Return: 0; -ENODEV; -ENOMEM.
 */
int dgem_bo_sync_own_device_locked(struct dgem_bo *bo, u64 offset, u64 size,
				   enum dma_data_direction dir, bool for_device)
{
	struct drm_device *drm = bo->base.dev;
	struct device *dev = drm_dev_dma_dev(drm);
	int ret = 0, cookie;

	dma_resv_assert_held(bo->base.resv);

	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;

	if (dgem_attachment_needs_sync(dev) && !dgem_attachment_bounces(dev))
		ret = dgem_bo_sync_runs(bo, dev, offset, size, dir, for_device);

	drm_dev_exit(cookie);
	return ret;
}

static int dgem_bo_sync_locked(struct dgem_bo *bo, u64 offset, u64 size,
			       enum dma_data_direction dir, bool for_device)
{
	struct dgem_attachment *att;
	bool mapped = false;

	dma_resv_assert_held(bo->base.resv);

	list_for_each_entry(att, &bo->attachments, node) {
		mapped |= att->users;
		dgem_attachment_sync_range_locked(att, &bo->pages, offset, size, dir,
						  for_device);
	}

	if (mapped && !bo->dma_maps)
		return 0;
	return dgem_bo_sync_own_device_locked(bo, offset, size, dir, for_device);
}

/**
 * dgem_bo_sync() - let the CPU and devices see each other's writes to a part of a BO
 * @bo: the BO, own or imported, not locked
 * @offset: first byte
 * @size: bytes, at least 1, that end within the BO
 * @dir: what the CPU will do, or did; DMA_FROM_DEVICE to read
 * @for_device: whether it did
 *
 * Of an imported BO all is synced, by its exporter; before an access the core waits
 * for its fences, too. An own one waits for none.
 *
 * Return: 0; -EINTR on a fatal signal; -ENODEV; -ENOMEM; what the exporter returns.
 */
int dgem_bo_sync(struct dgem_bo *bo, u64 offset, u64 size, enum dma_data_direction dir,
		 bool for_device)
{
	int ret;

	if (!bo->heap) {
		struct dma_buf *dmabuf = bo->base.import_attach->dmabuf;

		return for_device ? dma_buf_end_cpu_access(dmabuf, dir) :
				    dma_buf_begin_cpu_access(dmabuf, dir);
	}

	/* No cache has it. */
	if (bo->pages.io) {
		/* What the CPU has written may wait to be combined with more. */
		wmb();
		return 0;
	}

	ret = dgem_bo_lock_killable(bo);
	if (ret)
		return ret;

	ret = dgem_bo_sync_locked(bo, offset, size, dir, for_device);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_CPU_ACCESSES);
	dma_resv_unlock(bo->base.resv);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_sync);
