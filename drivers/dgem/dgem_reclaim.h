/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_RECLAIM_H__
#define __DGEM_RECLAIM_H__

struct dgem_device;

int dgem_reclaim_init(struct dgem_device *ddev);

#endif
