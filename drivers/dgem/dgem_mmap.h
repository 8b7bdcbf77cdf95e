/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_MMAP_H__
#define __DGEM_MMAP_H__

struct dgem_bo;
struct file;
struct vm_area_struct;

void dgem_bo_mmap_get(struct dgem_bo *bo);
void dgem_bo_mmap_put(struct dgem_bo *bo);

int dgem_mmap(struct file *file, struct vm_area_struct *vma);
int dgem_bo_mmap(struct dgem_bo *bo, struct vm_area_struct *vma);
unsigned long dgem_get_unmapped_area(struct file *file, unsigned long addr,
				     unsigned long len, unsigned long pgoff,
				     unsigned long flags);

#endif
