/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PLATFORM_H__
#define __DGEM_PLATFORM_H__

int dgem_platform_init(void);
void dgem_platform_exit(void);

#endif
