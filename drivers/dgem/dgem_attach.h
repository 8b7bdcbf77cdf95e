/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_ATTACH_H__
#define __DGEM_ATTACH_H__

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>

struct device;
struct dgem_pages;
struct dma_resv;

/*
 * Whether importers get a copy of the mapping's table, because the core
 * scrambles what they get while they have it; compat/ says so.
 */
#ifndef DGEM_LEND_COPY
#define DGEM_LEND_COPY 0
#endif

/**
 * struct dgem_attachment - a device's mapping of an object, kept between uses
 *
 * Importers map and unmap for each job. Building and mapping the scatterlist
 * each time would cost as much as the object has pages, so the mapping stays
 * until the object loses its pages, the direction must widen, the importer
 * detaches, or it was idle for some seconds.
 */
struct dgem_attachment {
	/** @node: in the object's list; protected by its dma_resv. */
	struct list_head node;

	/** @dev: the importing device, constant. */
	struct device *dev;

	/** @resv: the object's lock, which protects all that follows. */
	struct dma_resv *resv;

	/** @sgt: the mapping, valid while @mapped. */
	struct sg_table sgt;

	/** @copy: of @sgt, valid while @mapped, with DGEM_LEND_COPY only. */
	struct sg_table copy;

	/** @dir: direction of the mapping. */
	enum dma_data_direction dir;

	/** @mapped: whether there is a mapping. */
	bool mapped;

	/** @users: how often the importer holds it. */
	unsigned int users;

	/** @last_use: jiffies of the last unmap. */
	unsigned long last_use;

	/** @expire: drops an idle mapping; takes @resv. */
	struct delayed_work expire;
};

/* What the importer of a mapped attachment is given. */
static inline struct sg_table *dgem_attachment_table(struct dgem_attachment *att)
{
	return DGEM_LEND_COPY ? &att->copy : &att->sgt;
}

void dgem_attachment_init(struct dgem_attachment *att, struct device *dev,
			  struct dma_resv *resv);
void dgem_attachment_fini(struct dgem_attachment *att);

int dgem_attachment_map(struct dgem_attachment *att,
			const struct dgem_pages *pages,
			enum dma_data_direction dir, bool *cached);
void dgem_attachment_unmap(struct dgem_attachment *att,
			   enum dma_data_direction dir);
void dgem_attachment_drop(struct dgem_attachment *att);

void dgem_attachment_sync_for_cpu(struct dgem_attachment *att,
				  enum dma_data_direction dir);
void dgem_attachment_sync_for_device(struct dgem_attachment *att,
				     enum dma_data_direction dir);

#if IS_ENABLED(CONFIG_KUNIT)
bool dgem_attachment_bounces(struct device *dev);
void dgem_attachment_unmap_device(struct dgem_attachment *att,
				  unsigned long attrs);
#endif

#endif
