// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Which chunks a scan evicts, zaps or leaves, where faults have mapped some. */

#include <linux/refcount.h>

#include <kunit/test.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_heap.h"
#include "dgem_fault_test.h"

/* Chunks that a scan may zap. */
#define TEST_ZAPS	8

/* A BO with a VMA of all of it. */
struct mapped_bo {
	struct dgem_bo *bo;
	unsigned long addr;
};

static struct dgem_bo *filled_bo(struct kunit *test, unsigned long nr_pages)
{
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, t->ddev, t->ddev->heaps[TEST_SYSTEM],
			  (u64)nr_pages << PAGE_SHIFT);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

static void touch(struct kunit *test, unsigned long addr)
{
	mmap_read_lock(current->mm);
	KUNIT_EXPECT_EQ(test, 0, fault(addr, NULL));
	mmap_read_unlock(current->mm);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
}

/* A BO that is mapped, and whose first chunk was touched. */
static struct mapped_bo hot_bo(struct kunit *test, unsigned long nr_pages)
{
	struct mapped_bo hot = { .bo = filled_bo(test, nr_pages) };

	hot.addr = map(test, hot.bo);
	touch(test, hot.addr);
	return hot;
}

static void unmap_bo(struct kunit *test, struct mapped_bo *hot)
{
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(hot->addr, hot->bo->base.size));
}

static void expect_stat(struct kunit *test, enum dgem_stat stat, long value)
{
	struct dgem_test_file *t = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, dgem_stat_read(t->ddev, stat), value,
			    "counter %d", stat);
}

/* Success: a fault notes which chunk it has mapped; to fill one is no use of it. */
static void dgem_scan_fault_notes(struct kunit *test)
{
	struct mapped_bo hot = { .bo = filled_bo(test, DGEM_CHUNK_PAGES + 1) };
	struct dgem_chunk *first = dgem_chunk_find(hot.bo, 0);
	struct dgem_chunk *last = dgem_chunk_find(hot.bo, 1);

	hot.addr = map(test, hot.bo);
	KUNIT_EXPECT_FALSE(test, first->referenced || last->referenced);
	touch(test, hot.addr + DGEM_CHUNK_SIZE);
	KUNIT_EXPECT_FALSE(test, first->referenced);
	KUNIT_EXPECT_TRUE(test, last->referenced);
	unmap_bo(test, &hot);
}

/*
 * Success: a scan that meets a chunk which a fault has mapped takes its entries and
 * puts it last, and the next one evicts it.
 */
static void dgem_scan_second_chance(struct kunit *test)
{
	struct mapped_bo hot = hot_bo(test, DGEM_CHUNK_PAGES);
	struct dgem_bo *cold = filled_bo(test, DGEM_CHUNK_PAGES);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, cold->pages.resident, 0);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&hot.bo->pages));
	KUNIT_EXPECT_EQ(test, dgem_test_listed(hot.bo), 1);
	KUNIT_EXPECT_FALSE(test, is_mapped(hot.addr));
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, 1);
	expect_stat(test, DGEM_STAT_EVICTED_MAPPED, 0);

	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(cold));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, hot.bo->pages.resident, 0);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&cold->pages));
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, 1);
	expect_stat(test, DGEM_STAT_EVICTED_MAPPED, 1);
	unmap_bo(test, &hot);
}

/* Success: a fault between two visits keeps a chunk, as often as it comes. */
static void dgem_scan_keeps_hot(struct kunit *test)
{
	struct mapped_bo hot = hot_bo(test, DGEM_CHUNK_PAGES);
	struct dgem_bo *cold = filled_bo(test, DGEM_CHUNK_PAGES);
	int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, DGEM_CHUNK_PAGES),
				DGEM_CHUNK_PAGES);
		KUNIT_EXPECT_EQ(test, cold->pages.resident, 0);
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&hot.bo->pages));
		expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, i);
		touch(test, hot.addr);
		KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(cold));
	}
	unmap_bo(test, &hot);
}

