/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_FAULT_H__
#define __DGEM_FAULT_H__

#include <linux/mm.h>

/* Bytes that one huge page-table entry maps, 0 where there are none. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define DGEM_HUGE_MAP_SIZE	PMD_SIZE
#else
#define DGEM_HUGE_MAP_SIZE	0UL
#endif

extern const struct vm_operations_struct dgem_vm_ops;

void dgem_vm_open(struct vm_area_struct *vma);

#endif
