// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What importers may do to the exporter, and what must not come of it. */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>

#include <kunit/test.h>

#include "dgem_export_test.h"

/* What RDMA does to the table that it gets, and more. */
static void scribble(struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i) {
		sg_assign_page(sg, NULL);
		sg_dma_address(sg) += PAGE_SIZE;
		sg_dma_len(sg) = 1;
	}
	sgt->nents = 1;
}

/* A table of all of a BO of @size, which the device sees at @addrs. */
static void expect_same(struct kunit *test, struct sg_table *sgt, size_t size,
			const dma_addr_t *addrs)
{
	struct scatterlist *sg;
	unsigned int i, wrong = 0;

	KUNIT_EXPECT_EQ(test, mapped_bytes(test, sgt, UINT_MAX), size);
	for_each_sgtable_dma_sg(sgt, sg, i)
		wrong += sg_dma_address(sg) != addrs[i];
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* Maps @dmabuf, edits the tables, and expects that nobody else gets the edits. */
static void edit_tables(struct kunit *test, struct dma_buf *dmabuf,
			unsigned int max_segment)
{
	struct dma_buf_attachment *attach = import(test, dmabuf, NULL);
	struct sg_table *sgt, *other;
	struct scatterlist *sg;
	dma_addr_t *addrs;
	unsigned int i;

	addrs = kunit_kcalloc(test, dmabuf->size >> PAGE_SHIFT, sizeof(*addrs),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, addrs);
	dma_set_max_seg_size(attach->dev, max_segment);
	sgt = map(test, attach, DMA_BIDIRECTIONAL);
	for_each_sgtable_dma_sg(sgt, sg, i)
		addrs[i] = sg_dma_address(sg);
	expect_same(test, sgt, dmabuf->size, addrs);
	scribble(sgt);

	other = map(test, attach, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_PTR_NE(test, sgt, other);
	expect_same(test, other, dmabuf->size, addrs);
	KUNIT_EXPECT_EQ(test, 0, dma_buf_begin_cpu_access(dmabuf, DMA_FROM_DEVICE));
	KUNIT_EXPECT_EQ(test, 0, dma_buf_end_cpu_access(dmabuf, DMA_FROM_DEVICE));
	unmap(attach, sgt, DMA_BIDIRECTIONAL);
	scribble(other);
	unmap(attach, other, DMA_BIDIRECTIONAL);

	sgt = map(test, attach, DMA_BIDIRECTIONAL);
	expect_same(test, sgt, dmabuf->size, addrs);
	unmap(attach, sgt, DMA_BIDIRECTIONAL);
}

/*
 * Success: each map gets a table of its own, which is the importer's to edit,
 * and no sync for the CPU looks at it: of a run, of pieces, and of so many that
 * the table is chained.
 */
static void dgem_importer_edits_table(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *run;

	run = dgem_test_bo(test, ddev, ddev->heaps[TEST_PINNED], SZ_64K);
	edit_tables(test, dgem_test_export(test, run), UINT_MAX);
	/* One BO each: mappings are kept, and DMA-API debugging wants no two. */
	edit_tables(test, dgem_test_export(test, new_bo(test)), SZ_256K);
	edit_tables(test, dgem_test_export(test, new_bo(test)), PAGE_SIZE);
	dgem_test_stat(test, DGEM_STAT_REMAPS, 6);
}

static struct kunit_case dgem_importer_cases[] = {
	KUNIT_CASE(dgem_importer_edits_table),
	{}
};

static struct kunit_suite dgem_importer_suite = {
	.name = "dgem_importer",
	.init = dgem_export_test_init,
	.test_cases = dgem_importer_cases,
};

kunit_test_suite(dgem_importer_suite);
