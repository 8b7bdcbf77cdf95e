// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* BOs with chunks that are filled in part, because their heap is out of memory. */

#include <linux/list_lru.h>
#include <linux/shrinker.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_heap.h"
#include "dgem_test.h"

/* Two chunks and a short one. */
#define TEST_REST	3
#define TEST_PAGES	(2 * DGEM_CHUNK_PAGES + TEST_REST)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)
/* Pages of the table of a chunk that is not short. */
#define TEST_TABLE	((DGEM_CHUNK_PAGES * sizeof(struct page *)) >> PAGE_SHIFT)

/* All of its pages are the same one. */
struct tight_heap {
	struct dgem_heap base;
	struct page *page;

	/* What a fill of a chunk returns, and of a page. */
	int whole_error, page_error;

	/* Calls, and pages that were evicted by what ran during them. */
	unsigned int fills, page_fills;
	struct dgem_bo *reclaims;
	unsigned long evicted;
};

static int tight_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		      unsigned long chunk)
{
	struct tight_heap *tight = container_of(heap, struct tight_heap, base);
	unsigned long nr = dgem_pages_in_chunk(pages, chunk), i;
	struct page **table;

	tight->fills++;
	if (tight->whole_error)
		return tight->whole_error;

	table = kcalloc(nr, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;

	for (i = 0; i < nr; i++)
		table[i] = tight->page;
	dgem_pages_set_table(pages, chunk, table);
	return 0;
}

static int tight_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
			   unsigned long idx)
{
	struct tight_heap *tight = container_of(heap, struct tight_heap, base);
	int ret = tight->page_error;

	tight->page_fills++;
	if (tight->reclaims)
		tight->evicted += dgem_test_evict(tight->reclaims, TEST_PAGES);
	if (!ret)
		ret = dgem_pages_make_table(pages, idx >> DGEM_CHUNK_ORDER);
	if (ret)
		return ret;

	dgem_pages_add(pages, idx, tight->page);
	return 1;
}

static void tight_empty(struct dgem_heap *heap, struct dgem_pages *pages,
			unsigned long chunk, bool keep)
{
	dgem_pages_clear(pages, chunk);
}

static const struct dgem_heap_ops tight_ops = {
	.fill = tight_fill,
	.fill_page = tight_fill_page,
	.empty = tight_empty,
};

static int dgem_holes_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct tight_heap *new_heap(struct kunit *test)
{
	struct tight_heap *tight = kunit_kzalloc(test, sizeof(*tight), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tight);
	tight->base.ops = &tight_ops;
	tight->base.name = "tight";
	tight->base.caps = DRM_DGEM_HEAP_CAP_SWAPPABLE;
	tight->page = dgem_test_pool(test, 0);
	tight->whole_error = -ENOMEM;
	return tight;
}

static struct dgem_bo *new_bo(struct kunit *test, struct tight_heap *tight)
{
	return dgem_test_bo(test, test->priv, &tight->base, TEST_SIZE);
}

/* What is resident is what all counters say. */
static void expect_resident(struct kunit *test, struct dgem_bo *bo, unsigned long nr)
{
	KUNIT_EXPECT_EQ(test, bo->pages.resident, nr);
	KUNIT_EXPECT_EQ(test, (long)nr, atomic_long_read(&bo->heap->used));
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, nr);
	dgem_test_stat(test, DGEM_STAT_SWAPPABLE_PAGES, nr);
}

static int nid_of(struct dgem_bo *bo, unsigned long chunk)
{
	return page_to_nid(virt_to_page(dgem_chunk_find(bo, chunk)));
}

static void expect_lists(struct kunit *test, struct dgem_bo *bo, unsigned long chunk,
			 unsigned long whole, unsigned long rest)
{
	struct dgem_device *ddev = test->priv;
	int nid = nid_of(bo, chunk);

	KUNIT_EXPECT_EQ(test, whole, list_lru_count_node(&ddev->lru_whole.list, nid));
	KUNIT_EXPECT_EQ(test, rest, list_lru_count_node(&ddev->lru_rest.list, nid));
}

static unsigned long evictable(struct kunit *test, struct dgem_bo *bo,
			       unsigned long chunk)
{
	struct shrink_control sc = { .nid = nid_of(bo, chunk) };

	return dgem_bo_count_evictable(test->priv, &sc);
}

/* Success: where a chunk cannot be had, its pages come one by one. */
static void dgem_holes_page_by_page(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);
	unsigned long i;

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 7));
	KUNIT_EXPECT_EQ(test, tight->fills, 1);
	KUNIT_EXPECT_EQ(test, tight->page_fills, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 7));
	KUNIT_EXPECT_EQ(test, tight->page_fills, 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_present(&bo->pages, 7));
	KUNIT_EXPECT_FALSE(test, dgem_pages_present(&bo->pages, 8));
	expect_resident(test, bo, 1);

	/* All of a chunk that has pages is not tried again. */
	for (i = 0; i < DGEM_CHUNK_PAGES; i++)
		KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, i));
	KUNIT_EXPECT_EQ(test, tight->fills, 1);
	KUNIT_EXPECT_EQ(test, tight->page_fills, (unsigned int)DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(&bo->pages, 0));
	expect_resident(test, bo, DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
}

