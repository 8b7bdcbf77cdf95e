/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PTES_H__
#define __DGEM_PTES_H__

#include <linux/mm.h>

/**
 * struct dgem_pte_window - pages of a BO that one page table maps
 */
struct dgem_pte_window {
	/** @vma: the mapping. */
	struct vm_area_struct *vma;

	/** @nr: number of pages, all in one chunk. */
	unsigned long nr;

	/** @table: the first page's place in the chunk's table; NULL for a run. */
	struct page **table;

	/** @pfn: the first page, of a run. */
	unsigned long pfn;

	/** @prot: protection of the entries. */
	pgprot_t prot;
};

vm_fault_t dgem_fill_ptes(struct dgem_pte_window *window, unsigned long addr);
vm_fault_t dgem_fill_io_ptes(struct dgem_pte_window *window, unsigned long addr);
vm_fault_t dgem_insert_pages(const struct dgem_pte_window *window, unsigned long addr);

#endif
