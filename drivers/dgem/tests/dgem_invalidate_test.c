// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * BOs that only the mappings of dynamic importers keep resident: reclaim has these
 * unmap. Where the exporter is static (see DGEM_DYNAMIC_EXPORT) such mappings are
 * pins and stay until the importer detaches. There the suite takes the pin away, and
 * sees that importers are asked, but not that they unmap.
 */

#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>

#include <kunit/test.h>

#include "../dgem_bo.h"
#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_idle.h"
#include "dgem_export_test.h"

#define TEST_SEED	0x1d

/* An importer that unmaps when it is told, or only counts how often it was. */
struct importer {
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	unsigned int calls;
	bool keeps;
};

static void importer_invalidate(struct dma_buf_attachment *attach)
{
	struct importer *importer = attach->importer_priv;

	importer->calls++;
	if (importer->keeps || !importer->sgt)
		return;
	dma_buf_unmap_attachment(attach, importer->sgt, DMA_BIDIRECTIONAL);
	importer->sgt = NULL;
}

static const struct dma_buf_attach_ops importer_ops = {
	.invalidate_mappings = importer_invalidate,
};

/* A BO with contents that @importer, and nobody else, has mapped and keeps resident. */
static struct dgem_bo *import_bo(struct kunit *test, struct importer *importer)
{
	struct dgem_bo *bo = new_bo(test);

	dgem_test_write(test, bo, TEST_SEED);
	importer->attach = import(test, dgem_test_export(test, bo), &importer_ops);
	importer->attach->importer_priv = importer;
	importer->sgt = map(test, importer->attach, DMA_BIDIRECTIONAL);
	if (!DGEM_DYNAMIC_EXPORT) {
		dgem_test_lock(bo);
		KUNIT_EXPECT_EQ(test, 0, dgem_bo_use_locked(bo));
		dgem_bo_unpin_locked(bo);
		dgem_test_unlock(bo);
	}
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	KUNIT_EXPECT_EQ(test, bo->use_count, 1);
	return bo;
}

static void end_import(struct kunit *test, struct importer *importer, struct dgem_bo *bo)
{
	if (!DGEM_DYNAMIC_EXPORT) {
		dgem_test_lock(bo);
		KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
		dgem_bo_unuse_locked(bo);
		dgem_test_unlock(bo);
	}
	if (importer->sgt)
		unmap(importer->attach, importer->sgt, DMA_BIDIRECTIONAL);
	kunit_release_action(test, detach, importer->attach);
}

/* Runs the work now, if it waits. */
static void run_work(struct dgem_bo *bo)
{
	flush_delayed_work(&dgem_bo_device(bo)->idle.work);
}

/* Success: a scan has it unmapped, not in the scan itself, and the next one evicts. */
static void dgem_invalidate_scan(struct kunit *test)
{
	struct importer importer = {};
	struct dgem_bo *bo = import_bo(test, &importer);

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, importer.calls, 0);
	KUNIT_EXPECT_TRUE(test, bo->wanted);
	run_work(bo);
	KUNIT_EXPECT_FALSE(test, bo->wanted);
	KUNIT_EXPECT_EQ(test, importer.calls, 1);
	dgem_test_stat(test, DGEM_STAT_INVALIDATES, 1);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES),
			DGEM_DYNAMIC_EXPORT ? TEST_PAGES : 0);
	end_import(test, &importer, bo);
	dgem_test_expect(test, bo, TEST_SEED);
}

/* Success: so is it before compaction, which evicts in the same call. */
static void dgem_invalidate_all(struct kunit *test)
{
	struct importer importer = {};
	struct dgem_bo *bo = import_bo(test, &importer);

	KUNIT_EXPECT_EQ(test, dgem_bo_evict_all(dgem_bo_device(bo)),
			!!DGEM_DYNAMIC_EXPORT);
	KUNIT_EXPECT_LE(test, 1, importer.calls);
	KUNIT_EXPECT_EQ(test, bo->pages.resident,
			DGEM_DYNAMIC_EXPORT ? 0 : TEST_PAGES);
	end_import(test, &importer, bo);
	dgem_test_expect(test, bo, TEST_SEED);
}

/*
 * Success: an importer that keeps its mapping keeps the pages, and each scan finds
 * them again.
 */
static void dgem_invalidate_in_vain(struct kunit *test)
{
	struct importer importer = { .keeps = true };
	struct dgem_bo *bo = import_bo(test, &importer);
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
		KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), dgem_pages_chunks(&bo->pages));
		run_work(bo);
		KUNIT_EXPECT_EQ(test, importer.calls, i);
	}
	KUNIT_EXPECT_EQ(test, bo->pages.resident, TEST_PAGES);
	end_import(test, &importer, bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
}

/* Success: nobody is asked while a pin keeps it anyway, and then scans find it. */
static void dgem_invalidate_pinned(struct kunit *test)
{
	struct importer importer = {};
	struct dgem_bo *bo = import_bo(test, &importer);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	dgem_idle_invalidate_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_FALSE(test, bo->wanted);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 0);
	KUNIT_EXPECT_EQ(test, importer.calls, 0);

	dgem_test_lock(bo);
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), dgem_pages_chunks(&bo->pages));
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	run_work(bo);
	KUNIT_EXPECT_EQ(test, importer.calls, 1);
	end_import(test, &importer, bo);
}

/* Success: nor while a device is at work, though a scan wanted the BO. */
static void dgem_invalidate_busy(struct kunit *test)
{
	struct importer importer = {};
	struct dgem_bo *bo = import_bo(test, &importer);
	struct dma_fence *fence;

	fence = dgem_test_fence(test, bo->base.resv, DMA_RESV_USAGE_BOOKKEEP);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	run_work(bo);
	KUNIT_EXPECT_FALSE(test, bo->wanted);
	KUNIT_EXPECT_EQ(test, importer.calls, 0);

	dma_fence_signal(fence);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), 0);
	run_work(bo);
	KUNIT_EXPECT_EQ(test, importer.calls, 1);
	end_import(test, &importer, bo);
}

static struct kunit_case dgem_invalidate_cases[] = {
	KUNIT_CASE(dgem_invalidate_scan),
	KUNIT_CASE(dgem_invalidate_all),
	KUNIT_CASE(dgem_invalidate_in_vain),
	KUNIT_CASE(dgem_invalidate_pinned),
	KUNIT_CASE(dgem_invalidate_busy),
	{}
};

static struct kunit_suite dgem_invalidate_suite = {
	.name = "dgem_invalidate",
	.init = dgem_export_test_init,
	.test_cases = dgem_invalidate_cases,
};

kunit_test_suite(dgem_invalidate_suite);
