// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Which BOs are purged, and what is left of them. */

#include <linux/err.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "dgem_fault_test.h"
#include "dgem_purge_test.h"

/* A chunk and a short one. */
#define TEST_PAGES (DGEM_CHUNK_PAGES + 3)

static struct dgem_device *instance(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;

	return t->ddev;
}

static void expect_stat(struct kunit *test, enum dgem_stat stat, long value)
{
	KUNIT_EXPECT_EQ_MSG(test, dgem_stat_read(instance(test), stat), value, "counter %d", stat);
}

static struct dgem_bo *filled_bo(struct kunit *test, unsigned int heap)
{
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, instance(test), instance(test)->heaps[heap],
			  (u64)TEST_PAGES << PAGE_SHIFT);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

static struct dgem_bo *unneeded_bo(struct kunit *test, unsigned int heap)
{
	struct dgem_bo *bo = filled_bo(test, heap);

	dont_need(test, bo);
	return bo;
}

/* Success: nothing of a purged BO is left, which is counted, whatever its heap. */
static void dgem_purge_all(struct kunit *test)
{
	unsigned int heap;

	for (heap = TEST_SYSTEM; heap <= TEST_PINNED; heap++) {
		struct dgem_bo *bo = unneeded_bo(test, heap);

		KUNIT_EXPECT_EQ(test, count_near(bo), TEST_PAGES);
		KUNIT_EXPECT_EQ(test, scan_near(bo, 1), TEST_PAGES);
		KUNIT_EXPECT_EQ(test, dgem_bo_state(bo), (u64)DRM_DGEM_BO_STATE_PURGED);
		KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
		KUNIT_EXPECT_NULL(test, bo->pages.priv);
		KUNIT_EXPECT_NULL(test, bo->purgeable);
		KUNIT_EXPECT_FALSE(test, dgem_bo_has_chunks(bo));
		KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&bo->heap->used));
		expect_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
		expect_stat(test, DGEM_STAT_SWAPPABLE_PAGES, 0);
		expect_stat(test, DGEM_STAT_PURGED_PAGES, (heap + 1) * TEST_PAGES);
	}
}

/* Success: what is purged stays so, whatever is asked of it. */
static void dgem_purge_is_terminal(struct kunit *test)
{
	struct dgem_bo *bo = unneeded_bo(test, TEST_SYSTEM);

	KUNIT_EXPECT_EQ(test, scan_near(bo, 1), TEST_PAGES);
	advise(test, bo, DRM_DGEM_MADV_WILLNEED, false);
	advise(test, bo, DRM_DGEM_MADV_DONTNEED, false);
	KUNIT_EXPECT_PTR_EQ(test, dgem_export(&bo->base, O_CLOEXEC), ERR_PTR(-EFAULT));

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -EFAULT, dgem_bo_populate_locked(bo, 0));
	KUNIT_EXPECT_EQ(test, -EFAULT, dgem_bo_use_locked(bo));
	KUNIT_EXPECT_EQ(test, -EFAULT, dgem_bo_pin_locked(bo));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_PURGED);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
	expect_stat(test, DGEM_STAT_PURGED_PAGES, TEST_PAGES);
}

/* Success: a mapping loses its entries, also where no chunk has noted any. */
static void dgem_purge_zaps(struct kunit *test)
{
	unsigned int heap;

	for (heap = TEST_SYSTEM; heap <= TEST_PINNED; heap++) {
		struct dgem_bo *bo = filled_bo(test, heap);
		unsigned long addr = map(test, bo);
		unsigned long last = addr + bo->base.size - PAGE_SIZE;

		mmap_read_lock(current->mm);
		KUNIT_EXPECT_EQ(test, 0, fault(addr, NULL));
		KUNIT_EXPECT_EQ(test, 0, fault(last, NULL));
		KUNIT_EXPECT_TRUE(test, is_mapped(addr) && is_mapped(last));

		dont_need(test, bo);
		KUNIT_EXPECT_TRUE(test, is_mapped(addr) && is_mapped(last));
		KUNIT_EXPECT_EQ(test, scan_near(bo, 1), TEST_PAGES);
		KUNIT_EXPECT_FALSE(test, is_mapped(addr) || is_mapped(last));
		KUNIT_EXPECT_EQ(test, -EFAULT, fault(addr, NULL));
		KUNIT_EXPECT_EQ(test, -EFAULT, fault(last, NULL));
		mmap_read_unlock(current->mm);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, bo->base.size));
	}
}

