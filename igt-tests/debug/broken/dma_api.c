// SPDX-License-Identifier: MIT
/* Unmaps more bytes than it mapped: the DMA-API checker. */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "broken.h"

static int dma_api(void)
{
	struct platform_device *pdev;
	dma_addr_t addr;
	void *ptr;
	int ret;

	pdev = platform_device_register_simple("dgem-broken", -1, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	ret = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	ptr = kmalloc(4096, GFP_KERNEL);
	if (ret || !ptr)
		goto out_free;

	addr = dma_map_single(&pdev->dev, ptr, 2048, DMA_TO_DEVICE);
	ret = dma_mapping_error(&pdev->dev, addr);
	if (!ret)
		dma_unmap_single(&pdev->dev, addr, 4096, DMA_TO_DEVICE);
out_free:
	kfree(ptr);
	platform_device_unregister(pdev);
	return ret;
}

BROKEN_MODULE(dma_api, "unmaps more than it mapped");