/* Success: without a VMA there are no entries, whatever a fault has mapped once. */
static void dgem_scan_unmapped_again(struct kunit *test)
{
	struct mapped_bo hot = hot_bo(test, DGEM_CHUNK_PAGES);
	struct dgem_bo *cold = filled_bo(test, DGEM_CHUNK_PAGES);

	unmap_bo(test, &hot);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, hot.bo->pages.resident, 0);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&cold->pages));
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, 0);
	expect_stat(test, DGEM_STAT_EVICTED_MAPPED, 0);
}

/*
 * Success: only the chunk that is visited loses its entries, and all of them. With a
 * look at one chunk, which is warm, that one also goes, since nothing else is found.
 */
static void dgem_scan_zaps_chunk(struct kunit *test)
{
	struct mapped_bo hot = hot_bo(test, 3 * DGEM_CHUNK_PAGES);
	unsigned long inside = hot.addr + DGEM_CHUNK_SIZE / 2;
	int i, j;

	for (i = 0; i < 3; i++)
		touch(test, inside + i * DGEM_CHUNK_SIZE);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, dgem_test_evict(hot.bo, 1), DGEM_CHUNK_PAGES);
		for (j = 0; j < 3; j++) {
			KUNIT_EXPECT_EQ(test, j > i,
					dgem_pages_filled(&hot.bo->pages, j));
			KUNIT_EXPECT_EQ(test, j > i,
					is_mapped(inside + j * DGEM_CHUNK_SIZE));
		}
	}
	KUNIT_EXPECT_FALSE(test, is_mapped(hot.addr));
	unmap_bo(test, &hot);
}

/*
 * Success: a scan of hot chunks zaps no more than it may, and evicts the first of
 * them.
 */
static void dgem_scan_all_hot(struct kunit *test)
{
	struct mapped_bo hot[TEST_ZAPS + 2];
	struct dgem_bo *cold;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hot); i++)
		hot[i] = hot_bo(test, DGEM_CHUNK_PAGES);
	cold = filled_bo(test, DGEM_CHUNK_PAGES);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, 2 * DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, TEST_ZAPS);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&cold->pages));
	for (i = 0; i < ARRAY_SIZE(hot); i++) {
		KUNIT_EXPECT_EQ(test, dgem_pages_complete(&hot[i].bo->pages), i != 0);
		KUNIT_EXPECT_EQ(test, dgem_test_listed(hot[i].bo), i != 0);
		KUNIT_EXPECT_EQ(test, is_mapped(hot[i].addr), i >= TEST_ZAPS);
		unmap_bo(test, &hot[i]);
	}
}

/* Success: no hot chunk goes in a scan that has found a cold one. */
static void dgem_scan_finds_cold(struct kunit *test)
{
	struct dgem_bo *cold = filled_bo(test, DGEM_CHUNK_PAGES);
	struct mapped_bo hot[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hot); i++)
		hot[i] = hot_bo(test, DGEM_CHUNK_PAGES);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, 2 * DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, cold->pages.resident, 0);
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, ARRAY_SIZE(hot));
	for (i = 0; i < ARRAY_SIZE(hot); i++) {
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&hot[i].bo->pages));
		unmap_bo(test, &hot[i]);
	}
}

/* Success: a scan does not evict what it has just zapped, as no fault could come. */
static void dgem_scan_visits_once(struct kunit *test)
{
	struct mapped_bo hot[TEST_ZAPS - 2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hot); i++)
		hot[i] = hot_bo(test, 1);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(hot[0].bo, DGEM_CHUNK_PAGES), 1);
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, ARRAY_SIZE(hot));
	for (i = 0; i < ARRAY_SIZE(hot); i++) {
		KUNIT_EXPECT_EQ(test, dgem_pages_complete(&hot[i].bo->pages), i != 0);
		unmap_bo(test, &hot[i]);
	}
}

/* Success: hot chunks of one list do not keep a scan from cold ones of the other. */
static void dgem_scan_past_hot_list(struct kunit *test)
{
	struct dgem_bo *cold = filled_bo(test, DGEM_CHUNK_PAGES);
	struct mapped_bo hot[TEST_ZAPS + 2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hot); i++)
		hot[i] = hot_bo(test, 1);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(cold, DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, cold->pages.resident, 0);
	expect_stat(test, DGEM_STAT_ZAPPED_CHUNKS, TEST_ZAPS / 2);
	for (i = 0; i < ARRAY_SIZE(hot); i++) {
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&hot[i].bo->pages));
		unmap_bo(test, &hot[i]);
	}
}

