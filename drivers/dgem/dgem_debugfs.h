/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DEBUGFS_H__
#define __DGEM_DEBUGFS_H__

struct dgem_device;

void dgem_debugfs_init(struct dgem_device *ddev);

#endif
