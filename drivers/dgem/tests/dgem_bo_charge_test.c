// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What BOs are charged: when created, filled and used. */

#include <linux/dma-buf.h>
#include <linux/iosys-map.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo_charge.h"
#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_cost.h"
#include "../dgem_import.h"
#include "dgem_limit_test.h"

/* A chunk and a short one. */
#define TEST_PAGES (DGEM_CHUNK_PAGES + 5)
#define TEST_SIZE ((u64)TEST_PAGES << PAGE_SHIFT)
#define TEST_KERNEL (SZ_1K + 2 * 8)

struct charge_test {
	struct dgem_device *ddev;
	struct dgem_account *account;
};

static int dgem_bo_charge_test_init(struct kunit *test)
{
	struct charge_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	keep_limits(test);
	set_limits(0, 0);
	set_system_limits(0, 0);
	t->ddev = dgem_test_bind(test);
	t->account = account_nr(test, t->ddev, 0);
	test->priv = t;
	return 0;
}

static void expect_used(struct kunit *test, u64 bytes, u64 backing_pages, u64 offset_pages)
{
	struct charge_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, unswappable(t->account), bytes);
	KUNIT_EXPECT_EQ(test, backing(t->account), backing_pages);
	KUNIT_EXPECT_EQ(test, offsets(t->account), offset_pages);
}

/* With the tables that it needs: none where the heap has huge pages. */
static u64 with_tables(struct dgem_bo *bo, u64 pages)
{
	return pages + dgem_pages_of_tables(&bo->pages);
}

static struct dgem_bo *new_bo_of(struct kunit *test, struct dgem_heap *heap)
{
	struct charge_test *t = test->priv;
	struct dgem_bo *bo;

	bo = dgem_bo_create(t->ddev, t->account, heap, TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, dgem_test_put_bo, bo));
	return bo;
}

static struct dgem_bo *new_bo(struct kunit *test, unsigned int heap)
{
	struct charge_test *t = test->priv;

	return new_bo_of(test, t->ddev->heaps[heap]);
}

static int populate(struct dgem_bo *bo, unsigned long chunk)
{
	return dgem_test_touch(bo, chunk << DGEM_CHUNK_ORDER);
}

/* Success: creation is charged what the BO costs, and the end gives it back. */
static void dgem_bo_charge_create(struct kunit *test)
{
	struct dgem_bo *system = new_bo(test, TEST_SYSTEM), *pinned;

	expect_used(test, TEST_KERNEL, 0, 0);
	pinned = new_bo(test, TEST_PINNED);
	expect_used(test, 2 * TEST_KERNEL + TEST_SIZE, 0, 0);
	kunit_release_action(test, dgem_test_put_bo, pinned);
	expect_used(test, TEST_KERNEL, 0, 0);
	kunit_release_action(test, dgem_test_put_bo, system);
	expect_used(test, 0, 0, 0);
}

/* Success: a BO that costs more than is left is refused and charged nothing. */
static void dgem_bo_charge_create_refused(struct kunit *test)
{
	struct charge_test *t = test->priv;
	struct dgem_bo *bo;

	set_limits(1, 0);
	bo = dgem_bo_create(t->ddev, t->account, t->ddev->heaps[TEST_PINNED], SZ_1M, 0);
	KUNIT_EXPECT_PTR_EQ(test, bo, ERR_PTR(-EDQUOT));
	expect_used(test, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(t->ddev, DGEM_STAT_BOS));
	KUNIT_EXPECT_EQ(test, refcount_read(&t->account->refcount), 1);
}

/* Success: an imported BO costs its kernel memory, and an offset its size. */
static void dgem_bo_charge_imported(struct kunit *test)
{
	struct charge_test *t = test->priv;
	struct dgem_device *exporter = dgem_test_bind(test);
	struct dgem_bo *exported, *bo;
	struct dma_buf *dmabuf;

	exported = dgem_test_bo(test, exporter, exporter->heaps[TEST_PINNED], TEST_SIZE);
	dmabuf = dgem_test_export(test, exported);
	bo = dgem_bo_create_imported(t->ddev, t->account, dmabuf);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	expect_used(test, SZ_1K, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_make_offset(bo));
	expect_used(test, SZ_1K, 0, TEST_PAGES);
	dgem_bo_free(bo);
	expect_used(test, 0, 0, 0);
}

