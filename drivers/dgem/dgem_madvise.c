// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_heap.h"
#include "dgem_madvise.h"
#include "dgem_purge.h"

/* Pages that were evicted are on no list of ours, and on their way to swap. */
static bool dgem_bo_was_evicted_locked(struct dgem_bo *bo)
{
	return dgem_heap_backed(bo->heap, &bo->pages) > bo->pages.resident;
}

static int dgem_bo_dont_need_locked(struct dgem_bo *bo)
{
	int ret;

	if (bo->use_count || READ_ONCE(bo->mode) == DGEM_BO_EXPORTED)
		return -EBUSY;

	ret = dgem_purgeable_prepare_locked(bo);
	if (ret)
		return ret;

	/* An export may have come first. */
	if (bo->mode != DGEM_BO_DONTNEED &&
	    !dgem_bo_change_mode(bo, DGEM_BO_OWN, DGEM_BO_DONTNEED))
		return -EBUSY;

	if (dgem_bo_was_evicted_locked(bo) &&
	    dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		dgem_bo_purge_locked(bo);
	else
		dgem_purgeable_add_locked(bo);
	return 0;
}

static void dgem_bo_will_need_locked(struct dgem_bo *bo)
{
	if (bo->mode != DGEM_BO_DONTNEED)
		return;

	dgem_purgeable_del_locked(bo);
	/* From here on it can be exported. */
	WRITE_ONCE(bo->mode, DGEM_BO_OWN);
}

/**
 * dgem_bo_madvise() - take advice on whether the contents of a BO are needed
 * @bo: the BO, of a heap with %DRM_DGEM_HEAP_CAP_PURGEABLE, not locked
 * @madv: one of &enum drm_dgem_madv
 * @retained: set to whether they are still there
 *
 * Return: 0; -EBUSY if others use the BO, or could; -ENOMEM; -ERESTARTSYS.
 */
int dgem_bo_madvise(struct dgem_bo *bo, u32 madv, bool *retained)
{
	int ret;

	ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
	if (ret)
		return ret;

	if (madv == DRM_DGEM_MADV_WILLNEED)
		dgem_bo_will_need_locked(bo);
	else if (!dgem_bo_is_purged(bo))
		ret = dgem_bo_dont_need_locked(bo);

	*retained = !dgem_bo_is_purged(bo);
	dma_resv_unlock(bo->base.resv);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_madvise);
