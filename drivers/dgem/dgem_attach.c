// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "dgem_attach.h"
#include "dgem_pages.h"

/* Gives the device's mapping up; a test looks at @attrs. */
VISIBLE_IF_KUNIT void dgem_attachment_unmap_device(struct dgem_attachment *att,
						   unsigned long attrs)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_attachment_unmap_device, att, attrs);
	dma_unmap_sgtable(att->dev, &att->sgt, att->dir, attrs);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_unmap_device);

/* Entries of a mapping for which one allocation serves it and a copy. */
#define DGEM_ATTACH_ROOM	(SZ_4K / 2 / sizeof(struct scatterlist))

/* Makes the table that is to be mapped. */
static int dgem_attachment_alloc_mapping(struct dgem_attachment *att,
					 const struct dgem_pages *pages)
{
	size_t max_segment = min_t(size_t, dma_get_max_seg_size(att->dev),
				   dma_max_mapping_size(att->dev));
	unsigned long room = dgem_pages_max_segments(pages, max_segment);

	if (room > DGEM_ATTACH_ROOM)
		return dgem_pages_to_sgt(pages, &att->sgt, max_segment);

	att->room = kmalloc_array(2 * room, sizeof(*att->room), DGEM_GFP);
	if (!att->room)
		return -ENOMEM;

	att->sgt.sgl = att->room;
	att->sgt.nents = dgem_pages_fill_sg(pages, att->room, max_segment);
	att->sgt.orig_nents = att->sgt.nents;
	return 0;
}

static void dgem_attachment_free_mapping(struct dgem_attachment *att)
{
	if (!att->room)
		sg_free_table(&att->sgt);
	kfree(att->room);
	att->room = NULL;
}

static void dgem_attachment_unmap_pages_locked(struct dgem_attachment *att,
					       unsigned long attrs)
{
	dma_resv_assert_held(att->resv);

	dgem_attachment_unmap_device(att, attrs);
	dgem_attachment_free_mapping(att);
	att->mapped = false;
}

/**
 * dgem_attachment_init() - start without a mapping
 * @att: the attachment
 * @dev: the importing device
 * @resv: the object's lock
 */
void dgem_attachment_init(struct dgem_attachment *att, struct device *dev,
			  struct dma_resv *resv)
{
	memset(att, 0, sizeof(*att));
	att->dev = dev;
	att->resv = resv;
	INIT_LIST_HEAD(&att->node);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_init);

/**
 * dgem_attachment_fini() - undo all, without the object's lock held
 * @att: the attachment, without users; taken off the object's list
 */
void dgem_attachment_fini(struct dgem_attachment *att)
{
	dma_resv_lock(att->resv, NULL);
	list_del_init(&att->node);
	dgem_attachment_unmap_idle_locked(att);
	dma_resv_unlock(att->resv);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_fini);

/**
 * dgem_attachment_unmap_idle_locked() - unmap what no importer uses
 * @att: the attachment, without users; nothing happens if it has no mapping
 *
 * The object has been the CPU's since the last unmap, and what the CPU wrote
 * may still be in its caches: to sync for the CPU again would throw it away
 * where devices do not see the caches.
 *
 * Called from reclaim, too: does not allocate.
 */
void dgem_attachment_unmap_idle_locked(struct dgem_attachment *att)
{
	dma_resv_assert_held(att->resv);
	WARN_ON_ONCE(att->users);

	if (att->mapped)
		dgem_attachment_unmap_pages_locked(att, DMA_ATTR_SKIP_CPU_SYNC);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_unmap_idle_locked);

/**
 * dgem_attachment_expire_locked() - unmap what no importer has used for long
 * @att: the attachment
 *
 * Return: whether there still is a mapping that no importer uses.
 */
bool dgem_attachment_expire_locked(struct dgem_attachment *att)
{
	dma_resv_assert_held(att->resv);

	if (!dgem_attachment_is_idle(att))
		return false;

	if (jiffies - att->last_use < DGEM_ATTACH_IDLE ||
	    !dma_resv_test_signaled(att->resv, DMA_RESV_USAGE_BOOKKEEP))
		return true;

	dgem_attachment_unmap_idle_locked(att);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_expire_locked);

static bool dgem_dir_covers(enum dma_data_direction have,
			    enum dma_data_direction want)
{
	return have == want || have == DMA_BIDIRECTIONAL;
}

static struct sg_table *dgem_attachment_copy_table(const struct sg_table *sgt)
{
	struct scatterlist *from, *to;
	struct sg_table *copy;
	unsigned int i;
	int ret;

	copy = kmalloc_obj(*copy, DGEM_GFP);
	if (!copy)
		return ERR_PTR(-ENOMEM);

	ret = sg_alloc_table(copy, sgt->orig_nents, DGEM_GFP);
	if (ret) {
		kfree(copy);
		return ERR_PTR(ret);
	}

	/* As many entries are chained alike, and end alike. */
	copy->nents = sgt->nents;
	to = copy->sgl;
	for_each_sgtable_sg(sgt, from, i) {
		*to = *from;
		to = sg_next(to);
	}
	return copy;
}