/* Success: a scan purges whole BOs until it has enough, the first given up first. */
static void dgem_purge_oldest_first(struct kunit *test)
{
	struct dgem_bo *bo[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bo); i++)
		bo[i] = unneeded_bo(test, TEST_SYSTEM);

	KUNIT_EXPECT_EQ(test, scan_near(bo[3], TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(bo[0]));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(bo[1]));

	/* Needed and not needed again, the second is the youngest. */
	advise(test, bo[1], DRM_DGEM_MADV_WILLNEED, true);
	dont_need(test, bo[1]);
	KUNIT_EXPECT_EQ(test, scan_near(bo[3], TEST_PAGES + 1), 2 * TEST_PAGES);
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(bo[1]));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(bo[2]) && dgem_bo_is_purged(bo[3]));
}

/* Success: scans do not find what is needed again. */
static void dgem_purge_not_needed_again(struct kunit *test)
{
	struct dgem_bo *bo = unneeded_bo(test, TEST_SYSTEM);

	advise(test, bo, DRM_DGEM_MADV_WILLNEED, true);
	KUNIT_EXPECT_EQ(test, count_near(bo), 0);
	KUNIT_EXPECT_EQ(test, scan_near(bo, 1000), 0);
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_purge_for_ram(instance(test)));
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
}

/* Success: a BO that is locked is passed over, and found later. */
static void dgem_purge_skips_locked(struct kunit *test)
{
	struct dgem_bo *bo = unneeded_bo(test, TEST_SYSTEM);
	struct dgem_bo *other = unneeded_bo(test, TEST_SYSTEM);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, scan_near(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(other));
	KUNIT_EXPECT_EQ(test, scan_near(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_purge_for_ram(instance(test)));
	KUNIT_EXPECT_FALSE(test, dgem_bo_is_purged(bo));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_purge_for_ram(instance(test)));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(bo));
}

/* Success: a scan for evictable chunks that meets one of such a BO purges all of it. */
static void dgem_purge_instead_of_evict(struct kunit *test)
{
	struct dgem_bo *bo = unneeded_bo(test, TEST_SYSTEM);
	struct dgem_bo *other = filled_bo(test, TEST_SYSTEM);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(other, 1), TEST_PAGES);
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(bo));
	KUNIT_EXPECT_EQ(test, other->pages.resident, TEST_PAGES);
	expect_stat(test, DGEM_STAT_EVICTED_PAGES, 0);
	expect_stat(test, DGEM_STAT_PURGED_PAGES, TEST_PAGES);
}

/*
 * Success: a scan that runs for the task that fills a chunk of such a BO evicts
 * others of it, but the BO stays.
 */
static void dgem_purge_not_for_filler(struct kunit *test)
{
	struct dgem_bo *bo = unneeded_bo(test, TEST_SYSTEM);

	dgem_test_lock(bo);
	WRITE_ONCE(bo->filler, current);
	KUNIT_EXPECT_EQ(test, scan_near(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	WRITE_ONCE(bo->filler, NULL);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_DONTNEED);
	expect_stat(test, DGEM_STAT_PURGED_PAGES, 0);

	/* Said again, it is purged, for its pages are on their way to swap. */
	advise(test, bo, DRM_DGEM_MADV_DONTNEED, false);
}

/* Success: a BO whose last reference goes while it is listed is freed, and unlisted. */
static void dgem_purge_not_freed(struct kunit *test)
{
	struct dgem_bo *bo, *other = unneeded_bo(test, TEST_PINNED);

	bo = dgem_bo_create(instance(test), NULL, instance(test)->heaps[TEST_SYSTEM], PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	dont_need(test, bo);
	dgem_bo_put(bo);
	expect_stat(test, DGEM_STAT_BOS, 1);
	KUNIT_EXPECT_EQ(test, count_near(other), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, scan_near(other, 10 * TEST_PAGES), TEST_PAGES);
}

static struct kunit_case dgem_purge_cases[] = {
	KUNIT_CASE(dgem_purge_all),
	KUNIT_CASE(dgem_purge_is_terminal),
	KUNIT_CASE(dgem_purge_zaps),
	KUNIT_CASE(dgem_purge_oldest_first),
	KUNIT_CASE(dgem_purge_not_needed_again),
	KUNIT_CASE(dgem_purge_skips_locked),
	KUNIT_CASE(dgem_purge_instead_of_evict),
	KUNIT_CASE(dgem_purge_not_for_filler),
	KUNIT_CASE(dgem_purge_not_freed),
	{}
};

static struct kunit_suite dgem_purge_suite = {
	.name = "dgem_purge",
	.init = dgem_test_file_init,
	.test_cases = dgem_purge_cases,
};

kunit_test_suite(dgem_purge_suite);