/* Success: both lists give in proportion to what they have. */
static void dgem_scan_proportion(struct kunit *test)
{
	struct dgem_bo *whole = filled_bo(test, 4 * DGEM_CHUNK_PAGES);
	unsigned long part = DGEM_CHUNK_PAGES / 5, evicted = 0;
	struct dgem_bo *rest[20];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rest); i++)
		rest[i] = filled_bo(test, part);

	/* Half of it from each list, as they have the same: five parts and a chunk. */
	KUNIT_EXPECT_EQ(test, dgem_test_evict(whole, 2 * DGEM_CHUNK_PAGES - part),
			5 * part + DGEM_CHUNK_PAGES);
	for (i = 0; i < ARRAY_SIZE(rest); i++)
		evicted += part - rest[i]->pages.resident;
	KUNIT_EXPECT_EQ(test, evicted, 5 * part);
	KUNIT_EXPECT_EQ(test, whole->pages.resident, 3 * DGEM_CHUNK_PAGES);
}

/* Success: no scan evicts more than it was asked for, rounded up to a chunk. */
static void dgem_scan_stops(struct kunit *test)
{
	static const struct { unsigned long ask, chunks; } scans[] = {
		{ 1, 1 }, { DGEM_CHUNK_PAGES / 4, 1 }, { DGEM_CHUNK_PAGES, 1 },
		{ DGEM_CHUNK_PAGES + 1, 2 },
	};
	struct dgem_bo *bo = filled_bo(test, 6 * DGEM_CHUNK_PAGES);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scans); i++)
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, scans[i].ask),
				scans[i].chunks * DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, DGEM_CHUNK_PAGES);
}

/* Success: a scan that meets one chunk of a pinned BO takes that one only away. */
static void dgem_scan_parks(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, 3 * DGEM_CHUNK_PAGES);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	KUNIT_EXPECT_FALSE(test, bo->parked);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
	KUNIT_EXPECT_TRUE(test, bo->parked);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 2);
	dgem_test_lock(bo);
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 3);
}

/* Success: the last unpin puts no chunk on a list that is not resident. */
static void dgem_scan_unparks_resident(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, 2 * DGEM_CHUNK_PAGES);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	dgem_test_lock(bo);
	dgem_chunk_unpark_all_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 2 * DGEM_CHUNK_PAGES),
			DGEM_CHUNK_PAGES);
}

/* Success: a scan leaves a BO alone that is being freed, and unlocks it. */
static void dgem_scan_dying(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, DGEM_CHUNK_PAGES);
	refcount_t *refs = &bo->base.refcount.refcount;

	/* As if its last reference were gone, and its chunks not yet off the list. */
	refcount_set(refs, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
	refcount_set(refs, 1);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo->pages));
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	KUNIT_EXPECT_FALSE(test, dma_resv_is_locked(bo->base.resv));
}

static struct kunit_case dgem_scan_cases[] = {
	KUNIT_CASE(dgem_scan_fault_notes),
	KUNIT_CASE(dgem_scan_second_chance),
	KUNIT_CASE(dgem_scan_keeps_hot),
	KUNIT_CASE(dgem_scan_unmapped_again),
	KUNIT_CASE(dgem_scan_zaps_chunk),
	KUNIT_CASE(dgem_scan_all_hot),
	KUNIT_CASE(dgem_scan_finds_cold),
	KUNIT_CASE(dgem_scan_visits_once),
	KUNIT_CASE(dgem_scan_past_hot_list),
	KUNIT_CASE(dgem_scan_proportion),
	KUNIT_CASE(dgem_scan_stops),
	KUNIT_CASE(dgem_scan_parks),
	KUNIT_CASE(dgem_scan_unparks_resident),
	KUNIT_CASE(dgem_scan_dying),
	{}
};

static struct kunit_suite dgem_scan_suite = {
	.name = "dgem_scan",
	.init = dgem_test_file_init,
	.test_cases = dgem_scan_cases,
};

kunit_test_suite(dgem_scan_suite);
