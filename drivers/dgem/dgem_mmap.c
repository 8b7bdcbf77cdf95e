// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/personality.h>
#include <linux/sched/mm.h>

#include <kunit/visibility.h>

#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>

#include "dgem_bo_pages.h"
#include "dgem_fault.h"
#include "dgem_mmap.h"

/*
 * The object whose fake offsets contain a range, with a reference. Unlike the
 * DRM core, which wants the range to start where the object does.
 */
static struct drm_gem_object *dgem_mmap_lookup(struct drm_device *drm,
					       unsigned long pgoff,
					       unsigned long nr_pages)
{
	struct drm_vma_offset_manager *mgr = drm->vma_offset_manager;
	struct drm_gem_object *obj = NULL;
	struct drm_vma_offset_node *node;

	drm_vma_offset_lock_lookup(mgr);
	node = drm_vma_offset_lookup_locked(mgr, pgoff, nr_pages);
	if (node) {
		obj = container_of(node, struct drm_gem_object, vma_node);
		/* The last reference may be gone, the node not yet. */
		if (!kref_get_unless_zero(&obj->refcount))
			obj = NULL;
	}
	drm_vma_offset_unlock_lookup(mgr);

	return obj;
}

/* An imported BO is mapped by its exporter, which then owns the VMA. */
static int dgem_mmap_imported(struct dgem_bo *bo, struct vm_area_struct *vma)
{
	struct dma_buf *dmabuf = bo->base.import_attach->dmabuf;

	/*
	 * Exporters may ignore the offset and show their first page instead:
	 * vb2-vmalloc and the GEM shmem helper do. An importer cannot tell which
	 * ones do, and a mapping from the start is right with each.
	 */
	if (vma->vm_pgoff != drm_vma_node_start(&bo->base.vma_node))
		return -EOPNOTSUPP;

	/* What could not be done with the dma-buf's own file. */
	if (!(dmabuf->file->f_mode & FMODE_WRITE)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE);
	}

	return dma_buf_mmap(dmabuf, vma, 0);
}

/* A part of one page, which is resident. */
static void dgem_mmap_copy(const struct dgem_pages *pages, unsigned long idx, size_t off,
			   void *buf, size_t nr, bool write)
{
	struct page *page = pfn_to_page(dgem_pages_pfn(pages, idx));

	if (write)
		memcpy_to_page(page, off, buf, nr);
	else
		memcpy_from_page(buf, page, off, nr);
}

static int dgem_mmap_copy_io(struct dgem_bo *bo, unsigned long idx, size_t off, void *buf,
			     size_t nr, bool write)
{
	void __iomem *io = bo->pages.io + (idx << PAGE_SHIFT) + off;
	int cookie;

	if (!dgem_io_enter(dgem_bo_device(bo), &cookie))
		return -ENODEV;

	if (write)
		memcpy_toio(io, buf, nr);
	else
		memcpy_fromio(buf, io, nr);
	dgem_io_exit(dgem_bo_device(bo), cookie);
	return 0;
}

static int dgem_mmap_copy_locked(struct dgem_bo *bo, unsigned long idx, size_t off,
				 void *buf, size_t nr, bool write)
{
	int ret;

	if (bo->pages.io)
		return dgem_mmap_copy_io(bo, idx, off, buf, nr, write);

	ret = dgem_bo_populate_locked(bo, idx);
	if (ret)
		return ret;
	if (dgem_pages_is_lost(&bo->pages, idx))
		return -EIO;

	dgem_mmap_copy(&bo->pages, idx, off, buf, nr, write);
	return 0;
}

/* For debuggers and /proc/PID/mem: one page at a time. */
static int dgem_vm_access(struct vm_area_struct *vma, unsigned long addr,
			  void *buf, int len, int write)
{
	struct dgem_bo *bo = vma->vm_private_data;
	int done = 0;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;

	len = min_t(unsigned long, len, vma->vm_end - addr);
	while (done < len) {
		unsigned long idx = dgem_vma_page(vma, bo, addr + done);
		size_t off = offset_in_page(addr + done);
		size_t nr = min_t(size_t, len - done, PAGE_SIZE - off);
		int ret;

		if (idx >= bo->pages.nr_pages)
			break;

		ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
		if (ret)
			return done ?: ret;

		ret = dgem_mmap_copy_locked(bo, idx, off, buf + done, nr, write);
		dma_resv_unlock(bo->base.resv);
		if (ret)
			return done ?: ret;
		done += nr;
	}

	return done;
}

