// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Heaps that fail, and what the callers make of it. */

#include <linux/iosys-map.h>
#include <linux/sched/signal.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo_pages.h"
#include "../dgem_heap.h"
#include "../dgem_ioctl.h"
#include "dgem_test.h"

#define TEST_CHUNKS	4
#define TEST_PAGES	(3 * DGEM_CHUNK_PAGES + 5)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)

/* Each chunk is the same pages. */
struct fake_heap {
	struct dgem_heap base;
	struct page *pool;
	unsigned long fail_at;
	int error;
	unsigned int fills;
	unsigned int empties;
	unsigned int kept;
	unsigned int releases;
};

static struct fake_heap *to_fake(struct dgem_heap *heap)
{
	return container_of(heap, struct fake_heap, base);
}

static int fake_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		     unsigned long chunk)
{
	struct fake_heap *fake = to_fake(heap);

	fake->fills++;
	if (chunk == fake->fail_at)
		return fake->error;

	dgem_pages_set_run(pages, chunk, page_to_pfn(fake->pool));
	return 0;
}

static void fake_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		       unsigned long chunk, bool keep)
{
	struct fake_heap *fake = to_fake(heap);

	fake->empties++;
	fake->kept += keep;
	dgem_pages_clear(pages, chunk);
}

static void fake_release(struct dgem_heap *heap, struct dgem_pages *pages)
{
	to_fake(heap)->releases++;
}

static const struct dgem_heap_ops fake_ops = {
	.fill = fake_fill,
	.empty = fake_empty,
	.release = fake_release,
};

static const struct dgem_heap_ops fake_ops_without_release = {
	.fill = fake_fill,
	.empty = fake_empty,
};

static int dgem_heap_fake_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct fake_heap *new_fake(struct kunit *test)
{
	struct fake_heap *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->base.ops = &fake_ops;
	fake->base.name = "fake";
	fake->base.caps = DRM_DGEM_HEAP_CAP_SWAPPABLE;
	fake->pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	fake->fail_at = ULONG_MAX;
	fake->error = -ENOMEM;
	return fake;
}

/* Success: a fill that fails is not counted, and the hole stays one. */
static void dgem_heap_fake_fill_fails(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_pages pages;

	dgem_pages_init(&pages, TEST_PAGES);
	fake->fail_at = 1;
	KUNIT_EXPECT_EQ(test, (int)DGEM_CHUNK_PAGES,
			dgem_heap_fill(&fake->base, &pages, 0));
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_heap_fill(&fake->base, &pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(&pages, 1));
	KUNIT_EXPECT_EQ(test, (long)DGEM_CHUNK_PAGES,
			atomic_long_read(&fake->base.used));
	dgem_heap_release(&fake->base, &pages);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&fake->base.used));
}

/* Success: the error of a fill is returned unchanged, whichever chunk fails. */
static void dgem_heap_fake_populate_fails(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	unsigned long n;

	for (n = 0; n < TEST_CHUNKS; n++) {
		unsigned long filled = n * DGEM_CHUNK_PAGES;
		struct dgem_bo *bo;

		bo = dgem_test_bo(test, test->priv, &fake->base, TEST_SIZE);
		fake->fail_at = n;
		fake->error = n & 1 ? -EINTR : -ENOMEM;
		KUNIT_EXPECT_EQ(test, fake->error, dgem_bo_populate_all(bo));
		/* What came before the error stays, and is counted. */
		KUNIT_EXPECT_EQ(test, bo->pages.resident, filled);
		KUNIT_EXPECT_EQ(test, (long)filled,
				atomic_long_read(&fake->base.used));
		dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, filled);
		dgem_test_stat(test, DGEM_STAT_SWAPPABLE_PAGES, filled);
		KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), n);
		dgem_test_evict(bo, TEST_PAGES);
		dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
	}
}

/* Success: populating again continues at the chunk that failed. */
static void dgem_heap_fake_populate_again(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, test->priv, &fake->base, TEST_SIZE);
	fake->fail_at = 2;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, fake->fills, 3);
	fake->fail_at = ULONG_MAX;
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, fake->fills, 5);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, fake->fills, 5);
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, TEST_PAGES);
}

/* Success: populating a large BO ends early when the process is killed. */
static void dgem_heap_fake_populate_killed(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, test->priv, &fake->base, TEST_SIZE);
	kill_self(test);
	KUNIT_EXPECT_EQ(test, -EINTR, dgem_bo_populate_all(bo));
	forget_signal(SIGKILL);
	KUNIT_EXPECT_EQ(test, fake->fills, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
}

/* Success: a pin that fails leaves no pin and no pinned pages. */
static void dgem_heap_fake_pin_fails(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, test->priv, &fake->base, TEST_SIZE);
	fake->fail_at = 3;
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_pin_locked(bo));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 3);
	dgem_test_stat(test, DGEM_STAT_IMPORTER_PINNED_PAGES, 0);
}

