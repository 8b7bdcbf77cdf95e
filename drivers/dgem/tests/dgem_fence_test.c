// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What waits for the fences of an object whose mappings are not in use. */

#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../dgem_bo_pages.h"
#include "dgem_attach_test.h"
#include "dgem_purge_test.h"

/* Success: a BO keeps its pages while any device may be at work on them. */
static void dgem_fence_evict(struct kunit *test)
{
	static const enum dma_resv_usage usages[] = {
		DMA_RESV_USAGE_KERNEL, DMA_RESV_USAGE_WRITE,
		DMA_RESV_USAGE_READ, DMA_RESV_USAGE_BOOKKEEP,
	};
	struct dgem_device *ddev = dgem_test_bind(test);
	struct dma_fence *fence;
	struct dgem_bo *bo;
	unsigned int i;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], SZ_2M);
	for (i = 0; i < ARRAY_SIZE(usages); i++) {
		KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
		fence = dgem_test_fence(test, bo->base.resv, usages[i]);
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo->pages));
		KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
		dma_fence_signal(fence);
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	}
}

/* Success: nor is a BO purged meanwhile, found by reclaim or given up when evicted. */
static void dgem_fence_purge(struct kunit *test)
{
	struct dgem_device *ddev = dgem_test_bind(test);
	struct dma_fence *fence;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], SZ_2M);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	fence = dgem_test_fence(test, bo->base.resv, DMA_RESV_USAGE_BOOKKEEP);
	dont_need(test, bo);
	KUNIT_EXPECT_EQ(test, -ENOENT, dgem_purge_for_ram(ddev));
	KUNIT_EXPECT_EQ(test, scan_near(bo, 1000), 0);
	KUNIT_EXPECT_EQ(test, bo->mode, DGEM_BO_DONTNEED);
	dma_fence_signal(fence);
	KUNIT_EXPECT_EQ(test, 0, dgem_purge_for_ram(ddev));
	KUNIT_EXPECT_TRUE(test, dgem_bo_is_purged(bo));
}

/* Success: an idle mapping is kept, and looked at again, until fences signal. */
static void dgem_fence_expiry(struct kunit *test)
{
	struct attach_test *t = test->priv;
	struct dma_fence *fence;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	fence = dgem_test_fence(test, &t->resv, DMA_RESV_USAGE_BOOKKEEP);
	unmap(t, DMA_TO_DEVICE);
	grow_old(t);
	KUNIT_EXPECT_TRUE(test, expire(t));
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
	dma_fence_signal(fence);
	KUNIT_EXPECT_FALSE(test, expire(t));
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
}

/* A fence that signals while the test waits, and what is seen before. */
static struct {
	struct delayed_work work;
	struct dma_fence *fence;
	bool unmapped_busy;
} late;

static void signal_late(struct work_struct *work)
{
	dma_fence_signal(late.fence);
}

static void watched_unmap(struct dgem_attachment *att, unsigned long attrs)
{
	late.unmapped_busy = !dma_fence_is_signaled(late.fence);
	dma_unmap_sgtable(att->dev, &att->sgt, att->dir, attrs);
}

/* Success: a mapping is widened, but not before fences have signalled. */
static void dgem_fence_widening(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	late.fence = dgem_test_fence(test, &t->resv, DMA_RESV_USAGE_BOOKKEEP);
	late.unmapped_busy = true;
	kunit_activate_static_stub(test, dgem_attachment_unmap_device, watched_unmap);

	/* What the mapping covers waits for nothing. */
	KUNIT_EXPECT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(late.fence));
	unmap(t, DMA_TO_DEVICE);

	INIT_DELAYED_WORK(&late.work, signal_late);
	schedule_delayed_work(&late.work, HZ / 20);
	KUNIT_EXPECT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	flush_delayed_work(&late.work);
	KUNIT_EXPECT_FALSE(test, cached);
	KUNIT_EXPECT_FALSE(test, late.unmapped_busy);
	KUNIT_EXPECT_EQ(test, t->att.dir, DMA_BIDIRECTIONAL);
	kunit_deactivate_static_stub(test, dgem_attachment_unmap_device);
}

static struct kunit_case dgem_fence_cases[] = {
	KUNIT_CASE(dgem_fence_evict),
	KUNIT_CASE(dgem_fence_purge),
	KUNIT_CASE(dgem_fence_expiry),
	KUNIT_CASE(dgem_fence_widening),
	{}
};

static struct kunit_suite dgem_fence_suite = {
	.name = "dgem_fence",
	.init = dgem_attach_test_init,
	.test_cases = dgem_fence_cases,
};

kunit_test_suite(dgem_fence_suite);
