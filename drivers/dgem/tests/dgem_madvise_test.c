// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Advice on BOs: which is taken, which is refused, and what it allows. */

#include <linux/dma-buf.h>
#include <linux/iosys-map.h>

#include "../dgem_bo_pages.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "dgem_purge_test.h"

/* A chunk and a short one. */
#define TEST_PAGES (DGEM_CHUNK_PAGES + 3)
#define TEST_SIZE ((u64)TEST_PAGES << PAGE_SHIFT)
#define TEST_SEED 0xad7

static int dgem_madvise_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_bo *filled_bo(struct kunit *test, unsigned int heap)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[heap], TEST_SIZE);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	return bo;
}

/* Success: advice can be given in any order, again and again, and costs no contents. */
static void dgem_madvise_advice(struct kunit *test)
{
	static const u32 sequence[] = {
		DRM_DGEM_MADV_WILLNEED, DRM_DGEM_MADV_DONTNEED, DRM_DGEM_MADV_DONTNEED,
		DRM_DGEM_MADV_WILLNEED, DRM_DGEM_MADV_WILLNEED, DRM_DGEM_MADV_DONTNEED,
		DRM_DGEM_MADV_WILLNEED,
	};
	struct dgem_bo *bo = filled_bo(test, TEST_SYSTEM);
	unsigned int i;

	dgem_test_write(test, bo, TEST_SEED);
	for (i = 0; i < ARRAY_SIZE(sequence); i++) {
		bool needed = sequence[i] == DRM_DGEM_MADV_WILLNEED;

		advise(test, bo, sequence[i], true);
		KUNIT_EXPECT_EQ(test, bo->mode, needed ? DGEM_BO_OWN : DGEM_BO_DONTNEED);
		KUNIT_EXPECT_EQ(test, is_listed(bo), !needed);
	}
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
	dgem_test_expect(test, bo, TEST_SEED);
}

/* Success: a BO that an importer or the kernel uses is needed. */
static void dgem_madvise_refuses_in_use(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_SYSTEM);
	struct iosys_map map;

	dgem_test_lock(bo);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_use_locked(bo));
	dgem_test_unlock(bo);
	expect_refused(test, bo, -EBUSY);
	advise(test, bo, DRM_DGEM_MADV_WILLNEED, true);

	dgem_test_lock(bo);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_vmap_locked(bo, &map));
	dgem_bo_unuse_locked(bo);
	dgem_test_unlock(bo);
	expect_refused(test, bo, -EBUSY);

	dgem_test_lock(bo);
	dgem_bo_vunmap_locked(bo, &map);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_FALSE(test, is_listed(bo));
	dont_need(test, bo);
}

/* Success: what is not needed cannot be used before it is needed again. */
static void dgem_madvise_then_use(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_PINNED);

	dont_need(test, bo);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -EBUSY, dgem_bo_use_locked(bo));
	KUNIT_EXPECT_EQ(test, -EBUSY, dgem_bo_pin_locked(bo));
	KUNIT_EXPECT_EQ(test, bo->use_count, 0);
	dgem_test_unlock(bo);

	advise(test, bo, DRM_DGEM_MADV_WILLNEED, true);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_use_locked(bo));
	dgem_bo_unuse_locked(bo);
	dgem_test_unlock(bo);
}

/* Success: while there is a dma-buf, the BO is needed. */
static void dgem_madvise_refuses_exported(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_SYSTEM);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);

	expect_refused(test, bo, -EBUSY);
	advise(test, bo, DRM_DGEM_MADV_WILLNEED, true);
	KUNIT_EXPECT_TRUE(test, dgem_bo_state(bo) & DRM_DGEM_BO_STATE_EXPORTED);

	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	KUNIT_EXPECT_FALSE(test, dgem_bo_state(bo) & DRM_DGEM_BO_STATE_EXPORTED);
	dont_need(test, bo);
}

/* Success: what is not needed is not exported, and its state says neither. */
static void dgem_madvise_then_export(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_SYSTEM);
	struct dma_buf *dmabuf;

	dont_need(test, bo);
	dmabuf = dgem_export(&bo->base, O_RDWR | O_CLOEXEC);
	KUNIT_EXPECT_PTR_EQ(test, dmabuf, ERR_PTR(-EBUSY));
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_DONTNEED);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo),
			(u64)(DRM_DGEM_BO_STATE_RESIDENT_PART | DRM_DGEM_BO_STATE_RESIDENT_ALL));
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 0);

	advise(test, bo, DRM_DGEM_MADV_WILLNEED, true);
	dgem_test_export(test, bo);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_EXPORTED);
}

/* Success: a touch of what is not needed fills it, and makes it no more needed. */
static void dgem_madvise_then_touch(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	dont_need(test, bo);
	KUNIT_EXPECT_EQ(test, count_near(bo), 0);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_locked(bo, DGEM_CHUNK_PAGES));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_DONTNEED);
	KUNIT_EXPECT_EQ(test, count_near(bo), 3);
	KUNIT_EXPECT_EQ(test, scan_near(bo, 1), 3);
}

/* Success: what was evicted is purged at once when it is not needed, and only then. */
static void dgem_madvise_evicted(struct kunit *test)
{
	struct dgem_bo *part = filled_bo(test, TEST_SYSTEM), *whole;

	KUNIT_EXPECT_EQ(test, dgem_test_evict(part, 1), DGEM_CHUNK_PAGES);
	advise(test, part, DRM_DGEM_MADV_WILLNEED, true);
	advise(test, part, DRM_DGEM_MADV_DONTNEED, false);
	KUNIT_EXPECT_EQ(test, part->mode, DGEM_BO_PURGED);
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
	dgem_test_stat(test, DGEM_STAT_PURGED_PAGES, TEST_PAGES);

	whole = filled_bo(test, TEST_SYSTEM);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(whole, TEST_PAGES), TEST_PAGES);
	advise(test, whole, DRM_DGEM_MADV_DONTNEED, false);
	dgem_test_stat(test, DGEM_STAT_PURGED_PAGES, 2 * TEST_PAGES);
}

/* Success: what was evicted, but came back, is resident. */
static void dgem_madvise_came_back(struct kunit *test)
{
	struct dgem_bo *bo = filled_bo(test, TEST_SYSTEM);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	dont_need(test, bo);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
}

static struct kunit_case dgem_madvise_cases[] = {
	KUNIT_CASE(dgem_madvise_advice),
	KUNIT_CASE(dgem_madvise_refuses_in_use),
	KUNIT_CASE(dgem_madvise_then_use),
	KUNIT_CASE(dgem_madvise_refuses_exported),
	KUNIT_CASE(dgem_madvise_then_export),
	KUNIT_CASE(dgem_madvise_then_touch),
	KUNIT_CASE(dgem_madvise_evicted),
	KUNIT_CASE(dgem_madvise_came_back),
	{}
};

static struct kunit_suite dgem_madvise_suite = {
	.name = "dgem_madvise",
	.init = dgem_madvise_test_init,
	.test_cases = dgem_madvise_cases,
};

kunit_test_suite(dgem_madvise_suite);
