// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/kref.h>

#include <kunit/visibility.h>

#include <drm/drm_managed.h>

#include "dgem_attach.h"
#include "dgem_bo.h"
#include "dgem_idle.h"

/* Frozen while the system is suspended, when IOMMUs of devices may be off. */
static void dgem_idle_queue(struct dgem_idle *idle)
{
	queue_delayed_work(system_freezable_wq, &idle->work, DGEM_ATTACH_IDLE);
}

/**
 * dgem_idle_invalidate_locked() - have dynamic importers unmap
 * @bo: the BO, in use
 *
 * Nothing happens while a pin keeps its pages or a fence says that a device works on
 * them. What importers do here may wait and allocate, so that it must not be called in
 * reclaim. Those that need some time have not unmapped when it returns, and those that
 * go on working map again. There is one dma-buf of a BO, and an importer that has it
 * mapped has a reference to it.
 */
void dgem_idle_invalidate_locked(struct dgem_bo *bo)
{
	struct dgem_attachment *att;

	dma_resv_assert_held(bo->base.resv);

	if (bo->pin_count ||
	    !dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		return;

	list_for_each_entry(att, &bo->attachments, node) {
		if (att->users) {
			dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_INVALIDATES);
			dma_buf_invalidate_mappings(att->dmabuf);
			return;
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(dgem_idle_invalidate_locked);

/* Whether the BO has a mapping left that nobody uses. */
static bool dgem_idle_expire_locked(struct dgem_bo *bo)
{
	struct dgem_attachment *att;
	bool left = false;

	if (bo->wanted) {
		bo->wanted = false;
		dgem_idle_invalidate_locked(bo);
	}
	list_for_each_entry(att, &bo->attachments, node)
		left |= dgem_attachment_expire_locked(att);
	return left;
}

static void dgem_idle_look(struct dgem_idle *idle, struct dgem_bo *bo)
{
	/* The holder may be populating many GiB, so do not wait for it. */
	if (!dma_resv_trylock(bo->base.resv))
		return;

	if (!dgem_idle_expire_locked(bo)) {
		spin_lock(&idle->lock);
		hlist_del_init(&bo->idle);
		spin_unlock(&idle->lock);
	}
	dma_resv_unlock(bo->base.resv);
}

static void dgem_idle_work(struct work_struct *work)
{
	struct dgem_idle *idle = container_of(to_delayed_work(work),
					      struct dgem_idle, work);
	HLIST_HEAD(todo);
	struct dgem_bo *bo;
	bool left;

	spin_lock(&idle->lock);
	hlist_move_list(&idle->bos, &todo);
	while (!hlist_empty(&todo)) {
		bo = hlist_entry(todo.first, struct dgem_bo, idle);
		hlist_del(&bo->idle);
		hlist_add_head(&bo->idle, &idle->bos);
		/* One without references waits for the lock in dgem_idle_remove(). */
		if (!kref_get_unless_zero(&bo->base.refcount))
			continue;

		spin_unlock(&idle->lock);
		dgem_idle_look(idle, bo);
		dgem_bo_put(bo);
		cond_resched();
		spin_lock(&idle->lock);
	}
	left = !hlist_empty(&idle->bos);
	spin_unlock(&idle->lock);

	if (left)
		dgem_idle_queue(idle);
}

/* The work may free the last BOs: what that takes is still there. */
static void dgem_idle_fini(struct drm_device *drm, void *unused)
{
	cancel_delayed_work_sync(&to_dgem_device(drm)->idle.work);
}

/**
 * dgem_idle_init() - prepare for BOs with idle mappings
 * @ddev: the instance, not registered yet; the work ends with its last reference
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_idle_init(struct dgem_device *ddev)
{
	INIT_HLIST_HEAD(&ddev->idle.bos);
	INIT_DELAYED_WORK(&ddev->idle.work, dgem_idle_work);
	return drmm_add_action_or_reset(&ddev->drm, dgem_idle_fini, NULL);
}

/**
 * dgem_idle_add_locked() - unmap the mappings of a BO when they were idle for long
 * @bo: the BO, one of whose mappings has lost its last user
 */
void dgem_idle_add_locked(struct dgem_bo *bo)
{
	struct dgem_idle *idle = &dgem_bo_device(bo)->idle;
	bool first;

	dma_resv_assert_held(bo->base.resv);

	/* Only the work and the end of a BO take it off, with the BO's lock or alone. */
	if (!hlist_unhashed(&bo->idle))
		return;

	spin_lock(&idle->lock);
	first = hlist_empty(&idle->bos);
	hlist_add_head(&bo->idle, &idle->bos);
	spin_unlock(&idle->lock);

	if (first)
		dgem_idle_queue(idle);
}

/**
 * dgem_idle_want_locked() - have dynamic importers unmap a BO soon
 * @bo: the BO, whose pages only device mappings keep
 *
 * They are asked from a work, at once and not in the call: may run in reclaim. If a
 * fence then stands in their way, the next scan wants it again.
 */
void dgem_idle_want_locked(struct dgem_bo *bo)
{
	dma_resv_assert_held(bo->base.resv);

	if (bo->wanted)
		return;

	bo->wanted = true;
	dgem_idle_add_locked(bo);
	/* Not before the caller has unlocked. */
	mod_delayed_work(system_freezable_wq, &dgem_bo_device(bo)->idle.work, 2);
}

/**
 * dgem_idle_remove() - forget a BO
 * @bo: the BO, which nobody refers to
 */
void dgem_idle_remove(struct dgem_bo *bo)
{
	struct dgem_idle *idle = &dgem_bo_device(bo)->idle;

	if (hlist_unhashed(&bo->idle))
		return;

	spin_lock(&idle->lock);
	hlist_del(&bo->idle);
	spin_unlock(&idle->lock);
}
