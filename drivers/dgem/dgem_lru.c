// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/shrinker.h>

#include "dgem_lru.h"

/**
 * struct dgem_lru_walk - what dgem_lru_pop() gives to its walk and gets back
 *
 * On the stack of it and of dgem_lru_pop_any(); used under the list's lock.
 */
struct dgem_lru_walk {
	/** @get: takes a reference to the object, or returns false. */
	bool (*get)(struct list_head *item);

	/** @item: the object that was taken off the list, NULL if none. */
	struct list_head *item;

	/** @nr_to_walk: how many objects may still be looked at. */
	unsigned long nr_to_walk;
};

static enum lru_status dgem_lru_isolate(struct list_head *item,
					struct list_lru_one *list, void *arg)
{
	struct dgem_lru_walk *walk = arg;

	if (!walk->get(item))
		return LRU_ROTATE;

	list_lru_isolate(list, item);
	walk->item = item;
	/* Kernels differ in whether LRU_STOP leaves the list locked. */
	walk->nr_to_walk = 0;
	return LRU_REMOVED;
}

/* Objects of a list that tell for the others how large they are. */
#define DGEM_LRU_SAMPLE		32

/**
 * struct dgem_lru_sample - what dgem_lru_estimate() gives to its walk and gets back
 *
 * On the stack of dgem_lru_estimate(); used under the list's lock.
 */
struct dgem_lru_sample {
	/** @size: tells an object's size. */
	unsigned long (*size)(struct list_head *item);

	/** @nr: objects that were looked at. */
	unsigned long nr;

	/** @sum: size of these together. */
	unsigned long sum;
};

static enum lru_status dgem_lru_look(struct list_head *item,
				     struct list_lru_one *list, void *arg)
{
	struct dgem_lru_sample *sample = arg;

	sample->nr++;
	sample->sum += sample->size(item);
	return LRU_SKIP;
}

/**
 * dgem_lru_estimate() - size of all objects of a list
 * @lru: the list
 * @sc: the node and the memory cgroup that reclaim asks for
 * @size: tells an object's size; called with the list locked
 *
 * A list knows the number of its objects only. Sizes of different cgroups can be very
 * different, so a sample of this list's is taken.
 *
 * Return: the sum of their sizes, an estimate.
 */
unsigned long dgem_lru_estimate(struct dgem_lru *lru, struct shrink_control *sc,
				unsigned long (*size)(struct list_head *item))
{
	unsigned long nr = list_lru_shrink_count(&lru->list, sc);
	struct dgem_lru_sample sample = { .size = size };
	unsigned long nr_to_walk = DGEM_LRU_SAMPLE;

	if (!nr)
		return 0;

	list_lru_walk_one(&lru->list, sc->nid, sc->memcg, dgem_lru_look, &sample,
			  &nr_to_walk);
	return sample.nr ? mult_frac(nr, sample.sum, sample.nr) : nr;
}

/**
 * dgem_lru_pop() - take the first object off the list
 * @lru: the list
 * @sc: the node and the memory cgroup that reclaim asks for
 * @get: takes a reference to the object and returns true, or returns false to
 *	give it another round; called with the list locked
 *
 * Looks at one object only, so that the caller can bound its work.
 *
 * Return: the object's item, or NULL.
 */
struct list_head *dgem_lru_pop(struct dgem_lru *lru, struct shrink_control *sc,
			       bool (*get)(struct list_head *item))
{
	struct dgem_lru_walk walk = { .get = get, .nr_to_walk = 1 };

	list_lru_walk_one(&lru->list, sc->nid, sc->memcg, dgem_lru_isolate,
			  &walk, &walk.nr_to_walk);
	return walk.item;
}

/* Objects that dgem_lru_pop_any() looks at on a node, with the list locked. */
#define DGEM_LRU_LOOKS		1024UL

/**
 * dgem_lru_pop_any() - take an object off the list, of whatever node and cgroup
 * @lru: the list
 * @get: takes a reference to the object and returns true, or returns false to
 *	have the next one looked at; called with the list locked
 *
 * Looks at no more than %DGEM_LRU_LOOKS objects of a node, at none twice. What is
 * looked at in vain is last then, so that the next call does not meet it first.
 *
 * Return: the object's item, or NULL.
 */
struct list_head *dgem_lru_pop_any(struct dgem_lru *lru,
				   bool (*get)(struct list_head *item))
{
	struct dgem_lru_walk walk = { .get = get };
	int nid;

	for_each_node_state(nid, N_NORMAL_MEMORY) {
		walk.nr_to_walk = min(list_lru_count_node(&lru->list, nid),
				      DGEM_LRU_LOOKS);
		list_lru_walk_node(&lru->list, nid, dgem_lru_isolate, &walk,
				   &walk.nr_to_walk);
		if (walk.item)
			break;
	}

	return walk.item;
}

/**
 * dgem_lru_init() - make an empty list
 * @lru: the list
 * @shrinker: the memcg-aware shrinker that will walk it
 *
 * Return: 0 or a negative error code.
 */
int dgem_lru_init(struct dgem_lru *lru, struct shrinker *shrinker)
{
	return list_lru_init_memcg(&lru->list, shrinker);
}

/**
 * dgem_lru_fini() - free an empty list
 * @lru: the list
 */
void dgem_lru_fini(struct dgem_lru *lru)
{
	list_lru_destroy(&lru->list);
}
