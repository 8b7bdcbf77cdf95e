/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_H__
#define __DGEM_BO_H__

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include <drm/drm_gem.h>

#include "dgem_device.h"
#include "dgem_pages.h"

struct dgem_account;
struct dgem_heap;
struct dgem_purgeable;
struct dma_buf;

/**
 * struct dgem_chunk - a chunk of a swappable BO, as reclaim sees it
 *
 * Allocated when the chunk is filled for the first time, in the memory cgroup of
 * the task that fills, which its pages are charged to, too, and on that task's
 * node, from which they usually come: a memory policy may say otherwise. Kept
 * until the BO is freed, so that filling it again allocates nothing. The only one
 * of a BO that is shorter than a chunk is part of the BO, which saves an eighth of
 * what such a BO costs; its cgroup and node are those of the BO's creator.
 *
 * Protected by the BO's dma_resv. While any of its pages are resident it is on one of
 * the device's lists, unless more of them are being filled, or a scan has met it
 * pinned: &dgem_bo.parked.
 */
struct dgem_chunk {
	/** @lru: in &dgem_device.lru_whole or &dgem_device.lru_rest. */
	struct list_head lru;

	/** @bo: whose it is; constant. */
	struct dgem_bo *bo;

	/**
	 * @twin: the object that stands for the chunk when it is filled in part
	 * instead of as a whole, or the other way round, for an object can only be
	 * on the list that it was allocated for. NULL for a chunk that has never
	 * been filled as a whole; constant.
	 */
	struct dgem_chunk *twin;

	/** @index: number of the chunk in @bo; constant. */
	unsigned int index;

	/** @nr_pages: how many of its pages are resident; constant while it is listed. */
	unsigned short nr_pages;

	/** @referenced: whether a fault has mapped it since it was last zapped. */
	bool referenced;

	/** @whole: whether it is for &dgem_device.lru_whole; constant. */
	bool whole;
};

/**
 * enum dgem_bo_mode - what the owner of a BO has made of it
 *
 * Each excludes the others, so an export and an advice that race are decided by one
 * compare-and-exchange of one word: dgem_bo_change_mode(). No other file can have a
 * handle of a BO that is not exported, since other files get handles by the dma-buf
 * only, and the DRM core keeps that while there is a handle.
 */
enum dgem_bo_mode {
	/** @DGEM_BO_OWN: nobody else can reach it, and its contents are needed. */
	DGEM_BO_OWN,

	/** @DGEM_BO_EXPORTED: there is a dma-buf of it. */
	DGEM_BO_EXPORTED,

	/** @DGEM_BO_DONTNEED: its contents may be purged. */
	DGEM_BO_DONTNEED,

	/** @DGEM_BO_PURGED: they were, and it has no memory, for good. */
	DGEM_BO_PURGED,
};

/**
 * struct dgem_bo - buffer object
 *
 * Freed with its last reference; references are held by handles, dma-bufs,
 * VMAs and, for the time of a call, by ioctls and the shrinker.
 *
 * Its pages come and go: filled by chunks or pages when touched, all of them when
 * pinned, evicted by the shrinker when not. All of that, and whatever is not
 * constant and names no other lock, is protected by base.resv. An imported BO
 * shares the exporter's, has no heap and no pages.
 */
struct dgem_bo {
	/** @base: GEM object. */
	struct drm_gem_object base;

	/** @heap: where pages come from, NULL if imported; constant. */
	struct dgem_heap *heap;

	/** @account: what it is charged to, NULL if its creator is exempt; constant. */
	struct dgem_account *account;

	/** @id: never used again until the next boot; constant. */
	u64 id;

	/** @flags: ``DRM_DGEM_BO_*`` flags it was created with; constant. */
	u64 flags;

	/** @pages: the pages. */
	struct dgem_pages pages;

	/**
	 * @backed: pages that the heap has for it, and its tables, which @account is
	 * charged.
	 */
	unsigned long backed;

	/**
	 * @use_count: pins, kernel mappings and device mappings of importers; while
	 * not 0, all pages are resident and stay.
	 */
	unsigned int use_count;

	/**
	 * @pin_count: those of @use_count that are no mere device mappings,
	 * whatever the heap.
	 */
	unsigned int pin_count;

