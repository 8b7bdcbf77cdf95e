// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The objects by which reclaim finds chunks: when they exist, and on which list. */

#include <linux/list_lru.h>
#include <linux/pagemap.h>
#include <linux/shrinker.h>

#include <kunit/test.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_heap.h"
#include "dgem_test.h"

/* Two chunks and a short one. */
#define TEST_REST	3
#define TEST_PAGES	(2 * DGEM_CHUNK_PAGES + TEST_REST)
#define TEST_SEED	0xc41c

static int dgem_chunk_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_bo *new_bo(struct kunit *test, unsigned long nr_pages)
{
	struct dgem_device *ddev = test->priv;

	return dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM],
			    (u64)nr_pages << PAGE_SHIFT);
}

static struct dgem_bo *filled_bo(struct kunit *test, unsigned long nr_pages)
{
	struct dgem_bo *bo = new_bo(test, nr_pages);

	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

static void populate(struct kunit *test, struct dgem_bo *bo, unsigned long chunk)
{
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, chunk << DGEM_CHUNK_ORDER));
}

static struct address_space *mapping_of(struct dgem_bo *bo)
{
	return ((struct file *)bo->pages.priv)->f_mapping;
}

static unsigned long count(struct kunit *test, struct dgem_bo *bo)
{
	struct shrink_control sc = {
		.nid = page_to_nid(virt_to_page(dgem_chunk_find(bo, 0))),
	};

	return dgem_bo_count_evictable(test->priv, &sc);
}

/* Success: the first fill of a chunk makes its object, and no other. */
static void dgem_chunk_made_at_fill(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_PAGES);
	struct dgem_chunk *chunk;

	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	populate(test, bo, 1);
	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 2));
	chunk = dgem_chunk_find(bo, 1);
	KUNIT_ASSERT_NOT_NULL(test, chunk);
	KUNIT_EXPECT_PTR_EQ(test, chunk->bo, bo);
	KUNIT_EXPECT_EQ(test, chunk->index, 1);
	KUNIT_EXPECT_FALSE(test, chunk->referenced);
	KUNIT_EXPECT_FALSE(test, list_empty(&chunk->lru));
}

/* Success: eviction takes the object off its list, and the next fill finds it. */
static void dgem_chunk_kept(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, DGEM_CHUNK_PAGES);
	struct dgem_chunk *chunk = dgem_chunk_find(bo, 0);

	KUNIT_ASSERT_NOT_NULL(test, chunk);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_PTR_EQ(test, dgem_chunk_find(bo, 0), (void *)chunk);
	KUNIT_EXPECT_TRUE(test, list_empty(&chunk->lru));
	populate(test, bo, 0);
	KUNIT_EXPECT_PTR_EQ(test, dgem_chunk_find(bo, 0), (void *)chunk);
	KUNIT_EXPECT_FALSE(test, list_empty(&chunk->lru));
}

/* Success: a BO that is shorter than a chunk has its object in itself. */
static void dgem_chunk_embedded(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, DGEM_CHUNK_PAGES - 1);

	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	populate(test, bo, 0);
	KUNIT_EXPECT_PTR_EQ(test, dgem_chunk_find(bo, 0), &bo->chunk);
	KUNIT_EXPECT_PTR_EQ(test, bo->chunk.bo, bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES - 1);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);

	/* A scan that meets it pinned takes it off, and the last unpin puts it back. */
	populate(test, bo, 0);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	dgem_test_lock(bo);
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);

	/* One of a whole chunk has not: reclaim counts those exactly. */
	bo = filled_bo(test, DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_PTR_NE(test, dgem_chunk_find(bo, 0), &bo->chunk);
}

/* Success: an object goes with its BO, also if the chunk could never be filled. */
static void dgem_chunk_freed(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_PAGES);

	dgem_test_lock(bo);
	KUNIT_EXPECT_NOT_NULL(test, dgem_chunk_get_locked(bo, 2, true));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_NULL(test, bo->pages.dir);
	dgem_bo_release_pages(bo);
	KUNIT_EXPECT_FALSE(test, dgem_bo_has_chunks(bo));

	bo = filled_bo(test, TEST_PAGES);
	dgem_bo_release_pages(bo);
	KUNIT_EXPECT_FALSE(test, dgem_bo_has_chunks(bo));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);

	/* One that is part of its BO is off its list. */
	bo = filled_bo(test, 1);
	dgem_bo_release_pages(bo);
	KUNIT_EXPECT_FALSE(test, dgem_bo_has_chunks(bo));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
}

