/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DRV_H__
#define __DGEM_DRV_H__

struct dgem_device;
struct dgem_dma_ops;
struct device;

struct dgem_device *dgem_drv_bind(struct device *dev, const struct dgem_dma_ops *dma_ops);
void dgem_drv_unbind(struct dgem_device *ddev);

#endif
