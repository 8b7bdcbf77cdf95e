/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_SYNC_H__
#define __DGEM_SYNC_H__

#include <linux/types.h>

struct dgem_bo;

int dgem_bo_wait(struct dgem_bo *bo, bool write, s64 timeout_ns);

#if IS_ENABLED(CONFIG_KUNIT)
s64 dgem_timeout_to_host(s64 timeout_ns, s64 offset_ns);
#endif

#endif
