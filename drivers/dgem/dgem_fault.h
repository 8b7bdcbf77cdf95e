/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_FAULT_H__
#define __DGEM_FAULT_H__

#include <linux/mm_types.h>

struct dgem_bo;
struct vm_fault;

unsigned long dgem_vma_page(struct vm_area_struct *vma, struct dgem_bo *bo,
			    unsigned long addr);

vm_fault_t dgem_fault(struct vm_fault *vmf);
vm_fault_t dgem_huge_fault(struct vm_fault *vmf, unsigned int order);
vm_fault_t dgem_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end);

#endif
