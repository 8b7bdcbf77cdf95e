// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/memcontrol.h>
#include <linux/page_counter.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include <drm/drm_managed.h>

#include "dgem_bo_evict.h"
#include "dgem_pages.h"
#include "dgem_purge.h"
#include "dgem_reclaim.h"

#ifdef CONFIG_MEMCG
/*
 * Whether a cgroup may swap, by its own limits and those above it. Pages of a
 * cgroup that must not stay where they are, and to evict them would cost faults and
 * the mappings of devices again and again. On cgroup v1 the counter is that of
 * memory and swap together, and at its limit swapping does not help either.
 */
static bool dgem_memcg_can_swap(struct mem_cgroup *memcg)
{
	for (; memcg; memcg = parent_mem_cgroup(memcg))
		if (page_counter_read(&memcg->swap) >= READ_ONCE(memcg->swap.max))
			return false;
	return true;
}
#else
static bool dgem_memcg_can_swap(struct mem_cgroup *memcg)
{
	return true;
}
#endif

/* Without free swap nothing takes evicted pages; it would only cost faults. */
static bool dgem_can_evict(struct shrink_control *sc)
{
	return get_nr_swap_pages() > 0 && dgem_memcg_can_swap(sc->memcg);
}

/*
 * Pages of one scan: SHRINK_BATCH where they have 4 KiB, and as many bytes where they
 * have more. What reclaim wants of fewer it puts off, while it takes pages of others.
 */
#define DGEM_SCAN_PAGES	(DGEM_CHUNK_PAGES / 4)

/* A BO that is not needed counts twice where it could be evicted as well. */
static unsigned long dgem_shrinker_count(struct shrinker *shrinker,
					 struct shrink_control *sc)
{
	struct dgem_device *ddev = shrinker->private_data;
	unsigned long count = dgem_purge_count(ddev, sc);

	if (!dgem_can_evict(sc))
		return count;

	count += dgem_bo_count_evictable(ddev, sc);
	return count ?: SHRINK_EMPTY;
}

/*
 * What is not needed comes first: it is free at once. The pages of what is evicted
 * become ordinary ones of shmem, which the page reclaim that called can now write to
 * swap.
 */
static unsigned long dgem_shrinker_scan(struct shrinker *shrinker,
					struct shrink_control *sc)
{
	struct dgem_device *ddev = shrinker->private_data;
	unsigned long wanted = sc->nr_to_scan;
	unsigned long freed;

	freed = dgem_purge_scan(ddev, sc);
	if (freed < wanted && dgem_can_evict(sc)) {
		sc->nr_to_scan = wanted - freed;
		freed += dgem_bo_evict(ddev, sc);
	}

	/* The caller would ask for twice of what there was, 128 pages at a time. */
	if (!freed && !dgem_purge_count(ddev, sc) &&
	    !dgem_bo_count_evictable(ddev, sc))
		return SHRINK_STOP;

	/* BOs are purged, and chunks evicted, whole: tell how much it was. */
	sc->nr_scanned = max(freed, wanted);
	return freed;
}

static void dgem_reclaim_fini(struct drm_device *drm, void *unused)
{
	struct dgem_device *ddev = to_dgem_device(drm);

	/* Waits for scans, which may hold the last reference to a BO. */
	shrinker_free(ddev->shrinker);
	dgem_lru_fini(&ddev->lru_purgeable);
	dgem_lru_fini(&ddev->lru_rest);
	dgem_lru_fini(&ddev->lru_whole);
}

/**
 * dgem_reclaim_init() - let the kernel take memory back from BOs
 * @ddev: the instance, not registered yet; reclaim ends with its last reference
 *
 * Return: 0 or a negative error code.
 */
int dgem_reclaim_init(struct dgem_device *ddev)
{
	int ret;

	ddev->shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE |
					SHRINKER_MEMCG_AWARE, "drm-dgem");
	if (!ddev->shrinker)
		return -ENOMEM;

	ret = dgem_lru_init(&ddev->lru_whole, ddev->shrinker);
	if (ret)
		goto err_free_shrinker;

	ret = dgem_lru_init(&ddev->lru_rest, ddev->shrinker);
	if (ret)
		goto err_fini_whole;

	ret = dgem_lru_init(&ddev->lru_purgeable, ddev->shrinker);
	if (ret)
		goto err_fini_rest;

	ddev->shrinker->private_data = ddev;
	ddev->shrinker->batch = DGEM_SCAN_PAGES;
	ddev->shrinker->count_objects = dgem_shrinker_count;
	ddev->shrinker->scan_objects = dgem_shrinker_scan;
	shrinker_register(ddev->shrinker);

	return drmm_add_action_or_reset(&ddev->drm, dgem_reclaim_fini, NULL);

err_fini_rest:
	dgem_lru_fini(&ddev->lru_rest);
err_fini_whole:
	dgem_lru_fini(&ddev->lru_whole);
err_free_shrinker:
	shrinker_free(ddev->shrinker);
	return ret;
}
