// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What mmap offsets are charged, and when a BO gets one. */

#include <linux/dma-buf.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include <drm/drm_gem.h>
#include <drm/drm_vma_manager.h>

#include "../dgem_bo.h"
#include "../dgem_bo_charge.h"
#include "dgem_limit_test.h"

#define TEST_PAGES 517
#define TEST_SIZE ((u64)TEST_PAGES << PAGE_SHIFT)

struct offset_test {
	struct dgem_device *ddev;
	struct dgem_account *account;
};

static int dgem_bo_offset_test_init(struct kunit *test)
{
	struct offset_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ddev = dgem_test_bind(test);
	t->account = account_nr(test, t->ddev, 0);
	test->priv = t;
	return 0;
}

static void expect_offsets(struct kunit *test, u64 nr_pages)
{
	struct offset_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, offsets(t->account), nr_pages);
}

static struct dgem_bo *new_bo(struct kunit *test)
{
	struct offset_test *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_bo_create(t->ddev, t->account, t->ddev->heaps[TEST_SYSTEM], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, dgem_test_put_bo, bo));
	return bo;
}

/* Success: an offset is charged once, stays, and goes with the BO. */
static void dgem_bo_offset_once(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test);
	u64 start;

	KUNIT_EXPECT_EQ(test, 0, dgem_bo_make_offset(bo));
	expect_offsets(test, TEST_PAGES);
	start = drm_vma_node_start(&bo->base.vma_node);
	KUNIT_EXPECT_NE(test, start, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_make_offset(bo));
	expect_offsets(test, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, start, (u64)drm_vma_node_start(&bo->base.vma_node));
	kunit_release_action(test, dgem_test_put_bo, bo);
	expect_offsets(test, 0);
}

/* Success: at the limit there is no offset, and later there can be one. */
static void dgem_bo_offset_limit(struct kunit *test)
{
	struct offset_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test);
	u64 most = DGEM_OFFSET_PAGES / 8 - TEST_PAGES + 1;

	dgem_limit_charge_always(t->account, DGEM_LIMIT_OFFSETS, most);
	KUNIT_EXPECT_EQ(test, -EDQUOT, dgem_bo_make_offset(bo));
	KUNIT_EXPECT_FALSE(test, drm_mm_node_allocated(&bo->base.vma_node.vm_node));
	expect_offsets(test, most);
	dgem_limit_uncharge(t->account, DGEM_LIMIT_OFFSETS, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_make_offset(bo));
	dgem_limit_uncharge(t->account, DGEM_LIMIT_OFFSETS, most - 1);
	expect_offsets(test, TEST_PAGES);
}

/* Success: when all of the space is taken, nothing is charged. */
static void dgem_bo_offset_space(struct kunit *test)
{
	struct offset_test *t = test->priv;
	struct drm_vma_offset_manager *space = t->ddev->drm.vma_offset_manager;
	struct dgem_bo *bo = new_bo(test);
	struct drm_vma_offset_node *all;

	all = kunit_kzalloc(test, sizeof(*all), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, all);
	drm_vma_node_reset(all);
	KUNIT_ASSERT_EQ(test, 0, drm_vma_offset_add(space, all, DGEM_OFFSET_PAGES));
	KUNIT_EXPECT_EQ(test, -ENOSPC, dgem_bo_make_offset(bo));
	expect_offsets(test, 0);
	drm_vma_offset_remove(space, all);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_make_offset(bo));
	expect_offsets(test, TEST_PAGES);
}

/* Success: a dma-buf needs an offset only once it is mapped. */
static void dgem_bo_offset_of_dmabuf(struct kunit *test)
{
	struct offset_test *t = test->priv;
	struct dgem_bo *bo = new_bo(test);
	struct dma_buf *dmabuf = dgem_test_export(test, bo);
	u64 most = DGEM_OFFSET_PAGES / 8;
	unsigned long addr;

	expect_offsets(test, 0);
	dgem_limit_charge_always(t->account, DGEM_LIMIT_OFFSETS, most);
	addr = kunit_vm_mmap(test, dmabuf->file, 0, TEST_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_EXPECT_EQ(test, addr, (unsigned long)-EDQUOT);
	dgem_limit_uncharge(t->account, DGEM_LIMIT_OFFSETS, most);

	addr = kunit_vm_mmap(test, dmabuf->file, 0, TEST_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, !addr || IS_ERR_VALUE(addr));
	expect_offsets(test, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, TEST_SIZE));
	expect_offsets(test, TEST_PAGES);
}

static struct kunit_case dgem_bo_offset_cases[] = {
	KUNIT_CASE(dgem_bo_offset_once),
	KUNIT_CASE(dgem_bo_offset_limit),
	KUNIT_CASE(dgem_bo_offset_space),
	KUNIT_CASE(dgem_bo_offset_of_dmabuf),
	{}
};

static struct kunit_suite dgem_bo_offset_suite = {
	.name = "dgem_bo_offset",
	.init = dgem_bo_offset_test_init,
	.test_cases = dgem_bo_offset_cases,
};

kunit_test_suite(dgem_bo_offset_suite);
