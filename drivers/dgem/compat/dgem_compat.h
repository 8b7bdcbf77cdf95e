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

#ifdef DGEM_COMPAT_DMA_DEV
#include <drm/drm_device.h>
static inline struct device *drm_dev_dma_dev(struct drm_device *drm)
{
	return drm->dev;
}
#endif

#ifdef DGEM_COMPAT_ATTACH_OPS
/*
 * The callback had another name. The core of that time maps for a static
 * importer when it attaches, and not again until it detaches, if the exporter
 * is dynamic; so the exporter is not.
 */
#define invalidate_mappings move_notify
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

#define list_lru_walk_one dgem_compat_lru_walk_one
#endif

#endif