/**
 * dgem_bo_mmap_get() - count one more VMA
 * @bo: the BO
 */
void dgem_bo_mmap_get(struct dgem_bo *bo)
{
	dgem_stat_inc(dgem_bo_device(bo), DGEM_STAT_MMAPS);
	atomic_inc(&bo->mmap_count);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_mmap_get);

/**
 * dgem_bo_mmap_put() - count one VMA less
 * @bo: the BO
 */
void dgem_bo_mmap_put(struct dgem_bo *bo)
{
	dgem_stat_dec(dgem_bo_device(bo), DGEM_STAT_MMAPS);
	atomic_dec(&bo->mmap_count);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_bo_mmap_put);

/*
 * fork() copies a huge entry as it was before it takes the lock of the page table
 * (copy_huge_pmd() of 6.12 and 7.2). What is zapped in between, and whose memory is
 * freed, the child would still reach. So there is none to be copied: fork() calls this
 * first, and until it ends it holds locks that faults of the parent wait for. Entries
 * that others have of the same range are zapped, too, and come back by faults.
 */
static void dgem_vm_zap_before_fork(struct vm_area_struct *vma, struct dgem_bo *bo)
{
	/* Split or moved, not forked: nothing is copied without locks. */
	if (vma->vm_mm == current->mm)
		return;

	if (dgem_pages_may_be_huge(&bo->pages))
		unmap_mapping_pages(bo->base.dev->anon_inode->i_mapping, vma->vm_pgoff,
				    vma_pages(vma), true);
}

/* One more VMA maps the BO that is its private data. */
static void dgem_vm_open(struct vm_area_struct *vma)
{
	struct dgem_bo *bo = vma->vm_private_data;

	drm_gem_object_get(&bo->base);
	dgem_bo_mmap_get(bo);
	dgem_vm_zap_before_fork(vma, bo);
}

static void dgem_vm_close(struct vm_area_struct *vma)
{
	struct dgem_bo *bo = vma->vm_private_data;

	dgem_bo_mmap_put(bo);
	dgem_bo_put(bo);
}

/*
 * Not each architecture leaves write-combined what it changes the access to. So there is
 * nothing to change: faults make the entries again.
 */
static int dgem_vm_mprotect(struct vm_area_struct *vma, unsigned long start,
			    unsigned long end, unsigned long flags)
{
	struct dgem_bo *bo = vma->vm_private_data;

	if (!bo->pages.io)
		return 0;

	/* Faults that have only the lock of the VMA wait from here on. */
	vma_start_write(vma);
	unmap_mapping_pages(bo->base.dev->anon_inode->i_mapping, linear_page_index(vma, start),
			    (end - start) >> PAGE_SHIFT, true);
	return 0;
}

static const struct vm_operations_struct dgem_vm_ops = {
	.open = dgem_vm_open,
	.close = dgem_vm_close,
	.fault = dgem_fault,
	.huge_fault = dgem_huge_fault,
	.map_pages = dgem_map_pages,
	.access = dgem_vm_access,
	.mprotect = dgem_vm_mprotect,
};

/*
 * The kernel takes references to pages that are mapped as such, and to no others. VFIO
 * also takes what is mapped without a page struct in a VM_PFNMAP VMA, for longer than the
 * BO is there.
 */
static unsigned long dgem_mmap_flags(const struct dgem_pages *pages)
{
	if (pages->io)
		return VM_MIXEDMAP | VM_IO;
	return pages->direct ? VM_MIXEDMAP : VM_PFNMAP;
}

/**
 * dgem_bo_mmap() - map a range of a BO
 * @bo: the BO
 * @vma: the mapping; its offset is the BO's fake offset plus that of the range,
 *	and the caller has checked that the range lies in the BO
 *
 * Makes no page-table entries: the VMA is not among those of the file yet, so
 * nothing could take them away again.
 *
 * Return: 0; -EINVAL for a private mapping; -EACCES for an executable one;
 * if the BO is imported, -EOPNOTSUPP for one that does not start where the BO
 * does, and what the exporter says.
 */
