// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Who is synced when the CPU accesses a part of a BO, and of which bytes. */

#include <linux/dma-mapping.h>
#include <linux/sizes.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../dgem_attach.h"
#include "../dgem_bo.h"
#include "../dgem_bo_sync.h"
#include "../dgem_drv.h"
#include "../dgem_import.h"
#include "dgem_export_test.h"

/* What a test counts; KUnit runs one test at a time. */
static struct {
	unsigned int own, importer;
	u64 bytes;
	enum dma_data_direction dir;
	bool for_device;
	int error;
} seen;

static int count_own(struct device *dev, struct page *page, size_t offset, size_t size,
		     enum dma_data_direction dir, bool for_device)
{
	seen.own++;
	seen.bytes += size;
	seen.dir = dir;
	seen.for_device = for_device;
	return seen.error;
}

static void count_importer(struct device *dev, dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, bool for_device)
{
	seen.importer++;
	seen.bytes += size;
}

static bool yes(struct device *dev)
{
	return true;
}

static bool no(struct device *dev)
{
	return false;
}

static int dgem_bo_sync_test_init(struct kunit *test)
{
	kunit_activate_static_stub(test, dgem_attachment_needs_sync, yes);
	kunit_activate_static_stub(test, dgem_attachment_bounces, no);
	kunit_activate_static_stub(test, dgem_attachment_sync_run, count_importer);
	kunit_activate_static_stub(test, dgem_bo_sync_run, count_own);
	return dgem_export_test_init(test);
}

static int sync_part(struct dgem_bo *bo, u64 offset, u64 size, bool for_device)
{
	memset(&seen, 0, sizeof(seen));
	return dgem_bo_sync(bo, offset, size, for_device ? DMA_TO_DEVICE : DMA_FROM_DEVICE,
			    for_device);
}

/* Success: what is resident of the part is synced for the instance's device. */
static void dgem_bo_sync_own(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);

	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 0, TEST_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);

	/* The short chunk at the end, and then all. */
	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, DGEM_CHUNK_PAGES));
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 0, TEST_SIZE, true));
	KUNIT_EXPECT_EQ(test, seen.bytes, TEST_SIZE - SZ_2M);
	KUNIT_EXPECT_EQ(test, seen.dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, seen.for_device);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, SZ_2M - 5, 12, false));
	KUNIT_EXPECT_EQ(test, seen.own, 1);
	KUNIT_EXPECT_EQ(test, seen.bytes, 7);

	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, 0));
	KUNIT_ASSERT_EQ(test, bo->pages.resident, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 0, TEST_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.bytes, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, seen.dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_FALSE(test, seen.for_device);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 5 * PAGE_SIZE + 9, 3 * PAGE_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.bytes, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, TEST_SIZE - 1, 1, false));
	KUNIT_EXPECT_EQ(test, seen.bytes, 1);
	KUNIT_EXPECT_EQ(test, seen.importer, 0);
	dgem_test_stat(test, DGEM_STAT_CPU_ACCESSES, 6);
}

/* Success: nothing is mapped for a device that bounces or sees all as it is. */
static void dgem_bo_sync_not_needed(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);

	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, 0));
	kunit_activate_static_stub(test, dgem_attachment_bounces, yes);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 0, TEST_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
	kunit_activate_static_stub(test, dgem_attachment_bounces, no);
	kunit_activate_static_stub(test, dgem_attachment_needs_sync, no);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 0, TEST_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
}

/* Success: what cannot be mapped is told, and is the last that is tried. */
static void dgem_bo_sync_fails(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);

	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, 0));
	memset(&seen, 0, sizeof(seen));
	seen.error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_sync(bo, 0, TEST_SIZE, DMA_TO_DEVICE, true));
	KUNIT_EXPECT_EQ(test, seen.own, 1);
}

/* Success: a real device takes a part of any alignment, in both directions. */
static void dgem_bo_sync_real(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);

	kunit_deactivate_static_stub(test, dgem_bo_sync_run);
	dgem_test_write(test, bo, 0x5afe);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_sync(bo, 0, TEST_SIZE, DMA_BIDIRECTIONAL, true));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_sync(bo, 0, TEST_SIZE, DMA_BIDIRECTIONAL, false));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_sync(bo, 77, PAGE_SIZE, DMA_TO_DEVICE, true));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_sync(bo, 77, PAGE_SIZE, DMA_FROM_DEVICE, false));
	dgem_test_expect(test, bo, 0x5afe);
}

