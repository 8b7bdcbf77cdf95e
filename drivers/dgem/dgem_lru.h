/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_LRU_H__
#define __DGEM_LRU_H__

#include <linux/list_lru.h>

struct shrink_control;

/**
 * struct dgem_lru - objects in order of use, by memory cgroup and node
 *
 * Items must lie in memory that came from kmem_cache_alloc_lru() with @list:
 * that is where their cgroup and node are taken from. The drm_gem_lru knows
 * neither, so it cannot help a cgroup at its limit.
 */
struct dgem_lru {
	/** @list: locks itself. */
	struct list_lru list;
};

int dgem_lru_init(struct dgem_lru *lru, struct shrinker *shrinker);
void dgem_lru_fini(struct dgem_lru *lru);

/*
 * Both do nothing when the item is on the list, or off it, already. They look
 * before they lock, since that is the usual case; a walk that moves the item
 * within the list at that time never makes it look as if it were off.
 */
static inline void dgem_lru_add(struct dgem_lru *lru, struct list_head *item)
{
	if (list_empty_careful(item))
		list_lru_add_obj(&lru->list, item);
}

static inline void dgem_lru_del(struct dgem_lru *lru, struct list_head *item)
{
	if (!list_empty_careful(item))
		list_lru_del_obj(&lru->list, item);
}

unsigned long dgem_lru_estimate(struct dgem_lru *lru, struct shrink_control *sc,
				unsigned long (*size)(struct list_head *item));
struct list_head *dgem_lru_pop(struct dgem_lru *lru, struct shrink_control *sc,
			       bool (*get)(struct list_head *item));
struct list_head *dgem_lru_pop_any(struct dgem_lru *lru,
				   bool (*get)(struct list_head *item));

#endif