/* Success: whole chunks are on one list, all others on the other. */
static void dgem_chunk_lists(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	int nid = page_to_nid(virt_to_page(dgem_chunk_find(filled_bo(test, 1), 0)));

	KUNIT_EXPECT_EQ(test, 0, list_lru_count_node(&ddev->lru_whole.list, nid));
	KUNIT_EXPECT_EQ(test, 1, list_lru_count_node(&ddev->lru_rest.list, nid));
	filled_bo(test, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, 2, list_lru_count_node(&ddev->lru_whole.list, nid));
	KUNIT_EXPECT_EQ(test, 2, list_lru_count_node(&ddev->lru_rest.list, nid));
	filled_bo(test, DGEM_CHUNK_PAGES - 1);
	KUNIT_EXPECT_EQ(test, 2, list_lru_count_node(&ddev->lru_whole.list, nid));
	KUNIT_EXPECT_EQ(test, 3, list_lru_count_node(&ddev->lru_rest.list, nid));
}

/* Success: whole chunks are counted exactly, however many small BOs there are. */
static void dgem_chunk_counts_whole(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, 3 * DGEM_CHUNK_PAGES);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, count(test, bo), 3 * DGEM_CHUNK_PAGES);
	for (i = 0; i < 20; i++)
		filled_bo(test, 1);
	KUNIT_EXPECT_EQ(test, count(test, bo), 3 * DGEM_CHUNK_PAGES + 20);
}

/* Success: of what is not whole, a sample is looked at. */
static void dgem_chunk_counts_rest(struct kunit *test)
{
	unsigned long sum = 0, counted;
	struct dgem_bo *bo = NULL;
	unsigned int i;

	for (i = 0; i < 90; i++) {
		unsigned long nr = 1 + i * 5 % 9;

		bo = filled_bo(test, nr);
		sum += nr;
	}
	counted = count(test, bo);
	KUNIT_EXPECT_GE(test, counted, sum - sum / 10);
	KUNIT_EXPECT_LE(test, counted, sum + sum / 10);
}

/*
 * Success: a chunk that is evicted leaves the others resident, and page reclaim
 * looks at the file until all of it is there again.
 */
static void dgem_chunk_evicted_alone(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_PAGES);

	dgem_test_write(test, bo, TEST_SEED);
	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping_of(bo)));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_FALSE(test, mapping_unevictable(mapping_of(bo)));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(&bo->pages, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(&bo->pages, 1));
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(&bo->pages, 2));
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES,
		       DGEM_CHUNK_PAGES + TEST_REST);
	dgem_test_stat(test, DGEM_STAT_SWAPPABLE_PAGES,
		       DGEM_CHUNK_PAGES + TEST_REST);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, DGEM_CHUNK_PAGES);
	dgem_test_stat(test, DGEM_STAT_EVICTED_MAPPED, 0);

	populate(test, bo, 0);
	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping_of(bo)));
	dgem_test_expect(test, bo, TEST_SEED);
}

static struct kunit_case dgem_chunk_cases[] = {
	KUNIT_CASE(dgem_chunk_made_at_fill),
	KUNIT_CASE(dgem_chunk_kept),
	KUNIT_CASE(dgem_chunk_embedded),
	KUNIT_CASE(dgem_chunk_freed),
	KUNIT_CASE(dgem_chunk_lists),
	KUNIT_CASE(dgem_chunk_counts_whole),
	KUNIT_CASE(dgem_chunk_counts_rest),
	KUNIT_CASE(dgem_chunk_evicted_alone),
	{}
};

static struct kunit_suite dgem_chunk_suite = {
	.name = "dgem_chunk",
	.init = dgem_chunk_test_init,
	.test_cases = dgem_chunk_cases,
};

kunit_test_suite(dgem_chunk_suite);