/* Success: pins, kernel mappings and device mappings are charged once together. */
static void dgem_bo_charge_use(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);
	u64 used = TEST_KERNEL + TEST_SIZE;
	struct iosys_map map;

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_use_locked(bo));
	expect_used(test, used, with_tables(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_vmap_locked(bo, &map));
	expect_used(test, used, with_tables(bo, TEST_PAGES), 0);
	dgem_bo_unuse_locked(bo);
	dgem_bo_unpin_locked(bo);
	expect_used(test, used, with_tables(bo, TEST_PAGES), 0);
	dgem_bo_vunmap_locked(bo, &map);
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
	dgem_test_unlock(bo);
}

/* Success: what has been charged for its size is not charged when it is used. */
static void dgem_bo_charge_use_of_pinned(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_PINNED);

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_pin_locked(bo));
	expect_used(test, TEST_KERNEL + TEST_SIZE, 0, 0);
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
	expect_used(test, TEST_KERNEL + TEST_SIZE, 0, 0);
}

/* Success: a use beyond the limit gets ENOMEM before a page is allocated. */
static void dgem_bo_charge_use_refused(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);

	set_limits(2, 0);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_pin_locked(bo));
	dgem_test_unlock(bo);
	expect_used(test, TEST_KERNEL, 0, 0);
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
	KUNIT_EXPECT_EQ(test, bo->use_count, 0);
}

/* Success: a use whose memory cannot be had is not charged. */
static void dgem_bo_charge_use_fails(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);

	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_bo_use_locked(bo));
	dgem_test_unlock(bo);
	expect_used(test, TEST_KERNEL, 0, 0);
}

/*
 * Success: each fill is charged what it takes, which stays charged over eviction
 * and is not charged again by what comes back.
 */
static void dgem_bo_charge_backing(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);

	KUNIT_EXPECT_EQ(test, 0, populate(bo, 1));
	expect_used(test, TEST_KERNEL, 5, 0);
	KUNIT_EXPECT_EQ(test, 0, populate(bo, 1));
	expect_used(test, TEST_KERNEL, 5, 0);
	KUNIT_EXPECT_EQ(test, 0, populate(bo, 0));
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
	kunit_release_action(test, dgem_test_put_bo, bo);
	expect_used(test, 0, 0, 0);
}

/* Success: memory of a heap that is not swappable is not charged by fills. */
static void dgem_bo_charge_backing_of_pinned(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_PINNED);

	set_system_limits(1, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	expect_used(test, TEST_KERNEL + TEST_SIZE, 0, 0);
}

/*
 * Success: up to the limit there is memory, by pages where a chunk would be too much,
 * and beyond it none, unless there is swap, and then it is charged all the same.
 */
static void dgem_bo_charge_backing_limit(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);
	unsigned long limit = SZ_1M >> PAGE_SHIFT, idx = 0;

	set_system_limits(1, 0);
	kunit_activate_static_stub(test, dgem_limit_free_swap, no_swap);
	KUNIT_EXPECT_EQ(test, 0, populate(bo, 1));
	while (idx < DGEM_CHUNK_PAGES && !dgem_test_touch(bo, idx))
		idx++;
	KUNIT_EXPECT_EQ(test, with_tables(bo, idx + 5), limit);
	KUNIT_EXPECT_LT(test, with_tables(bo, 0), limit);
	expect_used(test, TEST_KERNEL, limit, 0);
	set_system_limits(0, 1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_test_touch(bo, idx));
	expect_used(test, TEST_KERNEL, limit, 0);
	kunit_activate_static_stub(test, dgem_limit_free_swap, much_swap);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
}

/* Success: the first page of a chunk is refused where its table is too much. */
static void dgem_bo_charge_table(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);
	struct charge_test *t = test->priv;
	u64 table = (DGEM_CHUNK_PAGES * sizeof(struct page *)) >> PAGE_SHIFT;
	u64 limit = SZ_1M >> PAGE_SHIFT;

	if (!table)
		kunit_skip(test, "tables are smaller than a page");

	set_system_limits(1, 0);
	kunit_activate_static_stub(test, dgem_limit_free_swap, no_swap);
	dgem_limit_charge_always(t->account, DGEM_LIMIT_BACKING, limit - table);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_test_touch(bo, 0));
	expect_used(test, TEST_KERNEL, limit - table, 0);
	dgem_limit_uncharge(t->account, DGEM_LIMIT_BACKING, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_test_touch(bo, 0));
	expect_used(test, TEST_KERNEL, limit, 0);

	/* It is given back when the chunk is evicted; the page is not. */
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), 1);
	expect_used(test, TEST_KERNEL, limit - table, 0);
	dgem_limit_uncharge(t->account, DGEM_LIMIT_BACKING, limit - table - 1);
	kunit_release_action(test, dgem_test_put_bo, bo);
	expect_used(test, 0, 0, 0);
}

