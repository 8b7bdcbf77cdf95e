// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What becomes of caches and bounce buffers when a mapping ends. */

#include <linux/dma-mapping.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "dgem_attach_test.h"

static bool always_bounces(struct device *dev)
{
	return true;
}

/*
 * Success: nothing is kept for a device that bounces, whose data comes back at
 * unmap; but nothing goes while it is still used.
 */
static void dgem_attach_bounce(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_EXPECT_FALSE(test, dgem_attachment_bounces(t->dev));
	kunit_activate_static_stub(test, dgem_attachment_bounces, always_bounces);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	unmap(t, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
	unmap(t, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
	KUNIT_EXPECT_FALSE(test, dgem_attachment_is_idle(&t->att));
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_FALSE(test, cached);
	unmap(t, DMA_FROM_DEVICE);
}

static void watched_unmap(struct dgem_attachment *att, unsigned long attrs)
{
	struct attach_test *t = container_of(att, struct attach_test, att);

	t->unmaps++;
	t->attrs = attrs;
	dma_unmap_sgtable(att->dev, &att->sgt, att->dir, attrs);
}

/* Maps and unmaps: from now on the object is the CPU's. */
static void make_idle(struct kunit *test, enum dma_data_direction dir)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, dir, &cached));
	unmap(t, dir);
}

static void expect_unmapped(struct kunit *test, unsigned int times,
			    unsigned long attrs)
{
	struct attach_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, t->unmaps, times);
	KUNIT_EXPECT_EQ(test, t->attrs, attrs);
	t->attrs = ~0UL;
}

/*
 * Success: whatever ends a mapping that the CPU got back leaves the CPU's caches
 * alone, which may have the only copy of what it wrote since.
 */
static void dgem_attach_keeps_caches(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	kunit_activate_static_stub(test, dgem_attachment_unmap_device, watched_unmap);

	make_idle(test, DMA_FROM_DEVICE);
	drop(t);
	expect_unmapped(test, 1, DMA_ATTR_SKIP_CPU_SYNC);

	make_idle(test, DMA_FROM_DEVICE);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	expect_unmapped(test, 2, DMA_ATTR_SKIP_CPU_SYNC);
	unmap(t, DMA_TO_DEVICE);

	dgem_attachment_fini(&t->att);
	expect_unmapped(test, 3, DMA_ATTR_SKIP_CPU_SYNC);
}

/*
 * Success: for a device that bounces, the last unmap syncs, which copies the
 * data back.
 */
static void dgem_attach_bounce_copies(struct kunit *test)
{
	kunit_activate_static_stub(test, dgem_attachment_bounces, always_bounces);
	kunit_activate_static_stub(test, dgem_attachment_unmap_device, watched_unmap);
	make_idle(test, DMA_FROM_DEVICE);
	expect_unmapped(test, 1, 0);
}

static struct kunit_case dgem_attach_sync_cases[] = {
	KUNIT_CASE(dgem_attach_bounce),
	KUNIT_CASE(dgem_attach_bounce_copies),
	KUNIT_CASE(dgem_attach_keeps_caches),
	{}
};

static struct kunit_suite dgem_attach_sync_suite = {
	.name = "dgem_attach_sync",
	.init = dgem_attach_test_init,
	.test_cases = dgem_attach_sync_cases,
};

kunit_test_suite(dgem_attach_sync_suite);
