/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_EXPORT_TEST_H__
#define __DGEM_EXPORT_TEST_H__

/* BOs and importers of their dma-bufs, for the suites of export. */

#include <linux/dma-buf.h>
#include <linux/scatterlist.h>

#include <kunit/test.h>

#include "../dgem_device.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

#define TEST_PAGES	(DGEM_CHUNK_PAGES + 3)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)

static inline int dgem_export_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static inline struct dgem_bo *new_bo(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;

	return dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
}

static inline void detach(void *arg)
{
	struct dma_buf_attachment *attach = arg;

	dma_buf_detach(attach->dmabuf, attach);
}

/* A new device that imports @dmabuf; one with @ops is dynamic. */
static inline struct dma_buf_attachment *
import(struct kunit *test, struct dma_buf *dmabuf, const struct dma_buf_attach_ops *ops)
{
	struct device *dev = dgem_test_device(test, "dgem-importer");
	struct dma_buf_attachment *attach;

	attach = dma_buf_dynamic_attach(dmabuf, dev, ops, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, attach);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, detach, attach));
	return attach;
}

static inline struct sg_table *map(struct kunit *test,
				   struct dma_buf_attachment *attach,
				   enum dma_data_direction dir)
{
	struct sg_table *sgt = dma_buf_map_attachment_unlocked(attach, dir);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sgt);
	return sgt;
}

static inline void unmap(struct dma_buf_attachment *attach,
			 struct sg_table *sgt, enum dma_data_direction dir)
{
	dma_buf_unmap_attachment_unlocked(attach, sgt, dir);
}

/* Bytes that the device sees; no segment is larger than @limit. */
static inline size_t mapped_bytes(struct kunit *test, struct sg_table *sgt,
				  size_t limit)
{
	struct scatterlist *sg;
	unsigned int i;
	size_t sum = 0;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		KUNIT_EXPECT_LE(test, (size_t)sg_dma_len(sg), limit);
		sum += sg_dma_len(sg);
	}
	return sum;
}

#endif
