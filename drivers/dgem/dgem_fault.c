// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/sched/signal.h>

#include <drm/drm_vma_manager.h>

#include "dgem_bo_pages.h"
#include "dgem_chunk.h"
#include "dgem_fault.h"
#include "dgem_heap.h"
#include "dgem_ptes.h"
#include "dgem_trace.h"

/*
 * A page that memory or swap has lost. Architectures without memory failures take
 * VM_FAULT_HWPOISON for a segmentation fault.
 */
#define DGEM_FAULT_LOST	(IS_ENABLED(CONFIG_MEMORY_FAILURE) ?	\
			 VM_FAULT_HWPOISON : VM_FAULT_SIGBUS)

/**
 * dgem_vma_page() - the page of a BO that an address shows
 * @vma: the mapping
 * @bo: the BO
 * @addr: the address, in @vma
 *
 * Fake offsets are the same in all VMAs, split or not, made through the DRM
 * file or through the dma-buf; the distance to the start of the VMA is not.
 *
 * Return: the page's index, which may lie behind the last page.
 */
unsigned long dgem_vma_page(struct vm_area_struct *vma, struct dgem_bo *bo,
			    unsigned long addr)
{
	return linear_page_index(vma, addr) -
	       drm_vma_node_start(&bo->base.vma_node);
}

/*
 * Maps what the chunk of page @idx shares with the VMA, but for its holes, within
 * the one page table that the address belongs to.
 */
static vm_fault_t dgem_fault_ptes(struct vm_fault *vmf, struct dgem_bo *bo,
				  unsigned long idx)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	struct vm_area_struct *vma = vmf->vma;
	unsigned long first = round_down(idx, DGEM_CHUNK_PAGES);
	unsigned long last = min(first + DGEM_CHUNK_PAGES, bo->pages.nr_pages);
	unsigned long start, end, in;
	struct dgem_pte_window window = {
		.vma = vma,
	};
	vm_fault_t ret;

	/* Distances, since the window may begin below address 0. */
	start = addr - min3(addr - vma->vm_start, addr & ~PMD_MASK,
			    (idx - first) << PAGE_SHIFT);
	end = addr + min3(vma->vm_end - addr, PMD_SIZE - (addr & ~PMD_MASK),
			  (last - idx) << PAGE_SHIFT);
	in = idx - first - ((addr - start) >> PAGE_SHIFT);
	window.nr = (end - start) >> PAGE_SHIFT;

	window.table = dgem_pages_table(&bo->pages, idx >> DGEM_CHUNK_ORDER);
	if (window.table)
		window.table += in;
	else
		window.pfn = dgem_pages_pfn(&bo->pages, first + in);

	if (bo->pages.io)
		ret = dgem_fill_io_ptes(&window, start);
	else if (bo->pages.direct)
		ret = dgem_insert_pages(&window, start);
	else
		ret = dgem_fill_ptes(&window, start);
	if (ret != VM_FAULT_NOPAGE)
		return ret;

	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_PTE_FAULTS);
	trace_dgem_bo_fault(bo, idx, 0, vmf->flags & FAULT_FLAG_WRITE);
	return ret;
}

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
/*
 * Maps all that one huge entry covers, if it lies in the VMA and is contiguous, and
 * memory is aligned there, which indices need not be. Entries are made under the BO's
 * lock only, so a page table that is seen here stays and must be filled by PTEs. Like
 * those, a huge entry is dirty from the start where it can be written.
 */
