// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * How a driver uses a dma-buf, whoever exports it: attach and map it for the
 * device, wait for the fences of others, leave one's own, and let it all go when
 * that has signalled.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "edu.h"

/**
 * struct edu_fence - tells that a transfer has ended
 * @base: what others know of it; first, as dma_fence_free() wants it
 */
struct edu_fence {
	struct dma_fence base;
	/** @lock: of this fence alone, for it outlives the device */
	spinlock_t lock;
};

static const char *edu_fence_name(struct dma_fence *fence)
{
	return "dgem_edu";
}

/*
 * Whoever has a fence may call the functions below, so that each keeps the module.
 * This one still has to return when it has put it. Unloading takes longer than
 * that, but nothing says that it does: each module with fences has this race.
 */
static void edu_fence_release(struct dma_fence *fence)
{
	dma_fence_free(fence);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops edu_fence_ops = {
	.get_driver_name = edu_fence_name,
	.get_timeline_name = edu_fence_name,
	.release = edu_fence_release,
};

/* Each is a timeline by itself: which file comes first is known too late. */
struct dma_fence *edu_fence_create(void)
{
	struct edu_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	if (!fence)
		return NULL;

	__module_get(THIS_MODULE);
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &edu_fence_ops, &fence->lock,
		       dma_fence_context_alloc(1), 1);
	return &fence->base;
}

static void edu_import_unmap_locked(struct edu_import *import)
{
	if (import->sgt)
		dma_buf_unmap_attachment(import->attach, import->sgt,
					 DMA_BIDIRECTIONAL);
	import->sgt = NULL;
	import->stale = false;
}

/* Waits without the lock of the dma-buf; no transfer begins until it is done. */
static void edu_import_unmap_work(struct work_struct *work)
{
	struct edu_import *import = container_of(work, struct edu_import, unmap);
	struct dma_resv *resv = import->attach->dmabuf->resv;
	struct dma_fence *fence;

	dma_resv_lock(resv, NULL);
	fence = dma_fence_get(import->fence);
	dma_resv_unlock(resv);

	if (fence)
		dma_fence_wait(fence, false);
	dma_fence_put(fence);

	dma_resv_lock(resv, NULL);
	edu_import_unmap_locked(import);
	dma_resv_unlock(resv);
}

/*
 * A dynamic importer is told to unmap when the exporter has another use for the
 * memory. That may be where nobody can wait, so if a transfer goes on, which its
 * fence tells the exporter as well, the mapping follows a little later.
 */
static void edu_import_invalidate(struct dma_buf_attachment *attach)
{
	struct edu_import *import = attach->importer_priv;

	/* It is called from the moment that it is attached. */
	if (!import->sgt)
		return;

	if (!import->fence || dma_fence_is_signaled(import->fence)) {
		edu_import_unmap_locked(import);
		return;
	}
	import->stale = true;
	queue_work(system_unbound_wq, &import->unmap);
}

static const struct dma_buf_attach_ops edu_attach_ops = {
	.invalidate_mappings = edu_import_invalidate,
};

static bool dynamic;
module_param(dynamic, bool, 0644);
MODULE_PARM_DESC(dynamic, "Map buffers so that their exporter can ask for them back (N)");

void edu_import_init(struct edu_import *import)
{
	INIT_WORK(&import->unmap, edu_import_unmap_work);
}

/*
 * Makes @dmabuf the one that is attached, in place of another. Where the importer is
 * static, its exporter keeps the memory in place for as long as it is mapped.
 */
int edu_import(struct edu_import *import, struct pci_dev *pdev,
	       struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;

	if (import->attach && import->attach->dmabuf == dmabuf)
		return 0;
	edu_import_end(import);

	attach = dma_buf_dynamic_attach(dmabuf, &pdev->dev,
					READ_ONCE(dynamic) ? &edu_attach_ops : NULL,
					import);
	if (IS_ERR(attach))
		return PTR_ERR(attach);

	get_dma_buf(dmabuf);
	import->attach = attach;
	return 0;
}

