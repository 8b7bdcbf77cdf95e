// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * The memory of a BO that has to be there from its creation on, and what goes to make
 * room for it.
 */

#include <kunit/visibility.h>

#include <drm/dgem_drm.h>

#include "dgem_bo.h"
#include "dgem_bo_evict.h"
#include "dgem_bo_reserve.h"
#include "dgem_heap.h"
#include "dgem_limit.h"
#include "dgem_purge.h"
#include "dgem_request.h"
#include "dgem_trace.h"

/* What is not needed goes first, whoever's it is, as for a fill. */
static int dgem_bo_reserve_ram(struct dgem_bo *bo, struct dgem_request *request)
{
	while (!dgem_limit_ram_has_room(bo->pages.nr_pages)) {
		int ret = dgem_purge_for_ram(dgem_bo_device(bo));

		if (ret == -EINTR)
			return ret;
		if (ret) {
			request->reason = DRM_DGEM_REASON_FULL;
			return -ENOSPC;
		}
	}

	return 0;
}

/*
 * Frees what only the BO layer can free. A page of a BO that is resident cannot be
 * migrated, since the BO has a reference to it; an evicted one can.
 */
static bool dgem_bo_make_room(struct dgem_bo *bo)
{
	struct dgem_device *ddev = dgem_bo_device(bo);
	bool purged = false;

	while (!dgem_purge_for_ram(ddev))
		purged = true;

	return dgem_bo_evict_all(ddev) || purged;
}

static int dgem_bo_reserve_once(struct dgem_bo *bo, struct dgem_request *request)
{
	int ret = 0;

	request->reason = DRM_DGEM_REASON_NONE;
	if (dgem_heap_keeps_ram(bo->heap))
		ret = dgem_bo_reserve_ram(bo, request);
	if (!ret)
		ret = dgem_heap_reserve(bo->heap, &bo->pages, request);

	trace_dgem_bo_reserve(bo, request, ret);
	return ret;
}

/**
 * dgem_bo_reserve() - get the memory that a BO has from its creation on
 * @bo: the BO; nobody else can reach it
 * @request: what the memory has to be like; says why it is refused
 *
 * Where memory comes later, notes what it has to be like.
 *
 * Return: 0; what &dgem_heap_ops.reserve returns.
 */
int dgem_bo_reserve(struct dgem_bo *bo, struct dgem_request *request)
{
	int ret;

	if (!bo->heap->ops->reserve)
		return dgem_heap_reserve(bo->heap, &bo->pages, request);

	ret = dgem_bo_reserve_once(bo, request);
	if (ret == -ENOSPC && dgem_heap_keeps_ram(bo->heap) &&
	    request->reason == DRM_DGEM_REASON_FRAGMENTED && dgem_bo_make_room(bo))
		ret = dgem_bo_reserve_once(bo, request);
	if (ret <= 0)
		return ret;

	dgem_bo_account(bo, ret);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_reserve);
