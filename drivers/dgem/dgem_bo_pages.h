/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_PAGES_H__
#define __DGEM_BO_PAGES_H__

#include "dgem_bo.h"

struct iosys_map;

int dgem_bo_populate_locked(struct dgem_bo *bo, unsigned long idx);
int dgem_bo_populate_all_locked(struct dgem_bo *bo);
int dgem_bo_populate_all(struct dgem_bo *bo);
void dgem_bo_release_pages(struct dgem_bo *bo);

int dgem_bo_use_locked(struct dgem_bo *bo);
void dgem_bo_unuse_locked(struct dgem_bo *bo);
int dgem_bo_pin_locked(struct dgem_bo *bo);
void dgem_bo_unpin_locked(struct dgem_bo *bo);
int dgem_bo_vmap_locked(struct dgem_bo *bo, struct iosys_map *map);
void dgem_bo_vunmap_locked(struct dgem_bo *bo, struct iosys_map *map);

#endif
