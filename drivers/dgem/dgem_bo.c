// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_account.h"
#include "dgem_bo.h"
#include "dgem_cost.h"
#include "dgem_limit.h"
#include "dgem_trace.h"

static struct kmem_cache *dgem_bo_cache;

static atomic64_t dgem_bo_last_id;

/**
 * dgem_bo_cache_create() - set up what all instances share
 *
 * Ids must not repeat when the module is loaded again. They start at the
 * nanoseconds since boot, because no BO can be created in less than one.
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_bo_cache_create(void)
{
	atomic64_set(&dgem_bo_last_id, ktime_get_boottime_ns());
	dgem_bo_cache = kmem_cache_create("dgem_bo", sizeof(struct dgem_bo), 0,
					  SLAB_ACCOUNT, NULL);
	return dgem_bo_cache ? 0 : -ENOMEM;
}

/**
 * dgem_bo_cache_destroy() - undo dgem_bo_cache_create(), with no BO left
 */
void dgem_bo_cache_destroy(void)
{
	kmem_cache_destroy(dgem_bo_cache);
}

static struct dgem_bo *dgem_bo_alloc(struct dgem_device *ddev,
				     struct dgem_account *account, u64 cost)
{
	struct dgem_bo *bo;
	int ret;

	ret = dgem_limit_charge(account, DGEM_LIMIT_UNSWAPPABLE, cost);
	if (ret)
		return ERR_PTR(ret);

	/* A BO that is shorter than a chunk is on this list itself. */
	bo = kmem_cache_alloc_lru(dgem_bo_cache, &ddev->lru_rest.list,
				  DGEM_GFP | __GFP_ZERO);
	if (!bo) {
		dgem_limit_uncharge(account, DGEM_LIMIT_UNSWAPPABLE, cost);
		return ERR_PTR(-ENOMEM);
	}

	bo->account = dgem_account_get(account);
	bo->base.funcs = ddev->bo_funcs;
	bo->id = atomic64_inc_return(&dgem_bo_last_id);
	bo->owner_pid = task_tgid_nr(current);
	/* Without the lock: half of two names harms nobody. */
	memcpy(bo->owner_comm, current->group_leader->comm,
	       sizeof(bo->owner_comm) - 1);
	INIT_LIST_HEAD(&bo->attachments);
	xa_init_flags(&bo->chunks, XA_FLAGS_ACCOUNT);
	return bo;
}

/* Last step of creation: from here on debugfs sees the BO. */
static void dgem_bo_link(struct dgem_device *ddev, struct dgem_bo *bo)
{
	struct dgem_cpu *cpu;

	bo->cpu = raw_smp_processor_id();
	cpu = per_cpu_ptr(ddev->cpus, bo->cpu);
	spin_lock(&cpu->bos_lock);
	hlist_add_head(&bo->link, &cpu->bos);
	spin_unlock(&cpu->bos_lock);
	dgem_stat_inc(ddev, DGEM_STAT_BOS);
	trace_dgem_bo_create(bo);
}

/**
 * dgem_bo_create() - make a BO of a heap
 * @ddev: the instance
 * @account: what it is charged to, NULL if its creator is exempt
 * @heap: one of its heaps
 * @size: bytes, a multiple of the page size, 1 page to DGEM_MAX_BO_SIZE
 * @flags: ``DRM_DGEM_BO_*`` flags that the heap takes
 *
 * No memory is allocated for its contents, whatever the flags say.
 *
 * Return: the BO with one reference; -EDQUOT; -ENOMEM.
 */
struct dgem_bo *dgem_bo_create(struct dgem_device *ddev,
			       struct dgem_account *account,
			       struct dgem_heap *heap, u64 size, u64 flags)
{
	struct dgem_bo *bo;

	bo = dgem_bo_alloc(ddev, account, dgem_cost(heap, size));
	if (IS_ERR(bo))
		return bo;

	bo->heap = heap;
	bo->flags = flags;
	dgem_pages_init(&bo->pages, size >> PAGE_SHIFT);
	bo->pages.direct = flags & DRM_DGEM_BO_DIRECT_IO;
	drm_gem_private_object_init(&ddev->drm, &bo->base, size);
	dgem_bo_link(ddev, bo);
	return bo;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_create);

/**
 * dgem_bo_create_imported() - make a BO for a foreign dma-buf
 * @ddev: the instance
 * @account: what it is charged to, NULL if its importer is exempt
 * @dmabuf: the dma-buf; the caller attaches and holds it
 *
 * Return: the BO with one reference; -EDQUOT; -ENOMEM.
 */
struct dgem_bo *dgem_bo_create_imported(struct dgem_device *ddev,
					struct dgem_account *account,
					struct dma_buf *dmabuf)
{
	struct dgem_bo *bo;

	bo = dgem_bo_alloc(ddev, account, dgem_cost(NULL, 0));
	if (IS_ERR(bo))
		return bo;

