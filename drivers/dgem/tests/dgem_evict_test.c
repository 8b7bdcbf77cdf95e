// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Eviction of BOs that no fault has mapped: which lose their pages, which must not,
 * and what comes back.
 */

#include <linux/dma-direction.h>
#include <linux/iosys-map.h>
#include <linux/list_lru.h>
#include <linux/pagemap.h>
#include <linux/shrinker.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_attach.h"
#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_heap.h"
#include "../dgem_mmap.h"
#include "dgem_test.h"

/* A chunk and a short one, which are on two lists. */
#define TEST_CHUNKS	2
#define TEST_REST	3
#define TEST_PAGES	(DGEM_CHUNK_PAGES + TEST_REST)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)
#define TEST_SEED	0xe71c

static int dgem_evict_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

/* A BO that is wholly resident and idle. */
static struct dgem_bo *idle_bo_of(struct kunit *test, u64 size)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], size);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

static struct dgem_bo *idle_bo(struct kunit *test)
{
	return idle_bo_of(test, TEST_SIZE);
}

/* Success: an idle BO loses all pages, which is counted, and leaves the lists. */
static void dgem_evict_idle_bo(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo), 0);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&bo->heap->used));
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
	dgem_test_stat(test, DGEM_STAT_SWAPPABLE_PAGES, 0);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, TEST_PAGES);
}

/* Success: evicted contents are there again at the next touch, and again. */
static void dgem_evict_keeps_contents(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);
	int i;

	dgem_test_write(test, bo, TEST_SEED);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
		dgem_test_expect(test, bo, TEST_SEED);
		KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
		dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, TEST_PAGES);
	}
}

/*
 * Success: nobody said that he wrote, so all evicted pages are dirty: reclaim
 * has to write them to swap, and may not drop them.
 */
static void dgem_evict_leaves_dirty(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);
	struct file *file = bo->pages.priv;
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, file);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	for (i = 0; i < TEST_PAGES; i++) {
		struct folio *folio = filemap_get_folio(file->f_mapping, i);

		KUNIT_ASSERT_FALSE(test, IS_ERR(folio));
		KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
		folio_put(folio);
	}
}

/* Success: only pages that are held are kept from the scans of page reclaim. */
static void dgem_evict_makes_evictable(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);
	struct file *file = bo->pages.priv;

	KUNIT_EXPECT_TRUE(test, mapping_unevictable(file->f_mapping));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_FALSE(test, mapping_unevictable(file->f_mapping));
	KUNIT_EXPECT_PTR_EQ(test, bo->pages.priv, file);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_locked(bo, 0));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_FALSE(test, mapping_unevictable(file->f_mapping));
}

/* Success: a BO that is resident in part loses that part. */
static void dgem_evict_part(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_locked(bo, DGEM_CHUNK_PAGES));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), TEST_REST);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, TEST_REST);
}

/*
 * Success: a pinned BO keeps its pages, and scans that have met its chunks do not
 * meet them again; the last unpin puts them back.
 */
static void dgem_evict_refuses_pinned(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);

	dgem_test_lock(bo);
	dgem_bo_unpin_locked(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	dgem_bo_unpin_locked(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
	KUNIT_EXPECT_FALSE(test, bo->parked);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

/* Success: with a VMA but no fault, there is nothing to wait for. */
static void dgem_evict_takes_unfaulted(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	dgem_bo_mmap_get(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	dgem_bo_mmap_put(bo);
	dgem_test_stat(test, DGEM_STAT_ZAPPED_CHUNKS, 0);
	dgem_test_stat(test, DGEM_STAT_EVICTED_MAPPED, TEST_CHUNKS);
}

/* Success: a locked BO is not evicted and stays on the lists. */
static void dgem_evict_skips_locked(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

/*
 * Success: a scan that runs for the task that fills a chunk of a BO evicts others of
 * that BO, whose lock the task has and keeps.
 */
static void dgem_evict_for_filler(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	dgem_test_lock(bo);
	WRITE_ONCE(bo->filler, current);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_TRUE(test, dma_resv_is_locked(bo->base.resv));
	WRITE_ONCE(bo->filler, NULL);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
}

/*
 * Success: a scan looks at no more chunks than it is to evict pages, and what it
 * has looked at in vain is last.
 */
static void dgem_evict_looks_no_further(struct kunit *test)
{
	struct dgem_bo *first = idle_bo(test), *other = idle_bo(test);

	dgem_test_lock(first);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(first, 1), 0);
	KUNIT_EXPECT_EQ(test, other->pages.resident, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(first, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, other->pages.resident, TEST_REST);
	dgem_test_unlock(first);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(first, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, first->pages.resident, TEST_REST);
}

/*
 * Success: a use without a pin, which is what a dynamic importer's mapping is,
 * keeps the pages; a mapping that is kept for the next use does not.
 */
static void dgem_evict_refuses_in_use(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-importer");
	struct dgem_bo *bo = idle_bo(test);
	struct dgem_attachment *att;
	struct sg_table *sgt;
	bool cached;

	att = kunit_kzalloc(test, sizeof(*att), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, att);
	dgem_attachment_init(att, dev, bo->base.resv);
	dgem_test_lock(bo);
	list_add(&att->node, &bo->attachments);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_use_locked(bo));
	sgt = dgem_attachment_map_locked(att, &bo->pages, DMA_TO_DEVICE, &cached);
	dgem_test_unlock(bo);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sgt);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);

	dgem_test_lock(bo);
	dgem_attachment_unmap_locked(att, sgt, DMA_TO_DEVICE);
	dgem_bo_unuse_locked(bo);
	KUNIT_EXPECT_TRUE(test, att->mapped);
	dgem_test_unlock(bo);

	/* Idle, it goes with the first of the pages. */
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_FALSE(test, att->mapped);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_REST);

	dgem_attachment_fini(att);
}