	/** @vmap_count: users of @vaddr, each with a pin. */
	unsigned int vmap_count;

	/** @vaddr: kernel mapping while @vmap_count is not 0. */
	void *vaddr;

	/** @attachments: of importers, &dgem_attachment.node. */
	struct list_head attachments;

	/**
	 * @idle: in &dgem_idle.bos while one of @attachments may have an idle mapping,
	 * or it is @wanted.
	 */
	struct hlist_node idle;

	/** @gone: what mappings of a device's memory show when that is gone, or NULL. */
	struct page *gone;

	/** @dma_maps: mappings for the instance's device; also of an imported BO. */
	unsigned int dma_maps;

	/** @mmap_count: number of VMAs; atomic, since fork counts unlocked. */
	atomic_t mmap_count;

	/** @chunk: the only one of a BO that is shorter than a chunk. */
	struct dgem_chunk chunk;

	/** @chunks: others by number; empty if the heap is not swappable. */
	struct xarray chunks;

	/**
	 * @filler: the task that fills a chunk which was touched, and has the lock.
	 * Its reclaim may evict other chunks of the BO. Read without the lock, to
	 * be compared with the task that reads, for which it cannot change.
	 */
	struct task_struct *filler;

	/** @parked: whether a scan took chunks off their list, since they are pinned. */
	bool parked;

	/** @wanted: whether a scan has met chunks that only device mappings keep. */
	bool wanted;

	/** @link: in &dgem_cpu.bos of @cpu; protected by &dgem_cpu.bos_lock. */
	struct hlist_node link;

	/** @cpu: where it was created; constant. */
	unsigned int cpu;

	/**
	 * @mode: atomic, since the dma-buf's export and release do not take the
	 * lock; all other changes do.
	 */
	enum dgem_bo_mode mode;

	/** @purgeable: how reclaim finds it; NULL if it was always needed, or is purged. */
	struct dgem_purgeable *purgeable;

	/**
	 * @has_offset: whether it has an mmap offset, which stays; set under
	 * &dgem_device.offset_lock.
	 */
	bool has_offset;

	/** @label: NULL or text; protected by &dgem_device.label_lock. */
	char *label;

	/** @owner_pid: process that created it; constant. */
	pid_t owner_pid;

	/** @owner_comm: that process's name then; constant. */
	char owner_comm[TASK_COMM_LEN];
};

static inline struct dgem_bo *to_dgem_bo(struct drm_gem_object *obj)
{
	return container_of(obj, struct dgem_bo, base);
}

static inline struct dgem_device *dgem_bo_device(struct dgem_bo *bo)
{
	return to_dgem_device(bo->base.dev);
}

static inline bool dgem_bo_change_mode(struct dgem_bo *bo, enum dgem_bo_mode from,
				       enum dgem_bo_mode to)
{
	return try_cmpxchg(&bo->mode, &from, to);
}

static inline bool dgem_bo_is_purged(const struct dgem_bo *bo)
{
	return READ_ONCE(bo->mode) == DGEM_BO_PURGED;
}

/* What those get who want to use or share a BO that is not needed. */
static inline int dgem_bo_not_needed_error(const struct dgem_bo *bo)
{
	return dgem_bo_is_purged(bo) ? -EFAULT : -EBUSY;
}

static inline struct dgem_bo *dgem_bo_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	return obj ? to_dgem_bo(obj) : NULL;
}

static inline void dgem_bo_put(struct dgem_bo *bo)
{
	drm_gem_object_put(&bo->base);
}

int dgem_bo_cache_create(void);
void dgem_bo_cache_destroy(void);

struct dgem_bo *dgem_bo_create(struct dgem_device *ddev,
			       struct dgem_account *account,
			       struct dgem_heap *heap, u64 size, u64 flags);
struct dgem_bo *dgem_bo_create_imported(struct dgem_device *ddev,
					struct dgem_account *account,
					struct dma_buf *dmabuf);
void dgem_bo_free(struct dgem_bo *bo);

int dgem_bo_lock_killable(struct dgem_bo *bo);
u64 dgem_bo_state(struct dgem_bo *bo);
int dgem_bo_set_label(struct dgem_bo *bo, const char *text, size_t len);
size_t dgem_bo_get_label(struct dgem_bo *bo, char *text);

#endif
