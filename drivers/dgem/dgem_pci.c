// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Instances for PCI functions that programs drive. None is bound but by the
 * administrator's word, who writes "dgem" to the function's driver_override. No BAR is
 * claimed but one that is to be a heap, since what is claimed cannot be mapped through
 * sysfs.
 */

#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/rwsem.h>

#include "dgem_bar.h"
#include "dgem_device.h"
#include "dgem_dma.h"
#include "dgem_drv.h"
#include "dgem_pci.h"

/* How often a reset is tried while somebody else has the function's lock, each ms. */
#define DGEM_PCI_RESET_TRIES	1000

static struct dgem_region *dgem_pci_claim(struct device *dev)
{
	return dgem_bar_claim(to_pci_dev(dev));
}

static void dgem_pci_start(struct device *dev)
{
	pci_set_master(to_pci_dev(dev));
}

/* What knows no reset is what its next owner has to know about. */
static int dgem_pci_reset_result(int ret)
{
	return ret == -ENOTTY ? 0 : ret;
}

/*
 * Without the right to access memory the function does no harm. What it has sent before
 * is ahead of the answer to a read. The reset makes it forget the addresses, for the
 * next owner is going to let it access memory again.
 */
static int dgem_pci_stop(struct device *dev, bool unbinding)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	unsigned int tries;
	u16 command;
	int ret;

	pci_clear_master(pdev);
	pci_read_config_word(pdev, PCI_COMMAND, &command);

	if (unbinding)
		return dgem_pci_reset_result(pci_reset_function_locked(pdev));

	/* Who unbinds has the lock, and waits for us: not for ever, then. */
	for (tries = 0; tries < DGEM_PCI_RESET_TRIES; tries++) {
		ret = pci_try_reset_function(pdev);
		if (ret != -EAGAIN)
			break;
		usleep_range(1000, 2000);
	}

	return dgem_pci_reset_result(ret);
}

static const struct dgem_dma_ops dgem_pci_dma_ops = {
	.claim = dgem_pci_claim,
	.start = dgem_pci_start,
	.stop = dgem_pci_stop,
};

static int dgem_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct dgem_device *ddev;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;

	/* The firmware, or the last driver, may have left it on. Nobody handles interrupts. */
	pci_clear_master(pdev);
	pci_intx(pdev, 0);
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;

	/* What the IOMMU makes adjacent is one segment, which the program can cut. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	dma_set_seg_boundary(&pdev->dev, ULONG_MAX);

	ddev = dgem_drv_bind(&pdev->dev, &dgem_pci_dma_ops);
	if (IS_ERR(ddev))
		return PTR_ERR(ddev);

	pci_set_drvdata(pdev, ddev);
	return 0;
}

static void dgem_pci_remove(struct pci_dev *pdev)
{
	dgem_drv_unbind(pci_get_drvdata(pdev));
}

/* A function that is being reset answers nobody: it is kept from its memory meanwhile. */
static void dgem_pci_reset_prepare(struct pci_dev *pdev)
{
	struct dgem_device *ddev = pci_get_drvdata(pdev);

	down_write(&ddev->io_lock);
	unmap_mapping_range(ddev->drm.anon_inode->i_mapping, 0, 0, 1);
}

static void dgem_pci_reset_done(struct pci_dev *pdev)
{
	struct dgem_device *ddev = pci_get_drvdata(pdev);

	up_write(&ddev->io_lock);
}

static const struct pci_error_handlers dgem_pci_err_handler = {
	.reset_prepare = dgem_pci_reset_prepare,
	.reset_done = dgem_pci_reset_done,
};

static struct pci_driver dgem_pci_driver = {
	.name = "dgem",
	.probe = dgem_pci_probe,
	.remove = dgem_pci_remove,
	.dev_groups = dgem_dma_groups,
	.err_handler = &dgem_pci_err_handler,
};

/**
 * dgem_pci_init() - register the driver, which binds to nothing by itself
 *
 * Return: 0 or a negative error code.
 */
int dgem_pci_init(void)
{
	return pci_register_driver(&dgem_pci_driver);
}

/**
 * dgem_pci_exit() - undo dgem_pci_init()
 */
void dgem_pci_exit(void)
{
	pci_unregister_driver(&dgem_pci_driver);
}
