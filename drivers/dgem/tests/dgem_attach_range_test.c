// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* How a part of a mapping is synced: with which calls of the DMA API. */

#include <linux/dma-mapping.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "dgem_attach_test.h"

/* What a test counts; KUnit runs one test at a time. */
#define MAX_CALLS	16

static struct sync_call {
	dma_addr_t addr;
	size_t size;
	enum dma_data_direction dir;
	bool for_device;
} calls[MAX_CALLS];

static unsigned int num_calls;

static void count_call(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, bool for_device)
{
	if (num_calls < MAX_CALLS)
		calls[num_calls] = (struct sync_call){ addr, size, dir, for_device };
	num_calls++;
}

static bool always_needed(struct device *dev)
{
	return true;
}

static int dgem_attach_range_test_init(struct kunit *test)
{
	kunit_activate_static_stub(test, dgem_attachment_needs_sync, always_needed);
	kunit_activate_static_stub(test, dgem_attachment_sync_run, count_call);
	return dgem_attach_test_init(test);
}

static void sync_part(struct attach_test *t, u64 offset, u64 size,
		      enum dma_data_direction dir, bool for_device)
{
	num_calls = 0;
	dma_resv_lock(&t->resv, NULL);
	dgem_attachment_sync_range_locked(&t->att, &t->pages, offset, size, dir, for_device);
	dma_resv_unlock(&t->resv);
}

/* Where the device has a byte of the object, without an IOMMU. */
static dma_addr_t bus_of(struct kunit *test, u64 offset)
{
	struct attach_test *t = test->priv;
	struct scatterlist *first = t->att.sgt.sgl;

	return PFN_PHYS(dgem_pages_pfn(&t->pages, offset >> PAGE_SHIFT)) +
	       offset_in_page(offset) + sg_dma_address(first) - sg_phys(first);
}

static void expect_call(struct kunit *test, unsigned int nr, dma_addr_t addr, size_t size)
{
	KUNIT_ASSERT_LT(test, nr, num_calls);
	KUNIT_EXPECT_EQ_MSG(test, (u64)calls[nr].addr, (u64)addr, "call %u", nr);
	KUNIT_EXPECT_EQ_MSG(test, calls[nr].size, size, "call %u", nr);
}

/* Success: a part of a run is one call, of its bytes and no others. */
static void dgem_attach_range_run(struct kunit *test)
{
	static const struct {
		u64 offset, size;
	} parts[] = {
		{ 0, SZ_2M }, { 0, 1 }, { SZ_2M - 1, 1 }, { 5 * PAGE_SIZE, PAGE_SIZE },
		{ 5 * PAGE_SIZE + 7, PAGE_SIZE }, { PAGE_SIZE - 1, 2 },
	};
	struct attach_test *t = test->priv;
	unsigned int i;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		sync_part(t, parts[i].offset, parts[i].size, DMA_FROM_DEVICE, false);
		KUNIT_EXPECT_EQ(test, num_calls, 1);
		expect_call(test, 0, bus_of(test, parts[i].offset), parts[i].size);
	}
	unmap(t, DMA_BIDIRECTIONAL);
}

/* Success: pages that do not follow each other are a call each. */
static void dgem_attach_range_scattered(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	sync_part(t, SZ_2M - 10, 10 + 2 * PAGE_SIZE + 5, DMA_TO_DEVICE, true);
	KUNIT_EXPECT_EQ(test, num_calls, 4);
	expect_call(test, 0, bus_of(test, SZ_2M - 10), 10);
	expect_call(test, 1, bus_of(test, SZ_2M), PAGE_SIZE);
	expect_call(test, 2, bus_of(test, SZ_2M + PAGE_SIZE), PAGE_SIZE);
	expect_call(test, 3, bus_of(test, SZ_2M + 2 * PAGE_SIZE), 5);

	sync_part(t, (TEST_PAGES << PAGE_SHIFT) - 1, 1, DMA_TO_DEVICE, true);
	KUNIT_EXPECT_EQ(test, num_calls, 1);
	expect_call(test, 0, bus_of(test, (TEST_PAGES << PAGE_SHIFT) - 1), 1);
	unmap(t, DMA_BIDIRECTIONAL);
}

