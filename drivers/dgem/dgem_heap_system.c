// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include <drm/drm_gem.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>
#include <drm/dgem_drm.h>

#include "dgem_device.h"
#include "dgem_heap.h"
#include "dgem_pages.h"
#include "dgem_shmem.h"

/**
 * struct dgem_heap_system - swappable memory: one shmem file per directory
 *
 * The file is created at the first fill and kept in &dgem_pages.priv;
 * dgem_shmem.c fills chunks from it. After emptying, its folios are ordinary
 * shmem and can go to swap.
 */
struct dgem_heap_system {
	/** @base: the heap. */
	struct dgem_heap base;

	/** @mnt: the device's tmpfs with huge pages, NULL if there is none. */
	struct vfsmount *mnt;
};

static struct dgem_heap_system *to_dgem_heap_system(struct dgem_heap *heap)
{
	return container_of(heap, struct dgem_heap_system, base);
}

static struct file *dgem_system_file(struct dgem_heap *heap,
				     struct dgem_pages *pages)
{
	struct vfsmount *mnt = to_dgem_heap_system(heap)->mnt;
	loff_t size = (loff_t)pages->nr_pages << PAGE_SHIFT;
	const vma_flags_t flags = mk_vma_flags(VMA_NORESERVE_BIT);
	struct file *file = pages->priv;

	if (file)
		return file;

	if (mnt)
		file = shmem_file_setup_with_mnt(mnt, "dgem", size, flags);
	else
		file = shmem_file_setup("dgem", size, flags);
	if (IS_ERR(file))
		return file;

	/* Filled pages cannot be moved, so they must not be from ZONE_MOVABLE. */
	mapping_set_gfp_mask(file->f_mapping,
			     GFP_USER | pages->zone | __GFP_RECLAIMABLE);
	pages->priv = file;
	return file;
}

static int dgem_system_fill(struct dgem_heap *heap, struct dgem_pages *pages,
			    unsigned long chunk)
{
	struct file *file = dgem_system_file(heap, pages);

	return IS_ERR(file) ? -ENOMEM : dgem_shmem_fill(file, pages, chunk);
}

static int dgem_system_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
				 unsigned long idx)
{
	struct file *file = dgem_system_file(heap, pages);

	return IS_ERR(file) ? -ENOMEM : dgem_shmem_fill_page(file, pages, idx);
}

static bool dgem_system_fill_waits(struct dgem_heap *heap, struct dgem_pages *pages,
				   unsigned long idx, unsigned long nr)
{
	return pages->priv && dgem_shmem_fill_waits(pages->priv, idx, nr);
}

static bool dgem_system_fill_allocates(struct dgem_heap *heap,
				       struct dgem_pages *pages,
				       unsigned long idx, unsigned long nr)
{
	return !pages->priv || dgem_shmem_fill_allocates(pages->priv, idx, nr);
}

static unsigned long dgem_system_backed(struct dgem_heap *heap,
					struct dgem_pages *pages)
{
	return pages->priv ? dgem_shmem_backed(pages->priv) : 0;
}

static void dgem_system_empty(struct dgem_heap *heap, struct dgem_pages *pages,
			      unsigned long chunk, bool keep)
{
	dgem_shmem_empty(pages->priv, pages, chunk, keep);
}

/* What is in swap goes, too. */
static void dgem_system_discard(struct dgem_heap *heap, struct dgem_pages *pages)
{
	if (pages->priv)
		shmem_truncate_range(file_inode(pages->priv), 0, -1);
}

static void dgem_system_release(struct dgem_heap *heap,
				struct dgem_pages *pages)
{
	if (pages->priv)
		fput(pages->priv);
	pages->priv = NULL;
}

static const struct dgem_heap_ops dgem_heap_system_ops = {
	.fill = dgem_system_fill,
	.fill_page = dgem_system_fill_page,
	.fill_waits = dgem_system_fill_waits,
	.fill_allocates = dgem_system_fill_allocates,
	.backed = dgem_system_backed,
	.empty = dgem_system_empty,
	.discard = dgem_system_discard,
	.release = dgem_system_release,
};

/*
 * The kernel's own tmpfs mount has huge pages only where the administrator
 * said so, which is rare. Without them all works, in smaller steps. The core's
 * function can succeed and still have an error pointer for a mount.
 *
 * Huge pages of tmpfs are as large as a PMD. Where that is more than a chunk,
 * as with pages of 16 KiB, the first touch of a BO would take more memory than
 * was asked for and than @resident tells.
 */
static struct vfsmount *dgem_heap_system_mount(struct drm_device *drm)
{
	char *huge = DGEM_CHUNK_HAS_PMD ? "within_size" : "never";
	int ret = drm_gem_huge_mnt_create(drm, huge);
	struct vfsmount *mnt = ret ? ERR_PTR(ret) : drm_gem_get_huge_mnt(drm);

	if (!IS_ERR(mnt))
		return mnt;

	drm_info(drm, "no huge pages in heap system: %pe\n", mnt);
	return NULL;
}

/**
 * dgem_heap_system_create() - add the heap "system" to an instance
 * @ddev: the instance, not registered yet
 *
 * Return: 0 or a negative error code.
 */
int dgem_heap_system_create(struct dgem_device *ddev)
{
	struct dgem_heap_system *system;

	system = drmm_kzalloc(&ddev->drm, sizeof(*system), GFP_KERNEL);
	if (!system)
		return -ENOMEM;

	system->mnt = dgem_heap_system_mount(&ddev->drm);
	system->base.ops = &dgem_heap_system_ops;
	system->base.name = "system";
	system->base.kind = DRM_DGEM_HEAP_SYSTEM;
	system->base.caps = DRM_DGEM_HEAP_CAP_SWAPPABLE |
			    DRM_DGEM_HEAP_CAP_CHARGED |
			    DRM_DGEM_HEAP_CAP_PURGEABLE;
	system->base.create_flags = DGEM_BO_RAM_FLAGS;

	return dgem_heap_add(ddev, &system->base);
}
