// SPDX-License-Identifier: MIT
/*
 * The floor of the benchmark: what the kernel itself asks for when a GEM driver
 * allocates zeroed memory at the first touch, and nothing else. One allocation
 * per chunk of 2 MiB, one page table entry or one walk per fault.
 *
 * There is no lock, no state, no limit, no reclaim, no check of arguments and
 * no hot-unplug, so it is not fit for any other use: two threads must not touch
 * one buffer. What a real driver adds is to be compared with this.
 */
#include <linux/dma-buf.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pfn_t.h>
#include <linux/platform_device.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_prime.h>

#include "bench_floor.h"

#define CHUNK_PAGES HPAGE_PMD_NR

/* Either one run of pages from @pfn on, or @folios of one page each. */
struct floor_chunk {
	unsigned long pfn;
	struct folio **folios;
};

struct floor_bo {
	struct drm_gem_object base;
	enum floor_kind kind;
	struct file *shmem;
	struct floor_chunk *chunks;
	struct floor_chunk one;
};

static struct kmem_cache *floor_cache;
static struct vfsmount *floor_mount;
static struct platform_device *floor_pdev;
static struct drm_device *floor_drm;

static struct floor_bo *to_floor(struct drm_gem_object *obj)
{
	return container_of(obj, struct floor_bo, base);
}

static unsigned long floor_pages(struct floor_bo *bo)
{
	return bo->base.size >> PAGE_SHIFT;
}

static unsigned long chunk_pages(struct floor_bo *bo, unsigned long nr)
{
	return min(floor_pages(bo) - nr * CHUNK_PAGES, (unsigned long)CHUNK_PAGES);
}

static unsigned long chunk_pfn(struct floor_chunk *chunk, unsigned long i)
{
	return chunk->folios ? folio_pfn(chunk->folios[i]) : chunk->pfn + i;
}

static int fill_pinned(struct floor_chunk *chunk, unsigned long pages)
{
	struct page *page;

	page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | __GFP_NOWARN, ilog2(pages));
	if (!page)
		return -ENOMEM;
	chunk->pfn = page_to_pfn(page);
	return 0;
}

static int fill_system(struct floor_bo *bo, struct floor_chunk *chunk, unsigned long nr,
		       unsigned long pages)
{
	struct folio *folio;
	unsigned long i;

	if (!bo->shmem) {
		struct file *file = shmem_file_setup_with_mnt(floor_mount, "floor", bo->base.size,
							      VM_NORESERVE);

		if (IS_ERR(file))
			return PTR_ERR(file);
		bo->shmem = file;
	}
	for (i = 0; i < pages; i++) {
		folio = shmem_read_folio_gfp(bo->shmem->f_mapping, nr * CHUNK_PAGES + i,
					     mapping_gfp_mask(bo->shmem->f_mapping));
		if (IS_ERR(folio))
			return PTR_ERR(folio);
		if (!i && (pages == 1 || folio_nr_pages(folio) == pages)) {
			chunk->pfn = folio_pfn(folio);
			return 0;
		}
		if (!chunk->folios)
			chunk->folios = kvcalloc(pages, sizeof(*chunk->folios), GFP_KERNEL);
		if (!chunk->folios) {
			folio_put(folio);
			return -ENOMEM;
		}
		chunk->folios[i] = folio;
	}
	return 0;
}

static struct floor_chunk *floor_fill(struct floor_bo *bo, unsigned long nr)
{
	unsigned long pages = chunk_pages(bo, nr);
	struct floor_chunk *chunk;
	int ret;

	if (!bo->chunks) {
		bo->chunks = floor_pages(bo) <= CHUNK_PAGES ?
				     &bo->one :
				     kvcalloc(DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES),
					      sizeof(*bo->chunks), GFP_KERNEL);
		if (!bo->chunks)
			return ERR_PTR(-ENOMEM);
	}
	chunk = &bo->chunks[nr];
	if (chunk->pfn || chunk->folios)
		return chunk;
	ret = bo->kind == FLOOR_SYSTEM ? fill_system(bo, chunk, nr, pages) :
					 fill_pinned(chunk, pages);
	return ret ? ERR_PTR(ret) : chunk;
}

