// SPDX-License-Identifier: MIT
/*
 * A static importer for the benchmark: takes any dma-buf through attach, map,
 * unmap and detach, for a device that reaches all memory and takes segments of
 * up to 2 MiB. A file can keep one mapped until it is closed.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bench_attach.h"

static struct platform_device *bench_pdev;

/* A dma-buf that is mapped: of a call, or kept by a file. */
struct bench_import {
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
};

/* Two threads may have one file keep something. */
static DEFINE_MUTEX(bench_kept_lock);

/* Takes over the reference to the dma-buf if it succeeds. */
static int bench_map(struct bench_import *import, struct dma_buf *dmabuf, struct bench_attach *arg)
{
	struct scatterlist *sg;
	unsigned int i;

	import->attach = dma_buf_attach(dmabuf, &bench_pdev->dev);
	if (IS_ERR(import->attach))
		return PTR_ERR(import->attach);
	import->sgt = dma_buf_map_attachment_unlocked(import->attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(import->sgt)) {
		dma_buf_detach(dmabuf, import->attach);
		return PTR_ERR(import->sgt);
	}
	arg->segments = import->sgt->nents;
	arg->bytes = 0;
	for_each_sgtable_dma_sg(import->sgt, sg, i) arg->bytes += sg_dma_len(sg);
	return 0;
}

static void bench_unmap(struct bench_import *import)
{
	struct dma_buf *dmabuf = import->attach->dmabuf;

	dma_buf_unmap_attachment_unlocked(import->attach, import->sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(dmabuf, import->attach);
	dma_buf_put(dmabuf);
}

static int bench_once(struct dma_buf *dmabuf, struct bench_attach *arg)
{
	struct bench_import import;
	int ret = bench_map(&import, dmabuf, arg);

	if (!ret)
		bench_unmap(&import);
	return ret;
}

static int bench_keep(struct file *file, struct dma_buf *dmabuf, struct bench_attach *arg)
{
	struct bench_import *import = kzalloc(sizeof(*import), GFP_KERNEL);
	int ret = import ? 0 : -ENOMEM;

	mutex_lock(&bench_kept_lock);
	if (!ret && file->private_data)
		ret = -EBUSY;
	if (!ret)
		ret = bench_map(import, dmabuf, arg);
	if (!ret)
		file->private_data = import;
	mutex_unlock(&bench_kept_lock);
	if (ret)
		kfree(import);
	return ret;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	struct bench_attach arg;
	struct dma_buf *dmabuf;
	int ret;

	if (cmd != BENCH_ATTACH_ONCE && cmd != BENCH_ATTACH_KEEP)
		return -ENOTTY;
	if (copy_from_user(&arg, (void __user *)user, sizeof(arg)))
		return -EFAULT;
	dmabuf = dma_buf_get(arg.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	ret = cmd == BENCH_ATTACH_ONCE ? bench_once(dmabuf, &arg) : bench_keep(file, dmabuf, &arg);
	if (ret)
		dma_buf_put(dmabuf);
	else if (copy_to_user((void __user *)user, &arg, sizeof(arg)))
		ret = -EFAULT;
	return ret;
}

static int bench_open(struct inode *inode, struct file *file)
{
	/* which the core has set to the miscdevice */
	file->private_data = NULL;
	return 0;
}

static int bench_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		bench_unmap(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
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
