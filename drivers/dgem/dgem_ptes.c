// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/mm.h>
#include <linux/pgtable.h>

#include "dgem_ptes.h"

/*
 * What can be written is dirty from the start: a BO's pages are kept whatever
 * their entries say, and a processor that does not set the bit by itself would
 * fault again at the first write to each page.
 */
static pgprot_t dgem_vma_prot(struct vm_area_struct *vma)
{
	pte_t pte = pfn_pte(0, vma->vm_page_prot);

	if (vma->vm_flags & VM_WRITE)
		pte = pte_mkyoung(pte_mkdirty(pte));
	return __pgprot(pte_val(pte));
}

/* Whether there is a page: neither a hole nor one that is lost. */
static bool dgem_window_has(const struct dgem_pte_window *window, unsigned long i)
{
	return !window->table || !IS_ERR_OR_NULL(window->table[i]);
}

static unsigned long dgem_window_pfn(const struct dgem_pte_window *window,
				     unsigned long i)
{
	return window->table ? page_to_pfn(window->table[i]) : window->pfn + i;
}

#ifdef CONFIG_X86
/*
 * Called with the first entry of a walk. The others are in the same page table,
 * which is locked, so they are filled here and the walk is told to stop.
 *
 * vmf_insert_pfn_prot() would ask pfn_modify_allowed(), which modules cannot call and
 * which allows whatever has a page struct, and the tables of memory types, which say
 * write-back of RAM and of what memremap_pages() has mapped. Heaps have no other.
 */
static int dgem_fill_table(pte_t *ptep, unsigned long addr, void *data)
{
	struct dgem_pte_window *window = data;
	struct page **table = window->table;
	pte_t pte = __pte(0);
	unsigned long i;

	for (i = 0; i < window->nr; i++, ptep++, addr += PAGE_SIZE) {
		if (i && !table)
			pte = pte_advance_pfn(pte, 1);
		else if (dgem_window_has(window, i))
			pte = pte_mkspecial(pfn_pte(dgem_window_pfn(window, i),
						    window->prot));
		else
			continue;
		if (!pte_none(ptep_get(ptep)))
			continue;
		set_pte_at(window->vma->vm_mm, addr, ptep, pte);
		update_mmu_cache(window->vma, addr, ptep);
	}

	return 1;
}

static vm_fault_t dgem_fill_entries(struct dgem_pte_window *window,
				    unsigned long addr)
{
	if (apply_to_page_range(window->vma->vm_mm, addr,
				window->nr << PAGE_SHIFT, dgem_fill_table,
				window) != 1)
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}
#else
/*
 * A walk for each entry: on other architectures set_pte_at() needs functions
 * that modules cannot call, such as mte_sync_tags() on arm64 and set_ptes() on
 * arm.
 */
static vm_fault_t dgem_fill_entries(struct dgem_pte_window *window,
				    unsigned long addr)
{
	unsigned long i;

	for (i = 0; i < window->nr; i++, addr += PAGE_SIZE)
		if (dgem_window_has(window, i) &&
		    vmf_insert_pfn_prot(window->vma, addr,
					dgem_window_pfn(window, i),
					window->prot) != VM_FAULT_NOPAGE)
			return VM_FAULT_SIGBUS;

	return VM_FAULT_NOPAGE;
}
#endif

/**
 * dgem_fill_ptes() - make the page-table entries of a window
 * @window: the window; &dgem_pte_window.prot is set here
 * @addr: address of its first page
 *
 * The caller holds the lock of the BO, so that the pages stay, and mmap_lock or
 * the lock of the VMA. Entries that are there stay; holes and lost pages get none.
 *
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_SIGBUS if there is no memory for the page
 * table.
 */
vm_fault_t dgem_fill_ptes(struct dgem_pte_window *window, unsigned long addr)
{
	window->prot = dgem_vma_prot(window->vma);
	return dgem_fill_entries(window, addr);
}

/**
 * dgem_fill_io_ptes() - make the page-table entries of a window of a device's memory
 * @window: the window, of a VMA with VM_MIXEDMAP; &dgem_pte_window.prot is set here
 * @addr: address of its first page
 *
 * Write-combined, whatever the VMA says. Locks as for dgem_fill_ptes(), and the device
 * must not go away meanwhile. Entries that are there stay.
 *
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_SIGBUS if there is no memory for the page
 * table.
 */
vm_fault_t dgem_fill_io_ptes(struct dgem_pte_window *window, unsigned long addr)
{
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned long i;

	window->prot = pgprot_decrypted(pgprot_writecombine(dgem_vma_prot(window->vma)));
	for (i = 0; i < window->nr && ret == VM_FAULT_NOPAGE; i++)
		ret = vmf_insert_pfn_prot(window->vma, addr + (i << PAGE_SHIFT),
					  window->pfn + i, window->prot);

	return ret == VM_FAULT_NOPAGE ? ret : VM_FAULT_SIGBUS;
}

/* Pages of a run that are inserted at a time, by an array on the stack. */
#define DGEM_INSERT_PAGES	16

/*
 * Inserts pages whose entries need not be empty: those that are there stay. The core
 * stops at each of them.
 */
static int dgem_insert_some(struct vm_area_struct *vma, unsigned long addr,
			    struct page **pages, unsigned long nr)
{
	unsigned long left = nr;
	int ret = 0;

	while (left) {
		unsigned long at = nr - left;

		ret = vm_insert_pages(vma, addr + (at << PAGE_SHIFT), pages + at, &left);
		if (ret != -EBUSY)
			break;
		left--;
		ret = 0;
	}

	return ret;
}

static int dgem_insert_run(const struct dgem_pte_window *window, unsigned long addr)
{
	struct page *pages[DGEM_INSERT_PAGES];
	unsigned long i, j, nr;
	int ret = 0;

	for (i = 0; i < window->nr && !ret; i += nr) {
		nr = min(window->nr - i, ARRAY_SIZE(pages));
		for (j = 0; j < nr; j++)
			pages[j] = pfn_to_page(window->pfn + i + j);
		ret = dgem_insert_some(window->vma, addr + (i << PAGE_SHIFT), pages, nr);
	}

	return ret;
}

/* What lies between holes is inserted at once. */
static int dgem_insert_table(const struct dgem_pte_window *window, unsigned long addr)
{
	unsigned long i, end;
	int ret = 0;

	for (i = 0; i < window->nr && !ret; i = end + 1) {
		for (end = i; end < window->nr && dgem_window_has(window, end); end++)
			;
		if (end > i)
			ret = dgem_insert_some(window->vma, addr + (i << PAGE_SHIFT),
					       window->table + i, end - i);
	}

	return ret;
}

/**
 * dgem_insert_pages() - make entries of a window, each with a reference to its page
 * @window: the window, of a VMA with VM_MIXEDMAP
 * @addr: address of its first page
 *
 * So the kernel can pin what is mapped. Locks as for dgem_fill_ptes(). Entries that
 * are there stay; holes and lost pages get none.
 *
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_SIGBUS if there is no memory for the page
 * table.
 */
vm_fault_t dgem_insert_pages(const struct dgem_pte_window *window, unsigned long addr)
{
	int ret = window->table ? dgem_insert_table(window, addr) :
				  dgem_insert_run(window, addr);

	return ret ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}
