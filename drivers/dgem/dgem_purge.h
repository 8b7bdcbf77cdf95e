/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PURGE_H__
#define __DGEM_PURGE_H__

#include "dgem_bo.h"
#include "dgem_limit.h"

struct shrink_control;

/**
 * struct dgem_purgeable - a BO that is not needed, as reclaim sees it
 *
 * Allocated when the BO's owner says so for the first time, in the memory cgroup and
 * on the node of the task that does; kept until the BO is purged or freed. An object
 * can only go on the list that it was allocated for, so no chunk of the BO will do.
 *
 * Protected by the BO's dma_resv. On its lists while the BO is not needed.
 */
struct dgem_purgeable {
	/** @lru: in &dgem_device.lru_purgeable. */
	struct list_head lru;

	/**
	 * @node: in &dgem_account.purgeable, unless the BO's creator is exempt;
	 * protected by &dgem_account.purgeable_lock.
	 */
	struct list_head node;

	/** @bo: the BO; constant. */
	struct dgem_bo *bo;
};

static inline bool dgem_bo_is_purgeable_locked(struct dgem_bo *bo)
{
	/* A scan may run for the task that fills a chunk of it. */
	return bo->mode == DGEM_BO_DONTNEED && READ_ONCE(bo->filler) != current;
}

int dgem_purgeable_cache_create(void);
void dgem_purgeable_cache_destroy(void);

int dgem_purgeable_prepare_locked(struct dgem_bo *bo);
void dgem_purgeable_add_locked(struct dgem_bo *bo);
void dgem_purgeable_del_locked(struct dgem_bo *bo);
void dgem_purgeable_free(struct dgem_bo *bo);

unsigned long dgem_bo_purge_locked(struct dgem_bo *bo);

unsigned long dgem_purge_count(struct dgem_device *ddev, struct shrink_control *sc);
unsigned long dgem_purge_scan(struct dgem_device *ddev, struct shrink_control *sc);

int dgem_purge_for_ram(struct dgem_device *ddev);
int dgem_purge_for_limit(struct dgem_account *account, enum dgem_limit what,
			 u64 amount);
struct dgem_bo *dgem_bo_create_purging(struct dgem_device *ddev,
				       struct dgem_account *account,
				       struct dgem_heap *heap, u64 size, u64 flags);

#endif