static void floor_empty(struct floor_bo *bo, unsigned long nr)
{
	struct floor_chunk *chunk = &bo->chunks[nr];
	unsigned long i, pages = chunk_pages(bo, nr);

	if (chunk->folios) {
		for (i = 0; i < pages && chunk->folios[i]; i++)
			folio_put(chunk->folios[i]);
		kvfree(chunk->folios);
	} else if (chunk->pfn && bo->kind == FLOOR_SYSTEM) {
		folio_put(pfn_folio(chunk->pfn));
	} else if (chunk->pfn) {
		__free_pages(pfn_to_page(chunk->pfn), ilog2(pages));
	}
}

struct window {
	struct floor_chunk *chunk;
	unsigned long i;
	pgprot_t prot;
};

static int set_one(pte_t *pte, unsigned long addr, void *data)
{
	struct window *w = data;
	unsigned long pfn = chunk_pfn(w->chunk, w->i++);

	if (pte_none(ptep_get(pte)))
		set_pte_at(current->mm, addr, pte,
			   pte_mkspecial(pte_mkyoung(pfn_pte(pfn, w->prot))));
	return 0;
}

static vm_fault_t floor_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct floor_bo *bo = to_floor(vma->vm_private_data);
	unsigned long index = vmf->pgoff - drm_vma_node_start(&bo->base.vma_node);
	unsigned long nr = index / CHUNK_PAGES, first = index % CHUNK_PAGES;
	unsigned long start = vmf->address - (first << PAGE_SHIFT);
	unsigned long pages = chunk_pages(bo, nr);
	bool fits = pages == CHUNK_PAGES && IS_ALIGNED(start, PMD_SIZE) && start >= vma->vm_start &&
		    start + PMD_SIZE <= vma->vm_end;
	struct window w = { .prot = vma->vm_page_prot };

	if (order && (order != PMD_ORDER || !fits))
		return VM_FAULT_FALLBACK;
	w.chunk = floor_fill(bo, nr);
	if (IS_ERR(w.chunk))
		return VM_FAULT_OOM;
	if (order && w.chunk->folios)
		return VM_FAULT_FALLBACK;
	if (order)
		return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(w.chunk->pfn), true);
	if (apply_to_page_range(vma->vm_mm, start, pages << PAGE_SHIFT, set_one, &w))
		return VM_FAULT_OOM;
	return VM_FAULT_NOPAGE;
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
	unsigned long nr;

	for (nr = 0; bo->chunks && nr < DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES); nr++)
		floor_empty(bo, nr);
	if (bo->chunks != &bo->one)
		kvfree(bo->chunks);
	if (bo->shmem)
		fput(bo->shmem);
	if (obj->import_attach)
		drm_prime_gem_destroy(obj, NULL);
	drm_gem_object_release(obj);
	kmem_cache_free(floor_cache, bo);
}

static struct sg_table *floor_sg_table(struct drm_gem_object *obj)
{
	struct floor_bo *bo = to_floor(obj);
	unsigned long nr, n = DIV_ROUND_UP(floor_pages(bo), CHUNK_PAGES);
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	struct scatterlist *sg;

	if (!sgt || sg_alloc_table(sgt, n, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	sg = sgt->sgl;
	for (nr = 0; nr < n; nr++, sg = sg_next(sg)) {
		struct floor_chunk *chunk = floor_fill(bo, nr);

		/* The benchmark shares only what came in whole chunks. */
		if (IS_ERR(chunk) || chunk->folios) {
			sg_free_table(sgt);
			kfree(sgt);
			return ERR_PTR(-ENOMEM);
		}
		sg_set_page(sg, pfn_to_page(chunk->pfn), chunk_pages(bo, nr) << PAGE_SHIFT, 0);
	}
	return sgt;
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
	ret = drm_gem_handle_create(file, &bo->base, &arg->handle);
	drm_gem_object_put(&bo->base);
	return ret;
}

static int floor_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct floor_offset *arg = data;
	struct drm_gem_object *obj = drm_gem_object_lookup(file, arg->handle);
	int ret;

	if (!obj)
		return -ENOENT;
	ret = drm_gem_create_mmap_offset(obj);
	arg->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
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
	[1] = { DRM_IOCTL_FLOOR_OFFSET, DRM_RENDER_ALLOW, floor_offset_ioctl, "offset" },
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
