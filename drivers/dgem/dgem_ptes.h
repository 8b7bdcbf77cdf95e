/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_PTES_H__
#define __DGEM_PTES_H__

#include <linux/mm.h>

struct dgem_pages;

/**
 * struct dgem_pte_window - pages of a BO that one page table maps
 */
struct dgem_pte_window {
	/** @vma: the mapping. */
	struct vm_area_struct *vma;

	/** @pages: the directory of the BO. */
	struct dgem_pages *pages;

	/** @idx: first page. */
	unsigned long idx;

	/** @nr: number of pages, all in one filled chunk. */
	unsigned long nr;

	/** @run: whether the chunk is a run, of which no page is lost. */
	bool run;

	/** @prot: protection of the entries. */
	pgprot_t prot;
};

vm_fault_t dgem_fill_ptes(struct dgem_pte_window *window, unsigned long addr);

#endif
