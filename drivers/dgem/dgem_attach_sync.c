// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What the CPU and a device that has an object mapped see of each other's writes. */

#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/scatterlist.h>

#include <kunit/visibility.h>

#include "dgem_attach.h"

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
