// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* The mapping that is kept for each importer, with devices that import. */

#include <linux/dma-mapping.h>

#include <kunit/test.h>

#include "dgem_attach_test.h"

/* Every page in order, mapped for the device, in segments up to @limit. */
static void expect_table(struct kunit *test, struct sg_table *sgt, size_t limit)
{
	struct attach_test *t = test->priv;
	struct scatterlist *sg;
	unsigned long idx = 0, wrong = 0, j;
	unsigned int i;
	size_t sum = 0;

	for_each_sgtable_sg(sgt, sg, i) {
		KUNIT_ASSERT_LE(test, (size_t)sg->length, limit);
		KUNIT_ASSERT_LE(test, idx + (sg->length >> PAGE_SHIFT), TEST_PAGES);
		for (j = 0; j < sg->length >> PAGE_SHIFT; j++, idx++)
			wrong += dgem_pages_pfn(&t->pages, idx) !=
				 page_to_pfn(sg_page(sg)) + j;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, idx, TEST_PAGES);

	for_each_sgtable_dma_sg(sgt, sg, i) {
		KUNIT_ASSERT_LE(test, (size_t)sg_dma_len(sg), limit);
		sum += sg_dma_len(sg);
	}
	KUNIT_EXPECT_EQ(test, sum, TEST_PAGES << PAGE_SHIFT);
}

/* The same of the mapping and of each table that is lent, which are all others. */
static void expect_mapping(struct kunit *test, size_t limit)
{
	struct attach_test *t = test->priv;
	unsigned int i, j;

	expect_table(test, &t->att.sgt, limit);
	KUNIT_EXPECT_EQ(test, t->att.users, t->nr_lent);
	for (i = 0; i < t->nr_lent; i++) {
		expect_table(test, t->lent[i], limit);
		KUNIT_EXPECT_EQ(test, sg_dma_address(t->lent[i]->sgl),
				sg_dma_address(t->att.sgt.sgl));
		KUNIT_EXPECT_PTR_NE(test, t->lent[i]->sgl, t->att.sgt.sgl);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, t->lent[i], t->lent[j]);
	}
}

/* Success: the first map makes a mapping of all pages for one user. */
static void dgem_attach_maps(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached = true;

	KUNIT_EXPECT_FALSE(test, t->att.mapped);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_FALSE(test, cached);
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
	KUNIT_EXPECT_EQ(test, t->att.users, 1);
	KUNIT_EXPECT_EQ(test, t->att.dir, DMA_TO_DEVICE);
	expect_mapping(test, UINT_MAX);
	KUNIT_EXPECT_EQ(test, (unsigned long)t->att.sgt.orig_nents,
			1UL + TEST_TAIL);
	unmap(t, DMA_TO_DEVICE);
}

/* Success: the next map gets the same mapping, and is told so. */
static void dgem_attach_remaps(struct kunit *test)
{
	struct attach_test *t = test->priv;
	struct scatterlist *sgl;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	sgl = t->att.sgt.sgl;
	unmap(t, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
	KUNIT_EXPECT_EQ(test, t->att.users, 0);

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	KUNIT_EXPECT_PTR_EQ(test, t->att.sgt.sgl, sgl);
	KUNIT_EXPECT_EQ(test, t->att.users, 1);
	KUNIT_EXPECT_PTR_EQ(test, t->lent[0], &t->att.lent);
	KUNIT_EXPECT_NOT_NULL(test, t->att.room);
	expect_mapping(test, UINT_MAX);
	unmap(t, DMA_FROM_DEVICE);
}

/* Success: maps nest, and only the last unmap makes the mapping idle. */
static void dgem_attach_nests(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	KUNIT_EXPECT_EQ(test, t->att.users, 2);
	expect_mapping(test, UINT_MAX);
	unmap(t, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, t->att.users, 1);
	KUNIT_EXPECT_FALSE(test, dgem_attachment_is_idle(&t->att));
	unmap(t, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, t->att.users, 0);
	KUNIT_EXPECT_TRUE(test, dgem_attachment_is_idle(&t->att));
}

/* Success: an importer that wants small segments gets no larger ones. */
static void dgem_attach_small_segments(struct kunit *test)
{
	static const unsigned int limits[] = { SZ_1M, SZ_64K, PAGE_SIZE };
	struct attach_test *t = test->priv;
	unsigned int i;
	bool cached;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		dma_set_max_seg_size(t->dev, limits[i]);
		KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
		expect_mapping(test, limits[i]);
		KUNIT_EXPECT_EQ(test, (unsigned long)t->att.sgt.orig_nents,
				SZ_2M / limits[i] + TEST_TAIL);
		/* So many entries may be chained. */
		KUNIT_EXPECT_NULL(test, t->att.room);
		unmap(t, DMA_TO_DEVICE);
		drop(t);
	}
}

