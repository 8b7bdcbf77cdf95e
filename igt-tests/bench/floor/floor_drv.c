// SPDX-License-Identifier: MIT
/*
 * The floor of the benchmark: what the kernel itself asks for when a GEM driver
 * allocates zeroed memory at the first touch, and nothing else. One allocation
 * per chunk of 2 MiB, one page table entry or one walk per fault, with the
 * buffer's lock held, and a list of all buffers for debugfs.
 *
 * There is no state, no limit, no reclaim, no check of arguments and no
 * hot-unplug, so it is not fit for any other use. What a real driver adds is to
 * be compared with this.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pfn_t.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_prime.h>

#include "floor.h"

static struct kmem_cache *floor_cache;
struct vfsmount *floor_mount;
static struct platform_device *floor_pdev;
static struct drm_device *floor_drm;

/* All buffers, and what protects the list. */
static DEFINE_SPINLOCK(floor_lock);
static HLIST_HEAD(floor_bos);

struct window {
	struct floor_chunk *chunk;
	struct mm_struct *mm;
	unsigned long start, end;
	pgprot_t prot;
};

/*
 * With the first entry of a page table all others in it that belong to the
 * window: the table stays locked, and the walk is over where the window ends.
 */
static int set_window(pte_t *pte, unsigned long addr, void *data)
{
	struct window *w = data;
	unsigned long i = (addr - w->start) >> PAGE_SHIFT;
	unsigned long end = min(w->end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
	pte_t next = pte_mkspecial(pte_mkyoung(pfn_pte(chunk_pfn(w->chunk, i), w->prot)));

	for (; addr < end; addr += PAGE_SIZE, pte++, i++) {
		if (w->chunk->folios)
			next = pte_mkspecial(pte_mkyoung(pfn_pte(chunk_pfn(w->chunk, i), w->prot)));
		if (pte_none(ptep_get(pte)))
			set_pte_at(w->mm, addr, pte, next);
		next = pte_advance_pfn(next, 1);
	}
	return 1;
}

/* One walk for each page table that the window has a part in. */
static vm_fault_t set_windows(struct window *w)
{
	unsigned long addr = w->start;

	while (addr < w->end) {
		if (apply_to_page_range(w->mm, addr, PAGE_SIZE, set_window, w) != 1)
			return VM_FAULT_OOM;
		addr = ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE;
	}
	return VM_FAULT_NOPAGE;
}

static vm_fault_t fault_locked(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct floor_bo *bo = to_floor(vma->vm_private_data);
	unsigned long index = vmf->pgoff - drm_vma_node_start(&bo->base.vma_node);
	unsigned long nr = index / CHUNK_PAGES, first = index % CHUNK_PAGES;
	unsigned long start = vmf->address - (first << PAGE_SHIFT);
	unsigned long pages = chunk_pages(bo, nr);
	bool fits = pages == CHUNK_PAGES && IS_ALIGNED(start, PMD_SIZE) && start >= vma->vm_start &&
		    start + PMD_SIZE <= vma->vm_end;
	struct window w = {
		.mm = vma->vm_mm,
		.start = start,
		.end = start + (pages << PAGE_SHIFT),
		.prot = vma->vm_page_prot,
	};

	if (order && (order != PMD_ORDER || !fits))
		return VM_FAULT_FALLBACK;
	w.chunk = floor_fill(bo, nr);
	if (IS_ERR(w.chunk))
		return VM_FAULT_OOM;
	if (order && w.chunk->folios)
		return VM_FAULT_FALLBACK;
	if (order)
		return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(w.chunk->pfn), true);
	return set_windows(&w);
}

static vm_fault_t floor_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (!dma_resv_trylock(obj->resv))
		return VM_FAULT_NOPAGE;
	ret = fault_locked(vmf, order);
	dma_resv_unlock(obj->resv);
	return ret;
}

static vm_fault_t floor_fault(struct vm_fault *vmf)
{
	return floor_huge_fault(vmf, 0);
}

/* Its presence makes the core call .fault under the VMA lock, once. */
static vm_fault_t floor_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	return 0;
}

