// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Fences of devices that the suites do not have. */

#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <kunit/test.h>

#include "dgem_test.h"

static const char *fence_name(struct dma_fence *fence)
{
	return "dgem-test";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

static DEFINE_SPINLOCK(fence_lock);

static void put_fence(void *fence)
{
	/* What the test left, if it ended early. */
	dma_fence_signal(fence);
	dma_fence_put(fence);
}

/**
 * dgem_test_fence() - have some device be at work
 * @test: the test, with which it ends if the test has not signalled the fence
 * @resv: of the object that the device works on, not locked
 * @usage: what it does there
 *
 * Return: the fence.
 */
struct dma_fence *dgem_test_fence(struct kunit *test, struct dma_resv *resv,
				  enum dma_resv_usage usage)
{
	struct dma_fence *fence = kzalloc_obj(*fence);

	KUNIT_ASSERT_NOT_NULL(test, fence);
	dma_fence_init(fence, &fence_ops, &fence_lock,
		       dma_fence_context_alloc(1), 1);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_fence, fence));
	dma_resv_lock(resv, NULL);
	KUNIT_EXPECT_EQ(test, 0, dma_resv_reserve_fences(resv, 1));
	dma_resv_add_fence(resv, fence, usage);
	dma_resv_unlock(resv);
	return fence;
}