/* Success: each importer that uses a mapping is synced, and then nobody else. */
static void dgem_bo_sync_importers(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct dma_buf_attachment *first = import(test, dmabuf, NULL);
	struct dma_buf_attachment *second = import(test, dmabuf, NULL);
	struct sg_table *sgt, *other;

	sgt = map(test, first, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 7, PAGE_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
	KUNIT_EXPECT_EQ(test, seen.bytes, PAGE_SIZE);

	other = map(test, second, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 7, PAGE_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
	KUNIT_EXPECT_EQ(test, seen.bytes, 2 * PAGE_SIZE);
	unmap(second, other, DMA_TO_DEVICE);
	unmap(first, sgt, DMA_BIDIRECTIONAL);

	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 7, PAGE_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.importer, 0);
	KUNIT_EXPECT_EQ(test, seen.bytes, PAGE_SIZE);
}

static int bracket(struct dma_buf *dmabuf, bool end)
{
	memset(&seen, 0, sizeof(seen));
	return end ? dma_buf_end_cpu_access(dmabuf, DMA_TO_DEVICE) :
		     dma_buf_begin_cpu_access(dmabuf, DMA_FROM_DEVICE);
}

/* Success: the instance's device is synced beside importers if it has addresses. */
static void dgem_bo_sync_both(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct dma_buf_attachment *attach = import(test, dmabuf, NULL);
	struct sg_table *sgt = map(test, attach, DMA_BIDIRECTIONAL);

	KUNIT_EXPECT_EQ(test, 0, bracket(dmabuf, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);

	bo->dma_maps = 1;
	KUNIT_EXPECT_EQ(test, 0, sync_part(bo, 7, PAGE_SIZE, false));
	KUNIT_EXPECT_NE(test, seen.own, 0);
	KUNIT_EXPECT_EQ(test, seen.bytes, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, bracket(dmabuf, false));
	KUNIT_EXPECT_EQ(test, seen.bytes, TEST_SIZE);
	KUNIT_EXPECT_FALSE(test, seen.for_device);
	KUNIT_EXPECT_EQ(test, 0, bracket(dmabuf, true));
	KUNIT_EXPECT_EQ(test, seen.bytes, TEST_SIZE);
	KUNIT_EXPECT_TRUE(test, seen.for_device);
	bo->dma_maps = 0;
	unmap(attach, sgt, DMA_BIDIRECTIONAL);
}

/* Success: a BO of another instance is synced by that, as a whole. */
static void dgem_bo_sync_imported(struct kunit *test)
{
	struct dgem_device *importer = dgem_test_bind(test);
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	struct drm_gem_object *obj = dgem_import(&importer->drm, dmabuf);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, 0, sync_part(to_dgem_bo(obj), 7, 1, false));
	dgem_test_stat(test, DGEM_STAT_CPU_ACCESSES, 1);
	KUNIT_EXPECT_EQ(test, 0, sync_part(to_dgem_bo(obj), 7, 1, true));
	dgem_test_stat(test, DGEM_STAT_CPU_ACCESSES, 2);
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(importer, DGEM_STAT_CPU_ACCESSES));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
	drm_gem_object_put(obj);
}

/* Success: a device that is gone is not used. */
static void dgem_bo_sync_unplugged(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-gone");
	struct dgem_device *ddev = dgem_drv_bind(dev, NULL);
	struct dgem_bo *bo;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, 0));
	dgem_drv_unbind(ddev);
	KUNIT_EXPECT_EQ(test, -ENODEV, sync_part(bo, 0, TEST_SIZE, false));
	KUNIT_EXPECT_EQ(test, seen.own, 0);
}

static struct kunit_case dgem_bo_sync_cases[] = {
	KUNIT_CASE(dgem_bo_sync_own),
	KUNIT_CASE(dgem_bo_sync_not_needed),
	KUNIT_CASE(dgem_bo_sync_fails),
	KUNIT_CASE(dgem_bo_sync_real),
	KUNIT_CASE(dgem_bo_sync_importers),
	KUNIT_CASE(dgem_bo_sync_both),
	KUNIT_CASE(dgem_bo_sync_imported),
	KUNIT_CASE(dgem_bo_sync_unplugged),
	{}
};

static struct kunit_suite dgem_bo_sync_suite = {
	.name = "dgem_bo_sync",
	.init = dgem_bo_sync_test_init,
	.test_cases = dgem_bo_sync_cases,
};

kunit_test_suite(dgem_bo_sync_suite);
