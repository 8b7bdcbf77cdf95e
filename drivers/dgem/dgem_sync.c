// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/ktime.h>

#include <drm/drm_utils.h>

#include "dgem_bo.h"
#include "dgem_sync.h"

/**
 * dgem_bo_wait() - wait for the implicit fences of a BO
 * @bo: the BO, own or imported, not locked
 * @write: wait for all users, since the caller will write; otherwise for those
 *	who write
 * @timeout_ns: absolute CLOCK_MONOTONIC time
 *
 * dgem makes no fences; they are those of importers and exporters.
 *
 * Return: 0; -ETIME; -ERESTARTSYS.
 */
int dgem_bo_wait(struct dgem_bo *bo, bool write, s64 timeout_ns)
{
	long ret;

	/* Jiffies can lag behind the clock, and then a wait ends too early. */
	do {
		ret = dma_resv_wait_timeout(bo->base.resv,
					    dma_resv_usage_rw(write), true,
					    drm_timeout_abs_to_jiffies(timeout_ns));
	} while (!ret && ktime_to_ns(ktime_get()) < timeout_ns);

	if (ret < 0)
		return ret;

	return ret ? 0 : -ETIME;
}
