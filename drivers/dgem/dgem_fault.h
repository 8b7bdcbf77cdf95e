/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_FAULT_H__
#define __DGEM_FAULT_H__

struct vm_area_struct;
struct vm_operations_struct;

extern const struct vm_operations_struct dgem_vm_ops;

void dgem_vm_open(struct vm_area_struct *vma);

#endif