int dgem_bo_mmap(struct dgem_bo *bo, struct vm_area_struct *vma)
{
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;

	/* With READ_IMPLIES_EXEC the program did not ask for it. */
	if ((vma->vm_flags & VM_EXEC) &&
	    !(current->personality & READ_IMPLIES_EXEC))
		return -EACCES;
	vm_flags_clear(vma, VM_EXEC | VM_MAYEXEC);

	if (!bo->heap)
		return dgem_mmap_imported(bo, vma);

	vm_flags_set(vma, dgem_mmap_flags(&bo->pages) | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = bo;
	vma->vm_ops = &dgem_vm_ops;

	/* The first reference of the VMA; fork adds its own. */
	dgem_vm_open(vma);
	return 0;
}

/**
 * dgem_mmap() - mmap() of a DRM file
 * @file: the DRM file
 * @vma: the mapping
 *
 * Works after the device is gone, as DRM's hot-unplug rules want it.
 *
 * Return: 0; -EINVAL if the range is not within one BO; -EACCES if the file has
 * no handle to it; what dgem_bo_mmap() returns.
 */
int dgem_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct drm_file *file_priv = file->private_data;
	struct drm_gem_object *obj;
	int ret = -EACCES;

	obj = dgem_mmap_lookup(file_priv->minor->dev, vma->vm_pgoff,
			       vma_pages(vma));
	if (!obj)
		return -EINVAL;

	if (drm_vma_node_is_allowed(&obj->vma_node, file_priv))
		ret = dgem_bo_mmap(to_dgem_bo(obj), vma);
	drm_gem_object_put(obj);

	return ret;
}

/* The page of memory that an offset of the file is to be congruent to. */
static unsigned long dgem_mmap_phase(struct drm_device *drm, unsigned long pgoff,
				     unsigned long nr_pages)
{
	struct drm_gem_object *obj = dgem_mmap_lookup(drm, pgoff, nr_pages);

	if (obj) {
		pgoff -= drm_vma_node_start(&obj->vma_node);
		pgoff += to_dgem_bo(obj)->pages.phase;
		drm_gem_object_put(obj);
	}

	return pgoff;
}

/**
 * dgem_get_unmapped_area() - choose an address at which chunks are aligned
 * @file: the DRM file
 * @addr: hint
 * @len: length in bytes
 * @pgoff: offset in pages
 * @flags: mmap() flags
 *
 * A fault maps what the chunk and one page table have in common, with a huge
 * entry if that is all of both. So the address is to be congruent to the offset
 * into the BO, modulo the size of a chunk; the fake offset before it says
 * nothing. If all of the BO is one piece of memory that is not aligned itself, the
 * address is to be congruent to that instead. A hint that is free is taken as it is.
 *
 * Return: an address or a negative error code.
 */
unsigned long dgem_get_unmapped_area(struct file *file, unsigned long addr,
				     unsigned long len, unsigned long pgoff,
				     unsigned long flags)
{
	struct drm_file *file_priv = file->private_data;
	unsigned long area;

	if (len < DGEM_CHUNK_SIZE || (flags & MAP_FIXED))
		return mm_get_unmapped_area(file, addr, len, pgoff, flags);

	/* Else a hole that fits the BO, but not its alignment, is refused. */
	if (addr) {
		area = mm_get_unmapped_area(file, addr, len, pgoff, flags);
		if (area == (addr & PAGE_MASK))
			return area;
	}

	/* The core has checked that @len is far from overflow. */
	area = mm_get_unmapped_area(file, 0, len + DGEM_CHUNK_SIZE - PAGE_SIZE,
				    pgoff, flags);
	if (IS_ERR_VALUE(area))
		return mm_get_unmapped_area(file, addr, len, pgoff, flags);

	pgoff = dgem_mmap_phase(file_priv->minor->dev, pgoff, len >> PAGE_SHIFT);
	return area + (((pgoff << PAGE_SHIFT) - area) & (DGEM_CHUNK_SIZE - 1));
}
