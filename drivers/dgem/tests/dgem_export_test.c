// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * dma-bufs of BOs, with importers of each kind. On kernels where the exporter
 * is static (see DGEM_DYNAMIC_EXPORT) the core maps for a dynamic importer when
 * it attaches, and the mapping is pinned until it detaches.
 */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iosys-map.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_attach.h"
#include "../dgem_bo_pages.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "dgem_export_test.h"

#define TEST_SEED	0xe8

static void importer_invalidate(struct dma_buf_attachment *attach)
{
}

static const struct dma_buf_attach_ops importer_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = importer_invalidate,
};

/* Success: a dma-buf has the BO's size and lock, and is known as our own. */
static void dgem_export_makes_dmabuf(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);

	KUNIT_EXPECT_EQ(test, (u64)dmabuf->size, TEST_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, dmabuf->resv, bo->base.resv);
	KUNIT_EXPECT_TRUE(test, dgem_export_is_own(bo->base.dev, dmabuf));
	KUNIT_EXPECT_FALSE(test, drm_mm_node_allocated(&bo->base.vma_node.vm_node));
	KUNIT_EXPECT_EQ(test, dma_buf_is_dynamic(dmabuf), !!DGEM_DYNAMIC_EXPORT);
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 1);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo), DRM_DGEM_BO_STATE_EXPORTED);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	dgem_test_stat(test, DGEM_STAT_EXPORTED, 0);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo), 0);
}

/*
 * Success: a dma-buf holds a reference to its BO, also after the handle is
 * closed.
 */
static void dgem_export_keeps_bo(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dma_buf *dmabuf;
	struct dgem_bo *bo;

	bo = dgem_bo_create(ddev, NULL, ddev->heaps[TEST_SYSTEM], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	dmabuf = dgem_test_export(test, bo);
	dgem_bo_put(bo);
	dgem_test_stat(test, DGEM_STAT_BOS, 1);
	dgem_test_write(test, bo, TEST_SEED);
	dgem_test_expect(test, bo, TEST_SEED);
	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	dgem_test_stat(test, DGEM_STAT_BOS, 0);
	dgem_test_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
}

/* Success: a static importer gets all pages, pinned for as long as it maps. */
static void dgem_export_static_importer(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	attach = import(test, dgem_test_export(test, bo), NULL);
	dgem_test_stat(test, DGEM_STAT_ATTACHMENTS, 1);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);

	sgt = map(test, attach, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, mapped_bytes(test, sgt, UINT_MAX), (size_t)TEST_SIZE);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 1);
	dgem_test_stat(test, DGEM_STAT_MAPS, 1);
	unmap(attach, sgt, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);

	kunit_release_action(test, detach, attach);
	dgem_test_stat(test, DGEM_STAT_ATTACHMENTS, 0);
	dgem_test_stat(test, DGEM_STAT_ATTACHES, 1);
}

/* Success: each map after the first is served from the cache, and counted. */
static void dgem_export_remaps(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	int i;

	attach = import(test, dgem_test_export(test, bo), NULL);
	for (i = 0; i < 3; i++) {
		sgt = map(test, attach, DMA_TO_DEVICE);
		unmap(attach, sgt, DMA_TO_DEVICE);
	}
	dgem_test_stat(test, DGEM_STAT_MAPS, 3);
	dgem_test_stat(test, DGEM_STAT_REMAPS, 2);
}

/* Success: the pages of a dynamic importer's mapping stay, pinned or not. */
static void dgem_export_dynamic_importer(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	attach = import(test, dgem_test_export(test, bo), &importer_ops);
	sgt = map(test, attach, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, mapped_bytes(test, sgt, UINT_MAX), (size_t)TEST_SIZE);
	KUNIT_EXPECT_EQ(test, bo->pin_count, DGEM_DYNAMIC_EXPORT ? 0 : 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo->pages));
	unmap(attach, sgt, DMA_BIDIRECTIONAL);
	kunit_release_action(test, detach, attach);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

/*
 * Success: one that maps once and never unmaps while it works, as many do,
 * keeps the same pages whatever happens, together with others' mappings.
 */
static void dgem_export_does_not_unmap(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *keeper, *other;
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct sg_table *kept, *sgt;
	dma_addr_t addr;
	int i;

	keeper = import(test, dmabuf, &importer_ops);
	other = import(test, dmabuf, NULL);
	kept = map(test, keeper, DMA_BIDIRECTIONAL);
	addr = sg_dma_address(kept->sgl);
	dgem_test_write(test, bo, TEST_SEED);
	for (i = 0; i < 3; i++) {
		sgt = map(test, other, DMA_TO_DEVICE);
		unmap(other, sgt, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
		dgem_test_expect(test, bo, TEST_SEED);
	}
	KUNIT_EXPECT_EQ(test, addr, sg_dma_address(kept->sgl));
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
	unmap(keeper, kept, DMA_BIDIRECTIONAL);
}

/* Success: a dynamic importer's pin keeps all pages resident without a map. */
static void dgem_export_importer_pins(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;

	attach = import(test, dgem_test_export(test, bo), &importer_ops);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dma_buf_pin(attach));
	dgem_test_unlock(bo);
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo->pages));
	KUNIT_EXPECT_EQ(test, bo->pin_count, 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 0);
	dgem_test_lock(bo);
	dma_buf_unpin(attach);
	dgem_test_unlock(bo);
	kunit_release_action(test, detach, attach);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