/* Success: eviction takes chunks until it has enough, the oldest first. */
static void dgem_evict_oldest_first(struct kunit *test)
{
	struct dgem_bo *bo[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bo); i++)
		bo[i] = idle_bo_of(test, SZ_2M);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo[0], 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, bo[0]->pages.resident, 0);

	/* Filled again, the first is the youngest. */
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo[0]));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo[0], DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, bo[1]->pages.resident, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo[0], DGEM_CHUNK_PAGES + 1),
			2 * DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, bo[2]->pages.resident, 0);
	KUNIT_EXPECT_EQ(test, bo[0]->pages.resident, 0);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, 4 * DGEM_CHUNK_PAGES);
}

/* Success: with nothing on the lists, nothing is evicted. */
static void dgem_evict_nothing(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1000), 0);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, TEST_PAGES);
}

/* Success: what could be evicted is what is resident, also if it is in use. */
static void dgem_evict_counts(struct kunit *test)
{
	struct dgem_bo *bo = idle_bo(test);
	struct shrink_control sc = {
		.nid = page_to_nid(virt_to_page(dgem_chunk_find(bo, 0))),
	};

	KUNIT_EXPECT_EQ(test, TEST_PAGES, dgem_bo_count_evictable(test->priv, &sc));
	dgem_bo_mmap_get(bo);
	KUNIT_EXPECT_EQ(test, TEST_PAGES, dgem_bo_count_evictable(test->priv, &sc));
	dgem_bo_mmap_put(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, TEST_REST, dgem_bo_count_evictable(test->priv, &sc));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), TEST_REST);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_count_evictable(test->priv, &sc));
}

/* Success: a BO whose last reference is gone while it is on the list is freed. */
static void dgem_evict_not_freed(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo, *other = idle_bo(test);

	bo = dgem_bo_create(ddev, NULL, ddev->heaps[TEST_SYSTEM], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
	dgem_bo_put(bo);
	dgem_test_stat(test, DGEM_STAT_BOS, 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(other, 10 * TEST_PAGES), TEST_PAGES);
}

static struct kunit_case dgem_evict_cases[] = {
	KUNIT_CASE(dgem_evict_idle_bo),
	KUNIT_CASE(dgem_evict_keeps_contents),
	KUNIT_CASE(dgem_evict_leaves_dirty),
	KUNIT_CASE(dgem_evict_makes_evictable),
	KUNIT_CASE(dgem_evict_part),
	KUNIT_CASE(dgem_evict_refuses_pinned),
	KUNIT_CASE(dgem_evict_takes_unfaulted),
	KUNIT_CASE(dgem_evict_skips_locked),
	KUNIT_CASE(dgem_evict_for_filler),
	KUNIT_CASE(dgem_evict_looks_no_further),
	KUNIT_CASE(dgem_evict_refuses_in_use),
	KUNIT_CASE(dgem_evict_oldest_first),
	KUNIT_CASE(dgem_evict_nothing),
	KUNIT_CASE(dgem_evict_counts),
	KUNIT_CASE(dgem_evict_not_freed),
	{}
};

static struct kunit_suite dgem_evict_suite = {
	.name = "dgem_evict",
	.init = dgem_evict_test_init,
	.test_cases = dgem_evict_cases,
};

kunit_test_suite(dgem_evict_suite);
