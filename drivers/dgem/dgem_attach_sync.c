// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What the CPU and a device that has an object mapped see of each other's writes. */

#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/scatterlist.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "dgem_attach.h"
#include "dgem_pages.h"

/**
 * dgem_attachment_sync_for_cpu_locked() - the CPU is about to access the object
 * @att: the attachment
 * @dir: what the CPU will do; DMA_FROM_DEVICE to read
 */
void dgem_attachment_sync_for_cpu_locked(struct dgem_attachment *att,
					 enum dma_data_direction dir)
{
	dma_resv_assert_held(att->resv);

	if (att->users)
		dma_sync_sgtable_for_cpu(att->dev, &att->sgt,
					 dgem_attachment_sync_dir(att, dir));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_sync_for_cpu_locked);

/**
 * dgem_attachment_sync_for_device_locked() - the CPU has accessed the object
 * @att: the attachment
 * @dir: what the CPU did; DMA_TO_DEVICE after a write
 */
void dgem_attachment_sync_for_device_locked(struct dgem_attachment *att,
					    enum dma_data_direction dir)
{
	dma_resv_assert_held(att->resv);

	if (att->users)
		dma_sync_sgtable_for_device(att->dev, &att->sgt,
					    dgem_attachment_sync_dir(att, dir));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_sync_for_device_locked);

/**
 * dgem_attachment_needs_sync() - whether a device may see memory otherwise than the CPU
 * @dev: the device
 *
 * Return: whether it may.
 */
bool dgem_attachment_needs_sync(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_attachment_needs_sync, dev);
	return dma_dev_need_sync(dev);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_needs_sync);

/* Syncs what is contiguous in memory and for the device; a test counts the calls. */
VISIBLE_IF_KUNIT void dgem_attachment_sync_run(struct device *dev, dma_addr_t addr, size_t size,
					       enum dma_data_direction dir, bool for_device)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_attachment_sync_run, dev, addr, size, dir, for_device);
	if (for_device)
		dma_sync_single_for_device(dev, addr, size, dir);
	else
		dma_sync_single_for_cpu(dev, addr, size, dir);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_sync_run);

/**
 * dgem_attachment_sync_range_locked() - sync a part of what the importer has mapped
 * @att: the attachment; nothing happens if it has no users
 * @pages: the object's pages, those that are mapped
 * @offset: first byte
 * @size: bytes, at least 1, that end within the object
 * @dir: what the CPU will do, or did, as for the whole object
 * @for_device: whether it did
 *
 * Pages that an IOMMU has made one segment need not follow each other in memory, but
 * dma_sync_single_*() looks the first one up and goes on from there. So what is
 * synced at once ends with the segment, and with the physical run.
 */
void dgem_attachment_sync_range_locked(struct dgem_attachment *att,
				       const struct dgem_pages *pages, u64 offset, u64 size,
				       enum dma_data_direction dir, bool for_device)
{
	u64 end = offset + size, at = 0, segment_end, run_end;
	struct scatterlist *sg = att->sgt.sgl;
	unsigned long idx;

	dma_resv_assert_held(att->resv);

	if (!att->users || !dgem_attachment_needs_sync(att->dev))
		return;

	for (; offset < end; offset = run_end) {
		for (; at + sg_dma_len(sg) <= offset; sg = sg_next(sg))
			at += sg_dma_len(sg);

		segment_end = min(end, at + sg_dma_len(sg));
		idx = dgem_pages_run_end(pages, offset >> PAGE_SHIFT,
					 DIV_ROUND_UP_ULL(segment_end, PAGE_SIZE));
		run_end = min(segment_end, (u64)idx << PAGE_SHIFT);
		dgem_attachment_sync_run(att->dev, sg_dma_address(sg) + (offset - at),
					 run_end - offset, dgem_attachment_sync_dir(att, dir),
					 for_device);
		cond_resched();
	}
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_sync_range_locked);
