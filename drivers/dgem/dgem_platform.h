/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PLATFORM_H__
#define __DGEM_PLATFORM_H__

struct dgem_device;

int dgem_platform_init(void);
void dgem_platform_exit(void);

struct dgem_device *dgem_platform_get_default(void);

#endif
