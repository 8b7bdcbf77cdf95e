// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The BOs of an instance whose idle mappings are to end. */

#include <linux/dma-mapping.h>
#include <linux/jiffies.h>

#include <kunit/test.h>

#include "../dgem_attach.h"
#include "../dgem_bo.h"
#include "dgem_export_test.h"

/* A new BO with an idle mapping. */
static struct dma_buf_attachment *make_idle(struct kunit *test, struct dgem_bo **bo)
{
	struct dma_buf_attachment *attach;

	*bo = new_bo(test);
	attach = import(test, dgem_test_export(test, *bo), NULL);
	unmap(attach, map(test, attach, DMA_TO_DEVICE), DMA_TO_DEVICE);
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&(*bo)->idle));
	return attach;
}

static void grow_old(struct dma_buf_attachment *attach)
{
	struct dgem_attachment *att = attach->priv;

	att->last_use = jiffies - 3600 * HZ;
}

static bool is_mapped(struct dma_buf_attachment *attach)
{
	struct dgem_attachment *att = attach->priv;

	return att->mapped;
}

static bool is_waiting(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;

	return delayed_work_pending(&ddev->idle.work);
}

/* Runs the work now, if it waits. */
static void run_work(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;

	flush_delayed_work(&ddev->idle.work);
}

/* Success: only what was idle for long is unmapped; the work runs while there is any. */
static void dgem_idle_expires(struct kunit *test)
{
	struct dma_buf_attachment *old, *young;
	struct dgem_bo *old_bo, *young_bo;

	KUNIT_EXPECT_FALSE(test, is_waiting(test));
	old = make_idle(test, &old_bo);
	young = make_idle(test, &young_bo);
	KUNIT_EXPECT_TRUE(test, is_waiting(test));

	grow_old(old);
	run_work(test);
	KUNIT_EXPECT_FALSE(test, is_mapped(old));
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&old_bo->idle));
	KUNIT_EXPECT_TRUE(test, is_mapped(young));
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&young_bo->idle));
	KUNIT_EXPECT_TRUE(test, is_waiting(test));

	grow_old(young);
	run_work(test);
	KUNIT_EXPECT_FALSE(test, is_mapped(young));
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&young_bo->idle));
	KUNIT_EXPECT_FALSE(test, is_waiting(test));

	/* And once more. */
	unmap(old, map(test, old, DMA_TO_DEVICE), DMA_TO_DEVICE);
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&old_bo->idle));
	KUNIT_EXPECT_TRUE(test, is_waiting(test));
}

/*
 * Success: the later of a BO's two mappings is old, and the BO is looked at again for the
 * other.
 */
static void dgem_idle_two_importers(struct kunit *test)
{
	struct dma_buf_attachment *old, *young;
	struct dgem_bo *bo;

	young = make_idle(test, &bo);
	old = import(test, young->dmabuf, NULL);
	unmap(old, map(test, old, DMA_TO_DEVICE), DMA_TO_DEVICE);
	grow_old(old);
	run_work(test);
	KUNIT_EXPECT_FALSE(test, is_mapped(old));
	KUNIT_EXPECT_TRUE(test, is_mapped(young));
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&bo->idle));
	KUNIT_EXPECT_TRUE(test, is_waiting(test));
}

/* Success: a mapping in use is nothing to wait for, until it is idle again. */
static void dgem_idle_in_use(struct kunit *test)
{
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	struct dgem_bo *bo;

	attach = make_idle(test, &bo);
	sgt = map(test, attach, DMA_TO_DEVICE);
	grow_old(attach);
	run_work(test);
	KUNIT_EXPECT_TRUE(test, is_mapped(attach));
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&bo->idle));
	KUNIT_EXPECT_FALSE(test, is_waiting(test));
	unmap(attach, sgt, DMA_TO_DEVICE);
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&bo->idle));
	KUNIT_EXPECT_TRUE(test, is_waiting(test));
}

/*
 * Success: whoever has the BO's lock does not keep the work waiting, which would be
 * for ever here: the BO is looked at again.
 */
static void dgem_idle_locked(struct kunit *test)
{
	struct dma_buf_attachment *attach;
	struct dgem_bo *bo;

	attach = make_idle(test, &bo);
	grow_old(attach);
	dgem_test_lock(bo);
	run_work(test);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_TRUE(test, is_mapped(attach));
	KUNIT_EXPECT_TRUE(test, is_waiting(test));
	run_work(test);
	KUNIT_EXPECT_FALSE(test, is_mapped(attach));
}

/* Success: a BO that is freed leaves the others on the list, and a detached one goes. */
static void dgem_idle_freed(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dma_buf_attachment *attach, *other;
	struct dgem_bo *bo, *other_bo;
	struct dma_buf *dmabuf;

	other = make_idle(test, &other_bo);
	attach = make_idle(test, &bo);
	dmabuf = attach->dmabuf;
	kunit_release_action(test, detach, attach);
	KUNIT_EXPECT_FALSE(test, hlist_unhashed(&bo->idle));
	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	kunit_release_action(test, dgem_test_put_bo, bo);
	KUNIT_EXPECT_PTR_EQ(test, ddev->idle.bos.first, &other_bo->idle);
	KUNIT_EXPECT_TRUE(test, hlist_is_singular_node(&other_bo->idle, &ddev->idle.bos));

	kunit_release_action(test, detach, other);
	run_work(test);
	KUNIT_EXPECT_TRUE(test, hlist_unhashed(&other_bo->idle));
	KUNIT_EXPECT_FALSE(test, is_waiting(test));
}

static struct kunit_case dgem_idle_cases[] = {
	KUNIT_CASE(dgem_idle_expires),
	KUNIT_CASE(dgem_idle_two_importers),
	KUNIT_CASE(dgem_idle_in_use),
	KUNIT_CASE(dgem_idle_locked),
	KUNIT_CASE(dgem_idle_freed),
	{}
};

static struct kunit_suite dgem_idle_suite = {
	.name = "dgem_idle",
	.init = dgem_export_test_init,
	.test_cases = dgem_idle_cases,
};

kunit_test_suite(dgem_idle_suite);