static const struct vm_operations_struct floor_vm_ops = {
	.fault = floor_fault,
	.huge_fault = floor_huge_fault,
	.map_pages = floor_map_pages,
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static int floor_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static void floor_free(struct drm_gem_object *obj)
{
	struct floor_bo *bo = to_floor(obj);

	spin_lock(&floor_lock);
	hlist_del(&bo->link);
	spin_unlock(&floor_lock);
	floor_empty(bo);
	if (obj->import_attach)
		drm_prime_gem_destroy(obj, NULL);
	drm_gem_object_release(obj);
	kmem_cache_free(floor_cache, bo);
}

static const struct drm_gem_object_funcs floor_funcs = {
	.free = floor_free,
	.mmap = floor_mmap,
	.get_sg_table = floor_sg_table,
	.vm_ops = &floor_vm_ops,
};

static struct floor_bo *floor_new(struct drm_device *drm, size_t size)
{
	struct floor_bo *bo = kmem_cache_zalloc(floor_cache, GFP_KERNEL);

	if (!bo)
		return NULL;
	bo->base.funcs = &floor_funcs;
	drm_gem_private_object_init(drm, &bo->base, size);
	spin_lock(&floor_lock);
	hlist_add_head(&bo->link, &floor_bos);
	spin_unlock(&floor_lock);
	return bo;
}

static int floor_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct floor_create *arg = data;
	struct floor_bo *bo = floor_new(drm, arg->size);
	int ret;

	if (!bo)
		return -ENOMEM;
	bo->kind = arg->kind;
	ret = arg->map ? drm_gem_create_mmap_offset(&bo->base) : 0;
	if (!ret)
		ret = drm_gem_handle_create(file, &bo->base, &arg->handle);
	if (!ret && arg->map)
		arg->offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	drm_gem_object_put(&bo->base);
	return ret;
}

static struct drm_gem_object *floor_import(struct drm_device *drm, struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;
	struct floor_bo *bo;

	attach = dma_buf_attach(dmabuf, drm->dev);
	if (IS_ERR(attach))
		return ERR_CAST(attach);
	bo = floor_new(drm, dmabuf->size);
	if (!bo) {
		dma_buf_detach(dmabuf, attach);
		return ERR_PTR(-ENOMEM);
	}
	get_dma_buf(dmabuf);
	bo->base.import_attach = attach;
	bo->base.resv = dmabuf->resv;
	return &bo->base;
}

static const struct drm_ioctl_desc floor_ioctls[] = {
	[0] = { DRM_IOCTL_FLOOR_CREATE, DRM_RENDER_ALLOW, floor_create_ioctl, "create" },
};

static unsigned long floor_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags)
{
	return thp_get_unmapped_area(file, addr, len, 0, flags);
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.open = drm_open,
	.release = drm_release,
	.unlocked_ioctl = drm_ioctl,
	.mmap = drm_gem_mmap,
	.get_unmapped_area = floor_area,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

static const struct drm_driver floor_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER,
	.ioctls = floor_ioctls,
	.num_ioctls = ARRAY_SIZE(floor_ioctls),
	.fops = &floor_fops,
	.gem_prime_import = floor_import,
	.name = "bench_floor",
	.desc = "floor of the dgem benchmark",
	.major = 1,
};

static int floor_register(void)
{
	struct drm_device *drm;
	int ret;

	ret = dma_coerce_mask_and_coherent(&floor_pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	drm = drm_dev_alloc(&floor_driver, &floor_pdev->dev);
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	ret = drm_dev_register(drm, 0);
	if (ret)
		drm_dev_put(drm);
	else
		floor_drm = drm;
	return ret;
}

static int __init floor_init(void)
{
	char options[] = "huge=within_size";
	int ret = -ENOMEM;

	floor_cache = KMEM_CACHE(floor_bo, SLAB_ACCOUNT);
	if (!floor_cache)
		return ret;
	floor_mount = vfs_kern_mount(get_fs_type("tmpfs"), SB_KERNMOUNT, "tmpfs", options);
	if (IS_ERR(floor_mount)) {
		ret = PTR_ERR(floor_mount);
		goto err_cache;
	}
	floor_pdev = platform_device_register_simple("bench_floor", -1, NULL, 0);
	if (IS_ERR(floor_pdev)) {
		ret = PTR_ERR(floor_pdev);
		goto err_mount;
	}
	ret = floor_register();
	if (!ret)
		return 0;
	platform_device_unregister(floor_pdev);
err_mount:
	kern_unmount(floor_mount);
err_cache:
	kmem_cache_destroy(floor_cache);
	return ret;
}
module_init(floor_init);

static void __exit floor_exit(void)
{
	drm_dev_unregister(floor_drm);
	drm_dev_put(floor_drm);
	platform_device_unregister(floor_pdev);
	kern_unmount(floor_mount);
	rcu_barrier();
	kmem_cache_destroy(floor_cache);
}
module_exit(floor_exit);

MODULE_DESCRIPTION("Floor of the dgem benchmark");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS(DMA_BUF);
