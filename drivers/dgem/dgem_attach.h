/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_ATTACH_H__
#define __DGEM_ATTACH_H__

#include <linux/dma-direction.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/scatterlist.h>

struct device;
struct dgem_pages;
struct dma_buf;
struct dma_resv;

/* Streaming importers map more often than this; others lose the mapping. */
#define DGEM_ATTACH_IDLE	(5 * HZ)

/**
 * struct dgem_attachment - a device's mapping of an object, kept between uses
 *
 * Importers map and unmap for each job. Building and mapping the scatterlist
 * each time would cost as much as the object has pages, so the mapping stays
 * until the object loses its pages, the direction must widen, the importer
 * detaches, or it was idle for some seconds. All but the detach wait for the
 * object's fences: until then a device may work on after its importer unmapped.
 *
 * The table of the mapping stays here. Importers own what they are given until
 * they unmap, and some edit it, so each map hands out a copy.
 */
struct dgem_attachment {
	/** @node: in the object's list; protected by its dma_resv. */
	struct list_head node;

	/** @dev: the importing device, constant. */
	struct device *dev;

	/** @dmabuf: which the importer has a reference to; constant. */
	struct dma_buf *dmabuf;

	/** @resv: the object's lock, which protects all that follows. */
	struct dma_resv *resv;

	/** @sgt: the mapping, valid while @mapped; never handed out. */
	struct sg_table sgt;

	/** @dir: direction of the mapping. */
	enum dma_data_direction dir;

	/** @mapped: whether there is a mapping. */
	bool mapped;

	/** @users: how many copies of @sgt the importer has. */
	unsigned int users;

	/** @last_use: jiffies of the last unmap. */
	unsigned long last_use;

	/** @lent: the copy of one user, if there is @room; others are allocated. */
	struct sg_table lent;

	/** @lent_in_use: whether some user has @lent. */
	bool lent_in_use;

	/**
	 * @room: the entries of @sgt and then those of @lent, as long as @sgt is
	 * valid; NULL if they are many, and sg_alloc_table() has made @sgt.
	 */
	struct scatterlist *room;
};

/* Whether it has a mapping that no importer uses. */
static inline bool dgem_attachment_is_idle(const struct dgem_attachment *att)
{
	return att->mapped && !att->users;
}

/*
 * The DMA API wants a mapping synced in its own direction; only one that goes
 * both ways can be synced in just one.
 */
static inline enum dma_data_direction
dgem_attachment_sync_dir(const struct dgem_attachment *att, enum dma_data_direction dir)
{
	return att->dir == DMA_BIDIRECTIONAL ? dir : att->dir;
}

void dgem_attachment_init(struct dgem_attachment *att, struct device *dev,
			  struct dma_resv *resv);
void dgem_attachment_fini(struct dgem_attachment *att);

struct sg_table *dgem_attachment_map_locked(struct dgem_attachment *att,
					    const struct dgem_pages *pages,
					    enum dma_data_direction dir, bool *cached);
void dgem_attachment_unmap_locked(struct dgem_attachment *att, struct sg_table *sgt,
				  enum dma_data_direction dir);
void dgem_attachment_unmap_idle_locked(struct dgem_attachment *att);
bool dgem_attachment_expire_locked(struct dgem_attachment *att);

void dgem_attachment_sync_for_cpu_locked(struct dgem_attachment *att,
					 enum dma_data_direction dir);
void dgem_attachment_sync_for_device_locked(struct dgem_attachment *att,
					    enum dma_data_direction dir);

bool dgem_attachment_bounces(struct device *dev);
bool dgem_attachment_needs_sync(struct device *dev);
void dgem_attachment_sync_range_locked(struct dgem_attachment *att,
				       const struct dgem_pages *pages, u64 offset, u64 size,
				       enum dma_data_direction dir, bool for_device);

#if IS_ENABLED(CONFIG_KUNIT)
void dgem_attachment_sync_run(struct device *dev, dma_addr_t addr, size_t size,
			      enum dma_data_direction dir, bool for_device);
void dgem_attachment_unmap_device(struct dgem_attachment *att,
				  unsigned long attrs);
#endif

#endif