static bool dgem_fault_pmd(struct vm_fault *vmf, struct dgem_bo *bo,
			   unsigned long idx, vm_fault_t *ret)
{
	unsigned long haddr = vmf->address & PMD_MASK;
	unsigned long in = (vmf->address & ~PMD_MASK) >> PAGE_SHIFT;
	unsigned long nr = PMD_SIZE >> PAGE_SHIFT;
	struct vm_area_struct *vma = vmf->vma;
	pmd_t pmd = pmdp_get_lockless(vmf->pmd);
	unsigned long pfn;

	if (!DGEM_HUGE_MAP_SIZE || (!pmd_none(pmd) && !pmd_leaf(pmd)))
		return false;

	if (haddr < vma->vm_start || haddr + PMD_SIZE > vma->vm_end ||
	    in > idx || idx - in + nr > bo->pages.nr_pages ||
	    !dgem_pages_contiguous(&bo->pages, idx - in, nr))
		return false;

	pfn = dgem_pages_pfn(&bo->pages, idx - in);
	if (!IS_ALIGNED(pfn, nr))
		return false;

	*ret = vmf_insert_pfn_pmd(vmf, pfn, vma->vm_flags & VM_WRITE);
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_PMD_FAULTS);
	trace_dgem_bo_fault(bo, idx, PMD_ORDER, vmf->flags & FAULT_FLAG_WRITE);
	return true;
}
#else
static bool dgem_fault_pmd(struct vm_fault *vmf, struct dgem_bo *bo,
			   unsigned long idx, vm_fault_t *ret)
{
	return false;
}
#endif

/*
 * Whether the fault may release the mmap lock or VMA lock, wait, and have the
 * core repeat it. Allowed once: a repeated fault waits under the lock.
 */
static bool dgem_fault_may_unlock(struct vm_fault *vmf)
{
	return fault_flag_allow_retry_first(vmf->flags) &&
	       !(vmf->flags & FAULT_FLAG_RETRY_NOWAIT);
}

/*
 * Fills the hole without the mmap lock or VMA lock, for which other threads
 * would queue up, and has the core repeat the fault, which then returns the
 * error, if any. Takes the BO's lock unless it is @locked, and releases it. The
 * file holds the device and this module meanwhile; the reference holds the BO.
 */
static vm_fault_t dgem_fault_unlocked(struct vm_fault *vmf, struct dgem_bo *bo,
				      unsigned long idx, bool locked)
{
	struct dma_resv *resv = bo->base.resv;
	struct file *file = get_file(vmf->vma->vm_file);

	drm_gem_object_get(&bo->base);
	release_fault_lock(vmf);
	if (locked || !dma_resv_lock_interruptible(resv, NULL)) {
		dgem_bo_populate_locked(bo, idx);
		dma_resv_unlock(resv);
	}
	dgem_bo_put(bo);
	fput(file);
	return VM_FAULT_RETRY;
}

/*
 * Takes the BO's lock. When it is contended, waits without the mm's lock if
 * the caller lets us.
 */
static vm_fault_t dgem_fault_lock(struct vm_fault *vmf, struct dgem_bo *bo,
				  unsigned long idx)
{
	struct dma_resv *resv = bo->base.resv;

	if (dma_resv_trylock(resv))
		return 0;

	if (dgem_fault_may_unlock(vmf))
		return dgem_fault_unlocked(vmf, bo, idx, false);

	if (fault_flag_allow_retry_first(vmf->flags))
		return VM_FAULT_RETRY;

	/*
	 * A fatal signal ends the wait with the error of dgem_fault_any(). For
	 * other signals we could only say that all is done, and a caller that
	 * does not look at them would fault again at once.
	 */
	if (dma_resv_lock_interruptible(resv, NULL)) {
		if (fatal_signal_pending(current))
			return VM_FAULT_SIGBUS;
		dma_resv_lock(resv, NULL);
	}
	return 0;
}