/* The importer's copy of the table, for one map: it is free to edit it. */
static struct sg_table *dgem_attachment_alloc_table_locked(struct dgem_attachment *att)
{
	unsigned int nents = att->sgt.orig_nents;

	dma_resv_assert_held(att->resv);

	if (att->lent_in_use || !att->room)
		return dgem_attachment_copy_table(&att->sgt);

	att->lent_in_use = true;
	att->lent = att->sgt;
	att->lent.sgl = att->room + nents;
	memcpy(att->lent.sgl, att->sgt.sgl, nents * sizeof(*att->room));
	return &att->lent;
}

static void dgem_attachment_free_table_locked(struct dgem_attachment *att,
					      struct sg_table *sgt)
{
	dma_resv_assert_held(att->resv);

	if (sgt == &att->lent) {
		att->lent_in_use = false;
	} else {
		sg_free_table(sgt);
		kfree(sgt);
	}
}

/* Maps the pages; an idle mapping of another direction is replaced by a wider one. */
static int dgem_attachment_map_pages_locked(struct dgem_attachment *att,
					    const struct dgem_pages *pages,
					    enum dma_data_direction dir)
{
	long ret;

	dma_resv_assert_held(att->resv);

	if (att->mapped) {
		ret = dma_resv_wait_timeout(att->resv, DMA_RESV_USAGE_BOOKKEEP,
					    true, MAX_SCHEDULE_TIMEOUT);
		if (ret < 0)
			return ret;
		dgem_attachment_unmap_idle_locked(att);
		dir = DMA_BIDIRECTIONAL;
	}

	ret = dgem_attachment_alloc_mapping(att, pages);
	if (ret)
		return ret;

	/*
	 * With all cache maintenance, also for an importer that does its own:
	 * the zeroes of fresh pages may still be in the CPU's caches.
	 */
	ret = dma_map_sgtable(att->dev, &att->sgt, dir, 0);
	if (ret) {
		dgem_attachment_free_mapping(att);
		return ret;
	}

	att->dir = dir;
	att->mapped = true;
	return 0;
}

/**
 * dgem_attachment_map_locked() - map the object for the importing device
 * @att: the attachment
 * @pages: the object's pages, complete, and staying so until unmapped
 * @dir: direction of the transfers
 * @cached: set to whether a mapping was there already
 *
 * A cached mapping of another direction is widened, unless it is in use, when
 * the fences of the object have signalled.
 *
 * Return: a table of its own for each map, to be given to
 * dgem_attachment_unmap_locked(); -ENOMEM; -EBUSY if a mapping in use has another
 * direction; -ERESTARTSYS; what dma_map_sgtable() returns.
 */
struct sg_table *dgem_attachment_map_locked(struct dgem_attachment *att,
					    const struct dgem_pages *pages,
					    enum dma_data_direction dir, bool *cached)
{
	struct sg_table *sgt;
	int ret;

	dma_resv_assert_held(att->resv);

	*cached = att->mapped && dgem_dir_covers(att->dir, dir);
	if (!*cached) {
		if (att->users)
			return ERR_PTR(-EBUSY);
		ret = dgem_attachment_map_pages_locked(att, pages, dir);
		if (ret)
			return ERR_PTR(ret);
	}

	sgt = dgem_attachment_alloc_table_locked(att);
	if (IS_ERR(sgt)) {
		/* A new one was the device's, if only for a moment. */
		if (!*cached)
			dgem_attachment_unmap_pages_locked(att, 0);
		return sgt;
	}

	/* A new one has just been synced, and one in use is the device's. */
	if (*cached && !att->users)
		dma_sync_sgtable_for_device(att->dev, &att->sgt,
					    dgem_attachment_sync_dir(att, dir));
	att->users++;
	return sgt;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_map_locked);

/**
 * dgem_attachment_bounces() - whether data may be copied to where a device can reach it
 * @dev: the device
 *
 * Return: whether it may.
 */
bool dgem_attachment_bounces(struct device *dev)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_attachment_bounces, dev);
	return dma_max_mapping_size(dev) != SIZE_MAX;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_bounces);

/**
 * dgem_attachment_unmap_locked() - the importer is done
 * @att: the attachment, mapped
 * @sgt: what dgem_attachment_map_locked() returned, which is freed
 * @dir: the direction that was given to map
 *
 * The mapping stays for the next time, but not where the device may bounce:
 * there the copy back to the object happens at unmap.
 */
void dgem_attachment_unmap_locked(struct dgem_attachment *att, struct sg_table *sgt,
				  enum dma_data_direction dir)
{
	dma_resv_assert_held(att->resv);

	dgem_attachment_free_table_locked(att, sgt);
	if (--att->users)
		return;

	if (dgem_attachment_bounces(att->dev)) {
		dgem_attachment_unmap_pages_locked(att, 0);
		return;
	}

	dma_sync_sgtable_for_cpu(att->dev, &att->sgt,
				 dgem_attachment_sync_dir(att, dir));
	att->last_use = jiffies;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_attachment_unmap_locked);
