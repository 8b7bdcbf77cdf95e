// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/time_namespace.h>

#include <kunit/visibility.h>

#include <drm/drm_utils.h>

#include "dgem_bo.h"
#include "dgem_sync.h"

/*
 * dgem_timeout_to_host() - translate a time into that of the kernel's own clock
 * @timeout_ns: absolute CLOCK_MONOTONIC time of a time namespace
 * @offset_ns: how far its clock is ahead of the kernel's
 *
 * timens_ktime_to_host() is not exported by all kernels, and turns INT64_MAX
 * into the past where the offset is negative.
 *
 * Return: the time; INT64_MAX, which is never, stays as it is.
 */
VISIBLE_IF_KUNIT s64 dgem_timeout_to_host(s64 timeout_ns, s64 offset_ns)
{
	s64 host_ns;

	if (timeout_ns == S64_MAX)
		return S64_MAX;

	if (check_sub_overflow(timeout_ns, offset_ns, &host_ns))
		return offset_ns < 0 ? S64_MAX : S64_MIN;

	return host_ns;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_timeout_to_host);

/**
 * dgem_bo_wait() - wait for the implicit fences of a BO
 * @bo: the BO, own or imported, not locked
 * @write: wait for all users, since the caller will write; otherwise for those
 *	who write
 * @timeout_ns: absolute CLOCK_MONOTONIC time as the calling process sees it
 *
 * dgem makes no fences; they are those of importers and exporters.
 *
 * Return: 0; -ETIME; -ERESTARTSYS.
 */
int dgem_bo_wait(struct dgem_bo *bo, bool write, s64 timeout_ns)
{
	struct timespec64 offset = {};
	long ret;

	timens_add_monotonic(&offset);
	timeout_ns = dgem_timeout_to_host(timeout_ns, timespec64_to_ns(&offset));

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
