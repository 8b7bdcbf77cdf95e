/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_BO_RESERVE_H__
#define __DGEM_BO_RESERVE_H__

struct dgem_bo;
struct dgem_request;

int dgem_bo_reserve(struct dgem_bo *bo, struct dgem_request *request);

#endif
