/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_COMPAT_H__
#define __DGEM_COMPAT_H__

/*
 * What kernels older than the newest lack, under the newest's names. Included
 * before each file by out-of-tree builds. Kbuild.compat looks into the headers
 * and defines DGEM_COMPAT_ for what is missing; a piece dies with the last
 * kernel that needs it.
 */

#ifdef DGEM_COMPAT_IMPORT_NS
/* Namespaces were identifiers, not strings. */
#include <linux/module.h>
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)
#endif

#ifdef DGEM_COMPAT_EXPORT_FOR
/* It had another name, or was not there. */
#include <linux/export.h>
#define EXPORT_SYMBOL_FOR_MODULES(sym, mods) \
	__EXPORT_SYMBOL(sym, "GPL", "module:" mods)
#endif

#ifdef DGEM_COMPAT_KZALLOC_OBJ
#include <linux/slab.h>
#define kmalloc_obj(obj, gfp) kmalloc(sizeof(obj), gfp)
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#endif

#ifdef DGEM_COMPAT_VMA_FLAGS
/* Files were set up with VM_ flags. */
#include <linux/mm.h>
typedef unsigned long vma_flags_t;
#define VMA_NORESERVE_BIT VM_NORESERVE
#define mk_vma_flags(flag) (flag)
#endif

#ifdef DGEM_COMPAT_PFN_T
/* Page frame numbers had a type of their own. */
#include <linux/huge_mm.h>
#include <linux/pfn_t.h>
#define vmf_insert_pfn_pmd(vmf, pfn, write) \
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, 0), write)
#endif

#ifdef DGEM_COMPAT_UNMAPPED_AREA
/* It asked for the mm, which was always current's. */
#include <linux/sched/mm.h>
#define mm_get_unmapped_area(file, addr, len, pgoff, flags) \
	mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags)
#endif

#ifdef DGEM_COMPAT_ACR_FLAGS
/* Ranges were allocated for a migrate type, of which only CMA made a difference. */
#include <linux/mmzone.h>
#define ACR_FLAGS_NONE MIGRATE_MOVABLE
#endif

#ifdef DGEM_COMPAT_MOVABLE_OPS
#include <linux/page-flags.h>
#define page_has_movable_ops(page) __folio_test_movable(page_folio(page))
#endif

#ifdef DGEM_COMPAT_DMA_DEV
#include <drm/drm_device.h>
static inline struct device *drm_dev_dma_dev(struct drm_device *drm)
{
	return drm->dev;
}
#endif

#ifdef DGEM_COMPAT_HUGE_MNT
/*
 * DRM devices had no tmpfs of their own. Only kern_mount() gives modules a
 * mount whose users do not take the lock of all mounts when they are done with
 * it. It has no options, which are set afterwards, as by a remount. The device
 * keeps the mount in the field that is the driver's.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>
#include <drm/drm_device.h>
#include <drm/drm_managed.h>

static inline struct vfsmount *drm_gem_get_huge_mnt(struct drm_device *drm)
{
	return drm->dev_private;
}

static inline int dgem_compat_mnt_set_huge(struct vfsmount *mnt, char *value)
{
	struct fs_parameter param = {
		.key = "huge",
		.type = fs_value_is_string,
		.string = value,
		.size = strlen(value),
	};
	struct fs_context *fc;
	int ret;

	fc = fs_context_for_reconfigure(mnt->mnt_root, 0, 0);
	if (IS_ERR(fc))
		return PTR_ERR(fc);

	ret = vfs_parse_fs_param(fc, &param);
	if (!ret) {
		down_write(&mnt->mnt_sb->s_umount);
		ret = fc->ops->reconfigure(fc);
		up_write(&mnt->mnt_sb->s_umount);
	}
	put_fs_context(fc);
	return ret;
}

static inline void dgem_compat_huge_mnt_free(struct drm_device *drm, void *mnt)
{
	kern_unmount(mnt);
}

static inline int drm_gem_huge_mnt_create(struct drm_device *drm, char *value)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	int ret;

	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return 0;

	type = get_fs_type("tmpfs");
	if (!type)
		return -EOPNOTSUPP;

	mnt = kern_mount(type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);

	ret = dgem_compat_mnt_set_huge(mnt, value);
	if (ret) {
		kern_unmount(mnt);
		return ret;
	}

	drm->dev_private = mnt;
	return drmm_add_action_or_reset(drm, dgem_compat_huge_mnt_free, mnt);
}
#endif

#ifdef DGEM_COMPAT_ATTACH_OPS
/*
 * The callback and what calls it had other names. The core of that time maps for
 * a static importer when it attaches, and not again until it detaches, if the
 * exporter is dynamic; so the exporter is not.
 */
#define invalidate_mappings move_notify
#define dma_buf_invalidate_mappings dma_buf_move_notify
#define DGEM_DYNAMIC_EXPORT 0
#endif

#ifdef DGEM_COMPAT_LIST_LRU
/* Walks handed the list's lock to their callback. */
#include <linux/list_lru.h>

struct dgem_compat_lru {
	enum lru_status (*isolate)(struct list_head *item,
				   struct list_lru_one *list, void *arg);
	void *arg;
};

static inline enum lru_status
dgem_compat_lru_isolate(struct list_head *item, struct list_lru_one *list,
			spinlock_t *lock, void *arg)
{
	struct dgem_compat_lru *compat = arg;

	return compat->isolate(item, list, compat->arg);
}

static inline unsigned long
dgem_compat_lru_walk_one(struct list_lru *lru, int nid,
			 struct mem_cgroup *memcg,
			 enum lru_status (*isolate)(struct list_head *item,
						    struct list_lru_one *list,
						    void *arg),
			 void *arg, unsigned long *nr_to_walk)
{
	struct dgem_compat_lru compat = { isolate, arg };

	return list_lru_walk_one(lru, nid, memcg, dgem_compat_lru_isolate,
				 &compat, nr_to_walk);
}

static inline unsigned long
dgem_compat_lru_walk_node(struct list_lru *lru, int nid,
			  enum lru_status (*isolate)(struct list_head *item,
						     struct list_lru_one *list,
						     void *arg),
			  void *arg, unsigned long *nr_to_walk)
{
	struct dgem_compat_lru compat = { isolate, arg };

	return list_lru_walk_node(lru, nid, dgem_compat_lru_isolate, &compat,
				  nr_to_walk);
}

#define list_lru_walk_one dgem_compat_lru_walk_one
#define list_lru_walk_node dgem_compat_lru_walk_node
#endif

#endif
