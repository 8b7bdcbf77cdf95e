// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* BOs whose memory is there from their creation on, and what makes room for it. */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_bo_reserve.h"
#include "../dgem_heap.h"
#include "../dgem_ioctl.h"
#include "../dgem_limit.h"
#include "../dgem_request.h"
#include "dgem_test.h"

#define TEST_PAGES	(DGEM_CHUNK_PAGES + 5)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)

/* Each chunk is the same pages. */
struct fake_heap {
	struct dgem_heap base;
	struct page *pool;

	/** @failures: calls that fail, the first ones; with what. */
	unsigned int failures;
	int error;
	u32 reason;
	u64 reason_arg;

	unsigned int calls;
	unsigned int empties;
	struct dgem_request request;
};

static struct fake_heap *to_fake(struct dgem_heap *heap)
{
	return container_of(heap, struct fake_heap, base);
}

static int fake_reserve(struct dgem_heap *heap, struct dgem_pages *pages,
			struct dgem_request *request)
{
	struct fake_heap *fake = to_fake(heap);
	unsigned long chunk;

	fake->request = *request;
	if (fake->calls++ < fake->failures) {
		request->reason = fake->reason;
		request->reason_arg = fake->reason_arg;
		return fake->error;
	}

	request->reason = DRM_DGEM_REASON_NONE;
	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		dgem_pages_set_run(pages, chunk, page_to_pfn(fake->pool));
	return 0;
}

static void fake_info(struct dgem_heap *heap, struct drm_dgem_heap_info *info)
{
	info->size = 5 * TEST_SIZE;
	info->largest_free = 3 * TEST_SIZE;
	info->addr_bits = 31;
}

static void fake_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		       unsigned long chunk, bool keep)
{
	to_fake(heap)->empties++;
	dgem_pages_clear(pages, chunk);
}

static const struct dgem_heap_ops fake_ops = {
	.reserve = fake_reserve,
	.info = fake_info,
	.empty = fake_empty,
};

struct reserve_test {
	struct dgem_device *ddev;
	struct drm_file *file;
	struct fake_heap *fake;
};

static int dgem_bo_reserve_test_init(struct kunit *test)
{
	struct reserve_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fake_heap *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	t->fake = fake;
	t->ddev = dgem_test_bind(test);
	fake->base.ops = &fake_ops;
	fake->base.name = "fake";
	fake->base.caps = DRM_DGEM_HEAP_CAP_CONTIGUOUS;
	fake->base.create_flags = DGEM_BO_FLAGS;
	fake->pool = dgem_test_pool(test, DGEM_CHUNK_ORDER);
	KUNIT_ASSERT_EQ(test, 0, dgem_heap_add(t->ddev, &fake->base));
	/* After the heap, which its BOs need until it is closed. */
	t->file = dgem_test_open(test, t->ddev);
	test->priv = t;
	return 0;
}

static int create(struct kunit *test, struct drm_dgem_bo_create *args)
{
	struct reserve_test *t = test->priv;

	args->heap = t->fake->base.index;
	return dgem_ioctl_bo_create(&t->ddev->drm, args, t->file);
}

static void expect_nothing(struct kunit *test)
{
	struct reserve_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&t->fake->base.used));
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(t->ddev, DGEM_STAT_RESIDENT_PAGES));
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(t->ddev, DGEM_STAT_BOS));
}

/* Success: all is resident and counted from the start, and taken back at the end. */
static void dgem_bo_reserve_all(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE, .align = SZ_64K };

	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, t->fake->calls, 1);
	KUNIT_EXPECT_EQ(test, t->fake->request.align, SZ_64K);
	KUNIT_EXPECT_EQ(test, TEST_PAGES, atomic_long_read(&t->fake->base.used));
	KUNIT_EXPECT_EQ(test, TEST_PAGES,
			dgem_stat_read(t->ddev, DGEM_STAT_RESIDENT_PAGES));

	dgem_test_close(test, t->file);
	KUNIT_EXPECT_EQ(test, t->fake->empties, 2);
	expect_nothing(test);
}

/* Success: the heap's reason and figure reach the caller, and nothing is left. */
static void dgem_bo_reserve_refused(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };

	t->fake->failures = 1;
	t->fake->error = -ENOSPC;
	t->fake->reason = DRM_DGEM_REASON_ADDR_LIMIT;
	t->fake->reason_arg = SZ_1M;
	KUNIT_EXPECT_EQ(test, -ENOSPC, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_ADDR_LIMIT);
	KUNIT_EXPECT_EQ(test, args.reason_arg, SZ_1M);
	KUNIT_EXPECT_EQ(test, args.handle, 0);
	KUNIT_EXPECT_EQ(test, t->fake->calls, 1);
	expect_nothing(test);
}

