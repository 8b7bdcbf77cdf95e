// SPDX-License-Identifier: MIT
/*
 * A static importer for the benchmark: takes any dma-buf through attach, map,
 * unmap and detach, for a device that reaches all memory and takes segments of
 * up to 2 MiB.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "bench_attach.h"

static struct platform_device *bench_pdev;

static int bench_map(struct dma_buf_attachment *attach, struct bench_attach *arg)
{
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;

	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	arg->segments = sgt->nents;
	arg->bytes = 0;
	for_each_sgtable_dma_sg(sgt, sg, i) arg->bytes += sg_dma_len(sg);
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	struct dma_buf_attachment *attach;
	struct bench_attach arg;
	struct dma_buf *dmabuf;
	int ret;

	if (cmd != BENCH_ATTACH_ONCE)
		return -ENOTTY;
	if (copy_from_user(&arg, (void __user *)user, sizeof(arg)))
		return -EFAULT;
	dmabuf = dma_buf_get(arg.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attach = dma_buf_attach(dmabuf, &bench_pdev->dev);
	ret = PTR_ERR_OR_ZERO(attach);
	if (!ret) {
		ret = bench_map(attach, &arg);
		dma_buf_detach(dmabuf, attach);
	}
	dma_buf_put(dmabuf);
	if (!ret && copy_to_user((void __user *)user, &arg, sizeof(arg)))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_attach",
	.fops = &bench_fops,
};

static int __init bench_init(void)
{
	int ret;

	bench_pdev = platform_device_register_simple("bench_attach", -1, NULL, 0);
	if (IS_ERR(bench_pdev))
		return PTR_ERR(bench_pdev);
	ret = dma_coerce_mask_and_coherent(&bench_pdev->dev, DMA_BIT_MASK(64));
	if (!ret) {
		/* As many segments for each subject, wherever its memory happens to lie. */
		dma_set_max_seg_size(&bench_pdev->dev, SZ_2M);
		ret = misc_register(&bench_misc);
	}
	if (ret)
		platform_device_unregister(bench_pdev);
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	misc_deregister(&bench_misc);
	platform_device_unregister(bench_pdev);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Static dma-buf importer for the dgem benchmark");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS(DMA_BUF);