	/* Set before the object is initialised, which keeps it. */
	bo->base.resv = dmabuf->resv;
	drm_gem_private_object_init(&ddev->drm, &bo->base,
				    PAGE_ALIGN(dmabuf->size));
	dgem_bo_link(ddev, bo);
	return bo;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_create_imported);

/* Its memory and its offset are about to be freed, or are already. */
static void dgem_bo_uncharge(struct dgem_bo *bo)
{
	u64 size = bo->base.size;
	u64 cost = dgem_cost(bo->heap, size);

	if (dgem_bo_is_purged(bo))
		cost -= dgem_cost_of_memory(bo->heap, size);

	if (bo->has_offset)
		dgem_limit_uncharge(bo->account, DGEM_LIMIT_OFFSETS,
				    size >> PAGE_SHIFT);
	dgem_limit_uncharge(bo->account, DGEM_LIMIT_UNSWAPPABLE, cost);
}

/**
 * dgem_bo_free() - free a BO that nobody refers to any more
 * @bo: the BO, whose pages are given up already
 *
 * May run in reclaim, when the shrinker held the last reference.
 */
void dgem_bo_free(struct dgem_bo *bo)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	struct dgem_cpu *cpu = per_cpu_ptr(ddev->cpus, bo->cpu);

	trace_dgem_bo_free(bo);

	dgem_bo_uncharge(bo);
	spin_lock(&cpu->bos_lock);
	hlist_del(&bo->link);
	spin_unlock(&cpu->bos_lock);
	dgem_stat_dec(ddev, DGEM_STAT_BOS);

	drm_gem_object_release(&bo->base);
	dgem_account_put(bo->account);
	kfree(bo->label);
	kmem_cache_free(dgem_bo_cache, bo);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_free);

/**
 * dgem_bo_lock_killable() - take a BO's lock for a caller that cannot repeat
 * @bo: the BO
 *
 * A task that populates many GiB holds the lock for long, and a dying task must
 * not wait for it. dma_resv has an interruptible lock only: while another
 * signal is pending, which would end each wait, the lock is polled for.
 *
 * Return: 0, or -EINTR on a fatal signal.
 */
int dgem_bo_lock_killable(struct dgem_bo *bo)
{
	while (dma_resv_lock_interruptible(bo->base.resv, NULL)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		schedule_timeout_killable(1);
	}

	return 0;
}

/**
 * dgem_bo_state() - what BO_INFO and debugfs say of a BO
 * @bo: the BO, not locked
 *
 * Return: ``DRM_DGEM_BO_STATE_*`` bits, a snapshot.
 */
u64 dgem_bo_state(struct dgem_bo *bo)
{
	unsigned long resident = READ_ONCE(bo->pages.resident);
	u64 state = 0;

	if (READ_ONCE(bo->dma_maps))
		state |= DRM_DGEM_BO_STATE_DMA_MAPPED;
	if (!bo->heap)
		return state | DRM_DGEM_BO_STATE_IMPORTED;

	if (resident)
		state |= DRM_DGEM_BO_STATE_RESIDENT_PART;
	if (resident == bo->pages.nr_pages)
		state |= DRM_DGEM_BO_STATE_RESIDENT_ALL;
	if (READ_ONCE(bo->pin_count))
		state |= DRM_DGEM_BO_STATE_PINNED;

	switch (READ_ONCE(bo->mode)) {
	case DGEM_BO_EXPORTED:
		state |= DRM_DGEM_BO_STATE_EXPORTED;
		break;
	case DGEM_BO_PURGED:
		state |= DRM_DGEM_BO_STATE_PURGED;
		break;
	default:
		break;
	}

	return state;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_state);

/**
 * dgem_bo_set_label() - name a BO for people
 * @bo: the BO
 * @text: printable ASCII, @len bytes, not terminated
 * @len: up to DRM_DGEM_LABEL_MAX; 0 removes the label
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_bo_set_label(struct dgem_bo *bo, const char *text, size_t len)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	char *label = NULL;

	if (len) {
		label = kmemdup_nul(text, len, DGEM_GFP);
		if (!label)
			return -ENOMEM;
	}

	spin_lock(&ddev->label_lock);
	swap(bo->label, label);
	spin_unlock(&ddev->label_lock);
	kfree(label);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_set_label);

/**
 * dgem_bo_get_label() - read a BO's label
 * @bo: the BO
 * @text: room for DRM_DGEM_LABEL_MAX bytes and NUL
 *
 * Return: length without NUL, 0 if there is no label.
 */
size_t dgem_bo_get_label(struct dgem_bo *bo, char *text)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	ssize_t len;

	spin_lock(&ddev->label_lock);
	len = strscpy(text, bo->label ?: "", DRM_DGEM_LABEL_MAX + 1);
	spin_unlock(&ddev->label_lock);
	return len;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_get_label);