/* Success: what was evicted comes back, beyond limits and in spite of low RAM. */
static void dgem_bo_charge_comes_back(struct kunit *test)
{
	struct dgem_bo *bo = new_bo(test, TEST_SYSTEM);

	dgem_test_write(test, bo, 0xc0);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_PAGES), TEST_PAGES);
	set_system_limits(1, 1);
	kunit_activate_static_stub(test, dgem_limit_free_swap, no_swap);
	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	expect_used(test, TEST_KERNEL, with_tables(bo, TEST_PAGES), 0);
	kunit_deactivate_static_stub(test, dgem_limit_available);
	dgem_test_expect(test, bo, 0xc0);
}

/* Success: who is exempt gets no fresh memory either while RAM is low. */
static void dgem_bo_charge_ram_is_low(struct kunit *test)
{
	struct charge_test *t = test->priv;
	unsigned int heap;

	kunit_activate_static_stub(test, dgem_limit_available, no_ram);
	for (heap = TEST_SYSTEM; heap <= TEST_PINNED; heap++) {
		struct dgem_bo *bo = new_bo(test, heap), *exempt;

		exempt = dgem_test_bo(test, t->ddev, t->ddev->heaps[heap], TEST_SIZE);
		KUNIT_EXPECT_EQ(test, -ENOMEM, populate(bo, 0));
		KUNIT_EXPECT_EQ(test, -ENOMEM, populate(exempt, 0));
		KUNIT_EXPECT_EQ(test, bo->pages.resident, 0);
		KUNIT_EXPECT_EQ(test, exempt->pages.resident, 0);
		KUNIT_EXPECT_EQ(test, backing(t->account), 0);
	}
}

static int failing_fill(struct dgem_heap *heap, struct dgem_pages *pages, unsigned long chunk)
{
	return -ENOMEM;
}

/* The first fill fails with all that was asked for charged, the second leaves 3. */
static unsigned long failing_backed(struct dgem_heap *heap, struct dgem_pages *pages)
{
	return atomic_long_read(&heap->used);
}

static const struct dgem_heap_ops failing_ops = {
	.fill = failing_fill,
	.backed = failing_backed,
};

/* Success: a fill that fails is charged for what it has left in the heap. */
static void dgem_bo_charge_fill_fails(struct kunit *test)
{
	struct dgem_heap *heap = kunit_kzalloc(test, sizeof(*heap), GFP_KERNEL);
	struct dgem_bo *bo;

	KUNIT_ASSERT_NOT_NULL(test, heap);
	heap->ops = &failing_ops;
	heap->caps = DRM_DGEM_HEAP_CAP_SWAPPABLE;
	bo = new_bo_of(test, heap);
	KUNIT_EXPECT_EQ(test, -ENOMEM, populate(bo, 0));
	expect_used(test, TEST_KERNEL, 0, 0);
	atomic_long_set(&heap->used, 3);
	KUNIT_EXPECT_EQ(test, -ENOMEM, populate(bo, 0));
	expect_used(test, TEST_KERNEL, 3, 0);
	KUNIT_EXPECT_EQ(test, -ENOMEM, populate(bo, 0));
	expect_used(test, TEST_KERNEL, 3, 0);
	kunit_release_action(test, dgem_test_put_bo, bo);
	expect_used(test, 0, 0, 0);
}

static struct kunit_case dgem_bo_charge_cases[] = {
	KUNIT_CASE(dgem_bo_charge_create),
	KUNIT_CASE(dgem_bo_charge_create_refused),
	KUNIT_CASE(dgem_bo_charge_imported),
	KUNIT_CASE(dgem_bo_charge_use),
	KUNIT_CASE(dgem_bo_charge_use_of_pinned),
	KUNIT_CASE(dgem_bo_charge_use_refused),
	KUNIT_CASE(dgem_bo_charge_use_fails),
	KUNIT_CASE(dgem_bo_charge_backing),
	KUNIT_CASE(dgem_bo_charge_backing_of_pinned),
	KUNIT_CASE(dgem_bo_charge_backing_limit),
	KUNIT_CASE(dgem_bo_charge_table),
	KUNIT_CASE(dgem_bo_charge_comes_back),
	KUNIT_CASE(dgem_bo_charge_ram_is_low),
	KUNIT_CASE(dgem_bo_charge_fill_fails),
	{}
};

static struct kunit_suite dgem_bo_charge_suite = {
	.name = "dgem_bo_charge",
	.init = dgem_bo_charge_test_init,
	.test_cases = dgem_bo_charge_cases,
};

kunit_test_suite(dgem_bo_charge_suite);
