// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * A module of its own: heaps of dgem's default instance as nodes in /dev/dma_heap,
 * for programs that know no other way to get memory. The core cannot take a heap away
 * again, so that this module has no exit, and dgem cannot be unloaded once it is there.
 */

#include <linux/dma-heap.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/dgem_drm.h>

#include "dgem_alloc.h"

#define DGEM_HEAPS_PREFIX	"dgem-"

static struct dma_buf *dgem_heaps_allocate(struct dma_heap *heap, unsigned long len,
					   u32 fd_flags, u64 heap_flags)
{
	return dgem_alloc(dma_heap_get_drvdata(heap), len, fd_flags);
}

static const struct dma_heap_ops dgem_heaps_ops = {
	.allocate = dgem_heaps_allocate,
};

/*
 * Whether a size is all that a BO of the heap needs. Who wants memory that cannot be
 * swapped out has better than the pinned heap here: the contiguous one.
 */
static bool dgem_heaps_has_node(const struct drm_dgem_heap_info *info)
{
	return info->kind != DRM_DGEM_HEAP_PINNED &&
	       !(info->caps & DRM_DGEM_HEAP_CAP_PRESERVE);
}

/* The names are the core's from here on, and by them the heaps are found. */
static int __init dgem_heaps_add(const char *name)
{
	const char *node = kasprintf(GFP_KERNEL, DGEM_HEAPS_PREFIX "%s", name);
	struct dma_heap_export_info info = {
		.name = node,
		.ops = &dgem_heaps_ops,
	};
	struct dma_heap *heap;

	if (!node)
		return -ENOMEM;

	info.priv = (void *)(node + strlen(DGEM_HEAPS_PREFIX));
	heap = dma_heap_add(&info);
	if (IS_ERR(heap)) {
		kfree(node);
		return PTR_ERR(heap);
	}
	return 0;
}

/* The first that was added keeps the module, even if others cannot be. */
static int __init dgem_heaps_init(void)
{
	struct drm_dgem_heap_info heap;
	unsigned int added = 0;
	int ret = -ENODEV;
	u32 i;

	for (i = 0; !dgem_alloc_heap_info(i, &heap); i++) {
		if (!dgem_heaps_has_node(&heap))
			continue;
		ret = dgem_heaps_add(heap.name);
		if (ret)
			pr_err("dgem_heaps: no node for heap %s: %d\n", heap.name, ret);
		else
			added++;
	}
	if (!added)
		return ret;

	pr_info("dgem_heaps: %u heaps in /dev/dma_heap; dgem stays until the next boot\n",
		added);
	return 0;
}
module_init(dgem_heaps_init);

MODULE_DESCRIPTION("Heaps of dgem as nodes in /dev/dma_heap");
MODULE_AUTHOR("The dgem authors");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS("DMA_BUF_HEAP");
