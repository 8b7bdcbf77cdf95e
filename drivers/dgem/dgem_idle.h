/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_IDLE_H__
#define __DGEM_IDLE_H__

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct dgem_bo;
struct dgem_device;

/**
 * struct dgem_idle - BOs with device mappings that nobody uses now, or can do without
 *
 * One timer serves all BOs of an instance, since to arm and cancel one for each
 * importer costs more than the rest of an attach.
 */
struct dgem_idle {
	/** @lock: protects @bos. */
	spinlock_t lock;

	/** @bos: &dgem_bo.idle; holds no references, a BO leaves it when it is freed. */
	struct hlist_head bos;

	/** @work: runs while @bos is not empty. */
	struct delayed_work work;
};

int dgem_idle_init(struct dgem_device *ddev);
void dgem_idle_add_locked(struct dgem_bo *bo);
void dgem_idle_want_locked(struct dgem_bo *bo);
void dgem_idle_invalidate_locked(struct dgem_bo *bo);
void dgem_idle_remove(struct dgem_bo *bo);

#endif