/* Memory that the device can still reach must not be unmapped. */
void edu_import_end(struct edu_import *import)
{
	struct dma_buf *dmabuf;

	if (!import->attach)
		return;
	dmabuf = import->attach->dmabuf;

	if (import->fence)
		dma_fence_wait(import->fence, false);
	dma_resv_lock(dmabuf->resv, NULL);
	edu_import_unmap_locked(import);
	dma_fence_put(import->fence);
	import->fence = NULL;
	dma_resv_unlock(dmabuf->resv);

	cancel_work_sync(&import->unmap);
	dma_buf_detach(dmabuf, import->attach);
	import->attach = NULL;
	dma_buf_put(dmabuf);
}

/*
 * For both directions, even if the device will write only: it does not write all, and
 * the rest has to keep its bytes where they go through a bounce buffer or a cache.
 */
static int edu_import_map_locked(struct edu_import *import)
{
	struct sg_table *sgt;

	if (import->sgt)
		return 0;

	sgt = dma_buf_map_attachment(import->attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	import->sgt = sgt;
	return 0;
}

/*
 * Segments need not begin or end where pages do, nor be as many as pages. In an
 * sg_table of a dma-buf only bus addresses are the importer's to look at.
 */
static int edu_import_find(const struct edu_import *import,
			   struct edu_transfer *transfer)
{
	u64 offset = transfer->offset;
	u32 length = transfer->length;
	struct edu_piece *pieces = transfer->pieces;
	struct scatterlist *sg;
	unsigned int i, n = 0;

	for_each_sgtable_dma_sg(import->sgt, sg, i) {
		if (offset >= sg_dma_len(sg)) {
			offset -= sg_dma_len(sg);
			continue;
		}
		if (n == ARRAY_SIZE(transfer->pieces))
			return -E2BIG;
		pieces[n].addr = sg_dma_address(sg) + offset;
		pieces[n].length = min_t(u64, length, sg_dma_len(sg) - offset);
		length -= pieces[n++].length;
		if (!length)
			return 0;
		offset = 0;
	}
	return -EINVAL;
}

/* A short while at a time: the device need not stay until others are done. */
static int edu_import_wait(struct edu_import *import, struct edu_engine *engine,
			   enum dma_resv_usage usage)
{
	struct dma_resv *resv = import->attach->dmabuf->resv;
	long left;

	do {
		left = dma_resv_wait_timeout(resv, usage, true, HZ / 10);
		if (left < 0)
			return left;
	} while (!left && !READ_ONCE(engine->stopped));
	flush_work(&import->unmap);
	return edu_engine_wait(engine);
}

/*
 * With the lock of the dma-buf: nothing can come in between, and what came before is
 * -EAGAIN. Addresses are valid under this lock, and as long as the fence says so.
 */
static int edu_import_start_locked(struct edu_import *import,
				   struct edu_engine *engine,
				   struct edu_transfer *transfer,
				   struct dma_fence *fence)
{
	struct dma_resv *resv = import->attach->dmabuf->resv;
	enum dma_resv_usage usage = dma_resv_usage_rw(transfer->to_memory);
	int ret;

	if (import->stale)
		return -EAGAIN;

	ret = dma_resv_reserve_fences(resv, 1);
	if (!ret)
		ret = edu_import_map_locked(import);
	if (!ret)
		ret = edu_import_find(import, transfer);
	if (!ret && !dma_resv_test_signaled(resv, usage))
		ret = -EAGAIN;
	if (!ret)
		ret = edu_engine_start(engine, transfer, fence);
	if (ret)
		return ret;

	dma_resv_add_fence(resv, fence, transfer->to_memory ?
			   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);
	dma_fence_put(import->fence);
	import->fence = dma_fence_get(fence);
	return 0;
}

/* Who writes waits for all others, who reads for writers; others need the lock. */
int edu_import_start(struct edu_import *import, struct edu_engine *engine,
		     struct edu_transfer *transfer, struct dma_fence *fence)
{
	struct dma_resv *resv = import->attach->dmabuf->resv;
	int ret;

	do {
		ret = edu_import_wait(import, engine,
				      dma_resv_usage_rw(transfer->to_memory));
		if (!ret)
			ret = dma_resv_lock_interruptible(resv, NULL);
		if (ret)
			return ret;

		ret = edu_import_start_locked(import, engine, transfer, fence);
		dma_resv_unlock(resv);
	} while (ret == -EAGAIN);
	return ret;
}