/* Success: a kernel mapping that fails leaves no pin and is not counted. */
static void dgem_heap_fake_vmap_fails(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct iosys_map map;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, test->priv, &fake->base, TEST_SIZE);
	fake->fail_at = 0;
	fake->error = -EINTR;
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -EINTR, dgem_bo_vmap_locked(bo, &map));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	KUNIT_EXPECT_EQ(test, bo->vmap_count, 0);
	dgem_test_stat(test, DGEM_STAT_VMAPS, 0);
}

/* Success: eviction asks to keep, freeing does not; each happens once a chunk. */
static void dgem_heap_fake_keeps(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_bo *bo;

	bo = dgem_bo_create(test->priv, NULL, &fake->base, TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	KUNIT_EXPECT_EQ(test, fake->empties, TEST_CHUNKS);
	KUNIT_EXPECT_EQ(test, fake->kept, TEST_CHUNKS);
	KUNIT_EXPECT_EQ(test, fake->releases, 0);

	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	dgem_bo_put(bo);
	KUNIT_EXPECT_EQ(test, fake->empties, 2 * TEST_CHUNKS);
	KUNIT_EXPECT_EQ(test, fake->kept, TEST_CHUNKS);
	KUNIT_EXPECT_EQ(test, fake->releases, 1);
}

/*
 * Success: an evicted BO is not emptied again when it is freed, but the heap
 * releases it.
 */
static void dgem_heap_fake_empty_of_nothing(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_pages pages;

	dgem_pages_init(&pages, TEST_PAGES);
	dgem_heap_empty(&fake->base, &pages, 0, true);
	KUNIT_EXPECT_EQ(test, fake->empties, 0);

	fake->fail_at = 0;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_heap_fill(&fake->base, &pages, 0));
	dgem_heap_release(&fake->base, &pages);
	KUNIT_EXPECT_EQ(test, fake->empties, 0);
	KUNIT_EXPECT_EQ(test, fake->releases, 1);
}

/* Success: a heap without &dgem_heap_ops.release works. */
static void dgem_heap_fake_no_release(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_pages pages;

	fake->base.ops = &fake_ops_without_release;
	dgem_pages_init(&pages, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, 5, dgem_heap_fill(&fake->base, &pages, 3));
	dgem_heap_release(&fake->base, &pages);
	KUNIT_EXPECT_EQ(test, fake->empties, 1);
	KUNIT_EXPECT_NULL(test, pages.dir);
}

/* Success: a BO that was never touched is freed without asking its heap. */
static void dgem_heap_fake_untouched(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_bo *bo;

	bo = dgem_bo_create(test->priv, NULL, &fake->base, TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	dgem_bo_put(bo);
	KUNIT_EXPECT_EQ(test, fake->fills, 0);
	KUNIT_EXPECT_EQ(test, fake->empties, 0);
	KUNIT_EXPECT_EQ(test, fake->releases, 0);
}

/* Success: when memory runs out, the size that is proposed is one that works. */
static void dgem_heap_fake_proposes(struct kunit *test)
{
	struct fake_heap *fake = new_fake(test);
	struct dgem_device *ddev = test->priv;
	struct drm_dgem_bo_create args = {
		.size = TEST_SIZE,
		.flags = DRM_DGEM_BO_POPULATE,
	};
	struct drm_file *file;

	/* After the heap, which its BOs need until it is closed. */
	file = dgem_test_open(test, ddev);
	fake->base.create_flags = DGEM_BO_FLAGS;
	KUNIT_ASSERT_EQ(test, 0, dgem_heap_add(ddev, &fake->base));
	args.heap = fake->base.index;

	fake->fail_at = 0;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_ioctl_bo_create(&ddev->drm, &args, file));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_MEMORY);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
	KUNIT_EXPECT_EQ(test, args.size, TEST_SIZE);

	fake->fail_at = 2;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_ioctl_bo_create(&ddev->drm, &args, file));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_MEMORY);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 2 * DGEM_CHUNK_SIZE);
	args.size = args.reason_arg;
	KUNIT_EXPECT_EQ(test, 0, dgem_ioctl_bo_create(&ddev->drm, &args, file));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_NONE);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 0);
}

static struct kunit_case dgem_heap_fake_cases[] = {
	KUNIT_CASE(dgem_heap_fake_fill_fails),
	KUNIT_CASE(dgem_heap_fake_populate_fails),
	KUNIT_CASE(dgem_heap_fake_populate_again),
	KUNIT_CASE(dgem_heap_fake_populate_killed),
	KUNIT_CASE(dgem_heap_fake_pin_fails),
	KUNIT_CASE(dgem_heap_fake_vmap_fails),
	KUNIT_CASE(dgem_heap_fake_keeps),
	KUNIT_CASE(dgem_heap_fake_empty_of_nothing),
	KUNIT_CASE(dgem_heap_fake_no_release),
	KUNIT_CASE(dgem_heap_fake_untouched),
	KUNIT_CASE(dgem_heap_fake_proposes),
	{}
};

static struct kunit_suite dgem_heap_fake_suite = {
	.name = "dgem_heap_fake",
	.init = dgem_heap_fake_test_init,
	.test_cases = dgem_heap_fake_cases,
};

kunit_test_suite(dgem_heap_fake_suite);