/* Success: a heap without a reason leaves errno to speak for itself. */
static void dgem_bo_reserve_interrupted(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };

	t->fake->failures = 1;
	t->fake->error = -EINTR;
	KUNIT_EXPECT_EQ(test, -EINTR, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_NONE);
	expect_nothing(test);
}

/*
 * Success: where no run is found, idle BOs are evicted, and the heap is asked once
 * more; not where there was nothing to evict.
 */
static void dgem_bo_reserve_fragmented(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };
	struct dgem_bo *idle;

	t->fake->failures = 1;
	t->fake->error = -ENOSPC;
	t->fake->reason = DRM_DGEM_REASON_FRAGMENTED;
	KUNIT_EXPECT_EQ(test, -ENOSPC, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_FRAGMENTED);
	KUNIT_EXPECT_EQ(test, t->fake->calls, 1);

	idle = dgem_test_bo(test, t->ddev, t->ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(idle));
	dgem_test_write(test, idle, 7);
	t->fake->calls = 0;
	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_NONE);
	KUNIT_EXPECT_EQ(test, t->fake->calls, 2);
	KUNIT_EXPECT_EQ(test, idle->pages.resident, 0);
	dgem_test_expect(test, idle, 7);
}

/* Success: a BO that an importer uses stays, and the call ends. */
static void dgem_bo_reserve_in_use(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };
	struct dgem_bo *used;

	used = dgem_test_bo(test, t->ddev, t->ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	dgem_test_lock(used);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_pin_locked(used));
	dgem_test_unlock(used);

	t->fake->failures = 2;
	t->fake->error = -ENOSPC;
	t->fake->reason = DRM_DGEM_REASON_FRAGMENTED;
	KUNIT_EXPECT_EQ(test, -ENOSPC, create(test, &args));
	KUNIT_EXPECT_EQ(test, t->fake->calls, 1);
	KUNIT_EXPECT_EQ(test, used->pages.resident, TEST_PAGES);

	dgem_test_lock(used);
	dgem_bo_unpin_locked(used);
	dgem_test_unlock(used);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(used), 2);
}

static long no_ram(void)
{
	return 0;
}

/* Success: RAM that others need is not asked for; memory of a heap's own is. */
static void dgem_bo_reserve_ram(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = TEST_SIZE };

	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	KUNIT_EXPECT_EQ(test, -ENOSPC, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_FULL);
	KUNIT_EXPECT_EQ(test, t->fake->calls, 0);
	expect_nothing(test);

	t->fake->base.own_memory = true;
	KUNIT_EXPECT_EQ(test, 0, create(test, &args));
	KUNIT_EXPECT_EQ(test, t->fake->calls, 1);
}

/* Success: the heap tells its figures, and its largest BO bounds what is asked. */
static void dgem_bo_reserve_info(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct drm_dgem_bo_create args = { .size = 5 * TEST_SIZE + 1 };
	struct drm_dgem_heap_info info = {};

	t->fake->base.max_bo_size = 5 * TEST_SIZE;
	t->fake->base.own_memory = true;
	dgem_heap_info(&t->fake->base, &info);
	KUNIT_EXPECT_EQ(test, info.size, 5 * TEST_SIZE);
	KUNIT_EXPECT_EQ(test, info.largest_free, 3 * TEST_SIZE);
	KUNIT_EXPECT_EQ(test, info.max_bo_size, 5 * TEST_SIZE);
	KUNIT_EXPECT_EQ(test, info.addr_bits, 31);
	KUNIT_EXPECT_EQ(test, info.numa_node, -1);

	KUNIT_EXPECT_EQ(test, -EINVAL, create(test, &args));
	KUNIT_EXPECT_EQ(test, args.reason, DRM_DGEM_REASON_SIZE);
	KUNIT_EXPECT_EQ(test, args.reason_arg, 5 * TEST_SIZE);
	KUNIT_EXPECT_EQ(test, t->fake->calls, 0);
}

static struct kunit_case dgem_bo_reserve_cases[] = {
	KUNIT_CASE(dgem_bo_reserve_all),
	KUNIT_CASE(dgem_bo_reserve_refused),
	KUNIT_CASE(dgem_bo_reserve_interrupted),
	KUNIT_CASE(dgem_bo_reserve_fragmented),
	KUNIT_CASE(dgem_bo_reserve_in_use),
	KUNIT_CASE(dgem_bo_reserve_ram),
	KUNIT_CASE(dgem_bo_reserve_info),
	{}
};

static struct kunit_suite dgem_bo_reserve_suite = {
	.name = "dgem_bo_reserve",
	.init = dgem_bo_reserve_test_init,
	.test_cases = dgem_bo_reserve_cases,
};

kunit_test_suite(dgem_bo_reserve_suite);
