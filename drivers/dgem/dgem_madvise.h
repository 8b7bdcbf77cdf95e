/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_MADVISE_H__
#define __DGEM_MADVISE_H__

#include <linux/types.h>

struct dgem_bo;

int dgem_bo_madvise(struct dgem_bo *bo, u32 madv, bool *retained);

#endif
