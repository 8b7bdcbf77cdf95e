// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/platform_device.h>

#include <drm/drm_drv.h>

#include "dgem_device.h"
#include "dgem_drv.h"
#include "dgem_platform.h"

static int dgem_platform_probe(struct platform_device *pdev)
{
	struct dgem_device *ddev;
	int ret;

	/* It has no engine of its own: whatever others can address is fine. */
	ret = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	ddev = dgem_drv_bind(&pdev->dev, NULL);
	if (IS_ERR(ddev))
		return PTR_ERR(ddev);

	platform_set_drvdata(pdev, ddev);
	return 0;
}

static void dgem_platform_remove(struct platform_device *pdev)
{
	dgem_drv_unbind(platform_get_drvdata(pdev));
}

static struct platform_driver dgem_platform_driver = {
	.probe = dgem_platform_probe,
	.remove = dgem_platform_remove,
	.driver = {
		.name = "dgem",
	},
};

static struct platform_device *dgem_platform_device;

/**
 * dgem_platform_init() - register the driver and the default instance
 *
 * A platform device, so that bind and unbind in sysfs work.
 *
 * Return: 0 or a negative error code.
 */
int dgem_platform_init(void)
{
	int ret;

	ret = platform_driver_register(&dgem_platform_driver);
	if (ret)
		return ret;

	dgem_platform_device = platform_device_register_simple("dgem", PLATFORM_DEVID_NONE,
							       NULL, 0);
	if (IS_ERR(dgem_platform_device)) {
		ret = PTR_ERR(dgem_platform_device);
		dgem_platform_device = NULL;
		platform_driver_unregister(&dgem_platform_driver);
		return ret;
	}

	return 0;
}

/**
 * dgem_platform_exit() - undo dgem_platform_init()
 */
void dgem_platform_exit(void)
{
	platform_device_unregister(dgem_platform_device);
	platform_driver_unregister(&dgem_platform_driver);
}

/**
 * dgem_platform_get_default() - find the default instance
 *
 * Return: the instance, with a reference; NULL while it is not bound.
 */
struct dgem_device *dgem_platform_get_default(void)
{
	struct device *dev;
	struct dgem_device *ddev;

	/* Where both modules are built in, dgem may have failed. */
	if (!dgem_platform_device)
		return NULL;

	/* Bind and unbind have the lock, and the core clears what is unbound. */
	dev = &dgem_platform_device->dev;
	device_lock(dev);
	ddev = dev_get_drvdata(dev);
	if (ddev)
		drm_dev_get(&ddev->drm);
	device_unlock(dev);
	return ddev;
}