/* Success: each importer gets segments that suit its own device. */
static void dgem_export_small_segments(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *small, *large;
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct sg_table *of_small, *of_large;

	small = import(test, dmabuf, NULL);
	large = import(test, dmabuf, NULL);
	dma_set_max_seg_size(small->dev, 2 * PAGE_SIZE);
	of_small = map(test, small, DMA_TO_DEVICE);
	of_large = map(test, large, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, mapped_bytes(test, of_small, 2 * PAGE_SIZE),
			(size_t)TEST_SIZE);
	KUNIT_EXPECT_EQ(test, mapped_bytes(test, of_large, UINT_MAX),
			(size_t)TEST_SIZE);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 2);
	unmap(small, of_small, DMA_TO_DEVICE);
	unmap(large, of_large, DMA_TO_DEVICE);
	dgem_test_stat(test, DGEM_STAT_REMAPS, 0);
}

/* Success: eviction unmaps idle mappings; the next map finds the contents. */
static void dgem_export_evicted_between_maps(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	attach = import(test, dgem_test_export(test, bo), NULL);
	dgem_test_write(test, bo, TEST_SEED);
	sgt = map(test, attach, DMA_TO_DEVICE);
	unmap(attach, sgt, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	sgt = map(test, attach, DMA_TO_DEVICE);
	dgem_test_stat(test, DGEM_STAT_REMAPS, 0);
	KUNIT_EXPECT_EQ(test, mapped_bytes(test, sgt, UINT_MAX), (size_t)TEST_SIZE);
	unmap(attach, sgt, DMA_TO_DEVICE);
	dgem_test_expect(test, bo, TEST_SEED);
}

/* Success: the dma-buf's kernel mapping shows the BO's own memory. */
static void dgem_export_vmaps(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct iosys_map map;

	dgem_test_write(test, bo, TEST_SEED);
	KUNIT_ASSERT_EQ(test, 0, dma_buf_vmap_unlocked(dmabuf, &map));
	KUNIT_EXPECT_PTR_EQ(test, map.vaddr, bo->vaddr);
	KUNIT_EXPECT_EQ(test, *(u32 *)map.vaddr, (u32)TEST_SEED);
	dma_buf_vunmap_unlocked(dmabuf, &map);
	KUNIT_EXPECT_EQ(test, bo->vmap_count, 0);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
}

/*
 * Success: begin and end of a CPU access succeed with a mapping in use, an idle
 * one, and none.
 */
static void dgem_export_cpu_access(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct sg_table *sgt = NULL;
	int i;

	attach = import(test, dmabuf, NULL);
	for (i = 0; i < 3; i++) {
		if (i == 1)
			sgt = map(test, attach, DMA_BIDIRECTIONAL);
		if (i == 2)
			unmap(attach, sgt, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_EQ(test, 0, dma_buf_begin_cpu_access(dmabuf,
								  DMA_FROM_DEVICE));
		KUNIT_EXPECT_EQ(test, 0, dma_buf_end_cpu_access(dmabuf,
								DMA_FROM_DEVICE));
	}
	dgem_test_stat(test, DGEM_STAT_CPU_ACCESSES, 6);
}

static struct kunit_case dgem_export_cases[] = {
	KUNIT_CASE(dgem_export_makes_dmabuf),
	KUNIT_CASE(dgem_export_keeps_bo),
	KUNIT_CASE(dgem_export_static_importer),
	KUNIT_CASE(dgem_export_remaps),
	KUNIT_CASE(dgem_export_dynamic_importer),
	KUNIT_CASE(dgem_export_does_not_unmap),
	KUNIT_CASE(dgem_export_importer_pins),
	KUNIT_CASE(dgem_export_small_segments),
	KUNIT_CASE(dgem_export_evicted_between_maps),
	KUNIT_CASE(dgem_export_vmaps),
	KUNIT_CASE(dgem_export_cpu_access),
	{}
};

static struct kunit_suite dgem_export_suite = {
	.name = "dgem_export",
	.init = dgem_export_test_init,
	.test_cases = dgem_export_cases,
};

kunit_test_suite(dgem_export_suite);