/* Success: what is contiguous, but was mapped in segments, is synced by segments. */
static void dgem_attach_range_segments(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	dma_set_max_seg_size(t->dev, SZ_128K);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	sync_part(t, SZ_64K, SZ_256K, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 3);
	expect_call(test, 0, bus_of(test, SZ_64K), SZ_64K);
	expect_call(test, 1, bus_of(test, SZ_128K), SZ_128K);
	expect_call(test, 2, bus_of(test, SZ_256K), SZ_64K);
	unmap(t, DMA_BIDIRECTIONAL);
}

/* Success: one segment of an IOMMU is synced by physical runs, where it has them. */
static void dgem_attach_range_merged(struct kunit *test)
{
	const u64 base = SZ_1G, size = (u64)TEST_PAGES << PAGE_SHIFT;
	struct attach_test *t = test->priv;
	struct sg_table own;
	struct scatterlist sg;
	unsigned int i;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	own = t->att.sgt;
	sg_init_table(&sg, 1);
	sg_set_page(&sg, sg_page(own.sgl), size, 0);
	sg_dma_address(&sg) = base;
	sg_dma_len(&sg) = size;
	t->att.sgt = (struct sg_table){ .sgl = &sg, .nents = 1, .orig_nents = 1 };

	sync_part(t, 0, size, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 1 + TEST_TAIL);
	expect_call(test, 0, base, SZ_2M);
	for (i = 0; i < TEST_TAIL; i++)
		expect_call(test, 1 + i, base + SZ_2M + i * PAGE_SIZE, PAGE_SIZE);

	sync_part(t, SZ_2M + PAGE_SIZE + 100, PAGE_SIZE, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 2);
	expect_call(test, 0, base + SZ_2M + PAGE_SIZE + 100, PAGE_SIZE - 100);
	expect_call(test, 1, base + SZ_2M + 2 * PAGE_SIZE, 100);

	t->att.sgt = own;
	unmap(t, DMA_BIDIRECTIONAL);
}

/* Success: one way is synced if the mapping goes both ways, otherwise its own. */
static void dgem_attach_range_direction(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	sync_part(t, 0, 1, DMA_BIDIRECTIONAL, false);
	KUNIT_EXPECT_EQ(test, calls[0].dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, calls[0].for_device);
	unmap(t, DMA_FROM_DEVICE);
	drop(t);

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_BIDIRECTIONAL, &cached));
	sync_part(t, 0, 1, DMA_TO_DEVICE, true);
	KUNIT_EXPECT_EQ(test, calls[0].dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, calls[0].for_device);
	unmap(t, DMA_BIDIRECTIONAL);
}

static bool never_needed(struct device *dev)
{
	return false;
}

/* Success: there is nothing to do for who does not use it, or sees it as it is. */
static void dgem_attach_range_nothing(struct kunit *test)
{
	struct attach_test *t = test->priv;
	bool cached;

	sync_part(t, 0, PAGE_SIZE, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 0);
	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	unmap(t, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, dgem_attachment_is_idle(&t->att));
	sync_part(t, 0, PAGE_SIZE, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 0);

	KUNIT_ASSERT_EQ(test, 0, map(t, DMA_FROM_DEVICE, &cached));
	sync_part(t, 0, PAGE_SIZE, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 1);
	kunit_activate_static_stub(test, dgem_attachment_needs_sync, never_needed);
	sync_part(t, 0, PAGE_SIZE, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_EQ(test, num_calls, 0);
	unmap(t, DMA_FROM_DEVICE);
}

static struct kunit_case dgem_attach_range_cases[] = {
	KUNIT_CASE(dgem_attach_range_run),
	KUNIT_CASE(dgem_attach_range_scattered),
	KUNIT_CASE(dgem_attach_range_segments),
	KUNIT_CASE(dgem_attach_range_merged),
	KUNIT_CASE(dgem_attach_range_direction),
	KUNIT_CASE(dgem_attach_range_nothing),
	{}
};

static struct kunit_suite dgem_attach_range_suite = {
	.name = "dgem_attach_range",
	.init = dgem_attach_range_test_init,
	.test_cases = dgem_attach_range_cases,
};

kunit_test_suite(dgem_attach_range_suite);