/* Success: when there is no page either, nothing has changed. */
static void dgem_holes_no_page(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	tight->page_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_test_touch(bo, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(&bo->pages, 0));
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	expect_resident(test, bo, 0);

	/* What the chunk has stays, and can be evicted. */
	tight->page_error = 0;
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
	tight->page_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_test_touch(bo, 1));
	expect_resident(test, bo, 1);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
}

/* Success: who is killed does not get a page instead of a chunk. */
static void dgem_holes_killed(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	tight->whole_error = -EINTR;
	KUNIT_EXPECT_EQ(test, -EINTR, dgem_test_touch(bo, 0));
	KUNIT_EXPECT_EQ(test, tight->page_fills, 0);
}

/* Success: who needs all of a BO gets its holes filled, each of them once. */
static void dgem_holes_populate_all(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 5));
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, TEST_PAGES - 2));
	/* No chunk that is empty is filled in part for him. */
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_populate_all(bo));
	expect_resident(test, bo, DGEM_CHUNK_PAGES + 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(&bo->pages, 1));

	tight->whole_error = 0;
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	expect_resident(test, bo, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, tight->page_fills,
			(unsigned int)(DGEM_CHUNK_PAGES + TEST_REST));
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(&bo->pages, 0));
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
}

/* Success: a chunk with holes is counted and evicted as what it has. */
static void dgem_holes_evict(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 1));
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 9));
	KUNIT_EXPECT_EQ(test, evictable(test, bo, 0), 2 + TEST_TABLE);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 2);
	dgem_test_stat(test, DGEM_STAT_EVICTED_PAGES, 2);
	expect_resident(test, bo, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	KUNIT_EXPECT_EQ(test, evictable(test, bo, 0), 0);

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 9));
	KUNIT_EXPECT_EQ(test, evictable(test, bo, 0), 1 + TEST_TABLE);
}

/*
 * Success: reclaim that runs for a page of a chunk takes other chunks of the BO, but
 * not the pages that this one has.
 */
static void dgem_holes_reclaim_for_itself(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, DGEM_CHUNK_PAGES));
	tight->reclaims = bo;
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 1));
	tight->reclaims = NULL;
	KUNIT_EXPECT_EQ(test, tight->evicted, 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_present(&bo->pages, 0));
	KUNIT_EXPECT_TRUE(test, dgem_pages_present(&bo->pages, 1));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(&bo->pages, 1));
	expect_resident(test, bo, 2);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
}

/*
 * Success: a chunk is on the list of what it has become, and as often as it changes,
 * the same two objects stand for it.
 */
static void dgem_holes_lists(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);
	struct dgem_chunk *whole = NULL, *rest = NULL;
	int i;

	for (i = 0; i < 2; i++) {
		tight->whole_error = 0;
		KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
		expect_lists(test, bo, 0, 1, 0);
		KUNIT_EXPECT_EQ(test, evictable(test, bo, 0), DGEM_CHUNK_PAGES);
		KUNIT_EXPECT_TRUE(test, !whole || whole == dgem_chunk_find(bo, 0));
		whole = dgem_chunk_find(bo, 0);
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
		expect_lists(test, bo, 0, 0, 0);

		tight->whole_error = -ENOMEM;
		KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
		expect_lists(test, bo, 0, 0, 1);
		KUNIT_EXPECT_TRUE(test, !rest || rest == dgem_chunk_find(bo, 0));
		rest = dgem_chunk_find(bo, 0);
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 1);
		expect_lists(test, bo, 0, 0, 0);
	}
	KUNIT_EXPECT_PTR_NE(test, whole, rest);
}

/* Success: a chunk that page by page became whole stays on its list. */
static void dgem_holes_fill_up(struct kunit *test)
{
	struct tight_heap *tight = new_heap(test);
	struct dgem_bo *bo = new_bo(test, tight);

	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
	dgem_test_lock(bo);
	tight->whole_error = 0;
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all_locked(bo));
	dgem_test_unlock(bo);
	expect_lists(test, bo, 0, 1, 2);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

static struct kunit_case dgem_holes_cases[] = {
	KUNIT_CASE(dgem_holes_page_by_page),
	KUNIT_CASE(dgem_holes_no_page),
	KUNIT_CASE(dgem_holes_killed),
	KUNIT_CASE(dgem_holes_populate_all),
	KUNIT_CASE(dgem_holes_evict),
	KUNIT_CASE(dgem_holes_reclaim_for_itself),
	KUNIT_CASE(dgem_holes_lists),
	KUNIT_CASE(dgem_holes_fill_up),
	{}
};

static struct kunit_suite dgem_holes_suite = {
	.name = "dgem_holes",
	.init = dgem_holes_test_init,
	.test_cases = dgem_holes_cases,
};

kunit_test_suite(dgem_holes_suite);