/* Success: a map of another direction widens an idle mapping for good. */
static void dgem_attach_widens(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_FALSE(test, cached);
	KUNIT_EXPECT_EQ(test, t->att.dir, DMA_BIDIRECTIONAL);
	expect_mapping(test, UINT_MAX);
	unmap(t, DMA_FROM_DEVICE);

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	unmap(t, DMA_TO_DEVICE);
}

/*
 * Success: a bidirectional mapping serves every direction, also while in use.
 */
static void dgem_attach_bidirectional(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	KUNIT_EXPECT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	KUNIT_EXPECT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_TRUE(test, cached);
	KUNIT_EXPECT_EQ(test, t->att.users, 3);
	unmap(t, DMA_FROM_DEVICE);
	unmap(t, DMA_TO_DEVICE);
	unmap(t, DMA_BIDIRECTIONAL);
}

/*
 * Success: a mapping in use is not widened, and a refused map does not change
 * it.
 */
static void dgem_attach_busy(struct kunit *test)
{
	struct attach_test *t = test->priv;
	struct scatterlist *sgl;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	sgl = t->att.sgt.sgl;
	KUNIT_EXPECT_EQ(test, -EBUSY, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_EQ(test, -EBUSY, map(t, DMA_BIDIRECTIONAL, &cached));
	KUNIT_EXPECT_EQ(test, t->att.users, 1);
	KUNIT_EXPECT_EQ(test, t->att.dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, t->att.sgt.sgl, sgl);
	unmap(t, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	unmap(t, DMA_BIDIRECTIONAL);
}

/* Success: a mapping that was idle for the whole period is unmapped. */
static void dgem_attach_expires(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	grow_old(t);
	KUNIT_EXPECT_FALSE(test, expire(t));
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
	KUNIT_EXPECT_FALSE(test, expire(t));

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	KUNIT_EXPECT_FALSE(test, cached);
	unmap(t, DMA_TO_DEVICE);
}

/* Success: one that was idle for less stays, to be looked at again. */
static void dgem_attach_expires_late(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, expire(t));
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
}

/* Success: a mapping in use stays, however long ago it was last idle. */
static void dgem_attach_expires_not_in_use(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	grow_old(t);
	KUNIT_EXPECT_FALSE(test, expire(t));
	KUNIT_EXPECT_TRUE(test, t->att.mapped);
	expect_mapping(test, UINT_MAX);
	unmap(t, DMA_TO_DEVICE);
}

/*
 * Success: unmapping an attachment without a mapping, or twice, does nothing.
 */
static void dgem_attach_drops(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	drop(t);
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	drop(t);
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
	drop(t);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	KUNIT_EXPECT_FALSE(test, cached);
	KUNIT_EXPECT_EQ(test, t->att.dir, DMA_FROM_DEVICE);
	unmap(t, DMA_FROM_DEVICE);
}

/* Success: after an importer has detached, no mapping is left. */
static void dgem_attach_finishes(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_TO_DEVICE, &cached));
	unmap(t, DMA_TO_DEVICE);
	dgem_attachment_fini(&t->att);
	KUNIT_EXPECT_FALSE(test, t->att.mapped);
}

static struct kunit_case dgem_attach_cases[] = {
	KUNIT_CASE(dgem_attach_maps),
	KUNIT_CASE(dgem_attach_remaps),
	KUNIT_CASE(dgem_attach_nests),
	KUNIT_CASE(dgem_attach_small_segments),
	KUNIT_CASE(dgem_attach_widens),
	KUNIT_CASE(dgem_attach_bidirectional),
	KUNIT_CASE(dgem_attach_busy),
	KUNIT_CASE(dgem_attach_expires),
	KUNIT_CASE(dgem_attach_expires_late),
	KUNIT_CASE(dgem_attach_expires_not_in_use),
	KUNIT_CASE(dgem_attach_drops),
	KUNIT_CASE(dgem_attach_finishes),
	{}
};

static struct kunit_suite dgem_attach_suite = {
	.name = "dgem_attach",
	.init = dgem_attach_test_init,
	.test_cases = dgem_attach_cases,
};

kunit_test_suite(dgem_attach_suite);
