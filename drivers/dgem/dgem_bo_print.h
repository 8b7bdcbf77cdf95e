/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_PRINT_H__
#define __DGEM_BO_PRINT_H__

struct dgem_bo;
struct drm_printer;

void dgem_bo_print(struct drm_printer *p, struct dgem_bo *bo);

#endif