/* One page for all of the BO: what is written to it leads nowhere. */
static vm_fault_t dgem_fault_gone(struct vm_fault *vmf, struct dgem_bo *bo)
{
	int ret;

	if (!bo->gone) {
		bo->gone = alloc_page(DGEM_GFP | __GFP_ZERO);
		if (!bo->gone)
			return VM_FAULT_SIGBUS;
		flush_dcache_page(bo->gone);
	}

	ret = vm_insert_page(vmf->vma, vmf->address & PAGE_MASK, bo->gone);
	return ret && ret != -EBUSY ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

/* Unbinding, and a reset, waits for the entries to be made, and zaps them. */
static vm_fault_t dgem_fault_io(struct vm_fault *vmf, struct dgem_bo *bo,
				unsigned long idx)
{
	vm_fault_t ret;
	int cookie;

	if (!dgem_io_enter(dgem_bo_device(bo), &cookie))
		return dgem_fault_gone(vmf, bo);

	ret = dgem_fault_ptes(vmf, bo, idx);
	dgem_io_exit(dgem_bo_device(bo), cookie);
	return ret;
}

static vm_fault_t dgem_fault_map(struct vm_fault *vmf, struct dgem_bo *bo,
				 unsigned long idx, unsigned int order)
{
	vm_fault_t ret;

	if (bo->pages.io)
		return dgem_fault_io(vmf, bo, idx);

	if (order && dgem_pages_may_be_huge(&bo->pages) && dgem_fault_pmd(vmf, bo, idx, &ret))
		return ret;

	/* Another thread was here first. */
	if (pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		return VM_FAULT_NOPAGE;

	return dgem_fault_ptes(vmf, bo, idx);
}

static vm_fault_t dgem_fault_any(struct vm_fault *vmf, unsigned int order)
{
	struct dgem_bo *bo = vmf->vma->vm_private_data;
	unsigned long idx = dgem_vma_page(vmf->vma, bo, vmf->address);
	vm_fault_t ret, major = 0;

	if (idx >= bo->pages.nr_pages)
		return VM_FAULT_SIGBUS;

	ret = dgem_fault_lock(vmf, bo, idx);
	if (ret)
		return ret;

	if (!dgem_pages_present(&bo->pages, idx) &&
	    dgem_heap_fill_waits(bo->heap, &bo->pages, idx, 1)) {
		major = VM_FAULT_MAJOR;
		if (dgem_fault_may_unlock(vmf))
			return major | dgem_fault_unlocked(vmf, bo, idx, true);
	}

	/*
	 * VM_FAULT_OOM would fault again for ever, and reclaim has done its
	 * best. So would VM_FAULT_NOPAGE in a system call of a dying process.
	 */
	if (dgem_bo_populate_locked(bo, idx))
		ret = VM_FAULT_SIGBUS;
	else if (dgem_pages_is_lost(&bo->pages, idx))
		ret = DGEM_FAULT_LOST;
	else
		ret = dgem_fault_map(vmf, bo, idx, order);
	dgem_chunk_reference_locked(bo, idx >> DGEM_CHUNK_ORDER);

	dma_resv_unlock(bo->base.resv);
	return major | ret;
}

/**
 * dgem_fault() - map the page at an address and what surrounds it
 * @vmf: the fault
 *
 * For &vm_operations_struct.fault.
 *
 * Return: ``VM_FAULT_*`` flags.
 */
vm_fault_t dgem_fault(struct vm_fault *vmf)
{
	return dgem_fault_any(vmf, 0);
}

/**
 * dgem_huge_fault() - map an address by one huge entry if possible, else by PTEs
 * @vmf: the fault
 * @order: size of the entry that the core asks for
 *
 * For &vm_operations_struct.huge_fault.
 *
 * Return: ``VM_FAULT_*`` flags; VM_FAULT_FALLBACK for an order other than
 * that of a PMD.
 */
vm_fault_t dgem_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	if (order != PMD_ORDER)
		return VM_FAULT_FALLBACK;

	return dgem_fault_any(vmf, order);
}

/**
 * dgem_map_pages() - map nothing, so that faults take the VMA's own lock
 * @vmf: the fault
 * @start: first page
 * @end: last page
 *
 * With this operation set, the core calls .fault under the VMA's own lock;
 * without it each such fault is taken twice, the second time under mmap_lock.
 *
 * Return: 0, which has the core call .fault.
 */
vm_fault_t dgem_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	return 0;
}
