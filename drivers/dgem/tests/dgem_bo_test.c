// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * The states of a BO: new, resident in part and in full, pinned, mapped; what
 * is counted on the way. Eviction is in dgem_evict_test.c.
 */

#include <linux/iosys-map.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_heap.h"
#include "../dgem_mmap.h"
#include "dgem_test.h"

/* Two chunks and a short one. */
#define TEST_CHUNKS	3
#define TEST_PAGES	(2 * DGEM_CHUNK_PAGES + 5)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)

static int dgem_bo_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_bo *system_bo(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;

	return dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
}

static void expect_stat(struct kunit *test, enum dgem_stat stat, long value)
{
	KUNIT_EXPECT_EQ_MSG(test, dgem_stat_read(test->priv, stat), value,
			    "counter %d", stat);
}

static void pin(struct kunit *test, struct dgem_bo *bo)
{
	int ret;

	dgem_test_lock(bo);
	ret = dgem_bo_pin_locked(bo);
	dgem_test_unlock(bo);
	KUNIT_ASSERT_EQ(test, 0, ret);
}

static void unpin(struct dgem_bo *bo)
{
	dgem_test_lock(bo);
	dgem_bo_unpin_locked(bo);
	dgem_test_unlock(bo);
}

static void populate(struct kunit *test, struct dgem_bo *bo, unsigned long chunk)
{
	KUNIT_ASSERT_EQ(test, 0, dgem_test_touch(bo, chunk << DGEM_CHUNK_ORDER));
}

/*
 * Success: a new BO is counted, has no memory and no state, and nothing that
 * reclaim could find.
 */
static void dgem_bo_new(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo), 0);
	KUNIT_EXPECT_EQ(test, (u64)bo->base.size, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, bo->pages.nr_pages, TEST_PAGES);
	KUNIT_EXPECT_NULL(test, bo->pages.dir);
	KUNIT_EXPECT_NULL(test, bo->pages.priv);
	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	expect_stat(test, DGEM_STAT_BOS, 1);
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
}

/* Success: ids differ and grow, whatever was freed in between. */
static void dgem_bo_ids_grow(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;
	u64 last = 0;
	int i;

	for (i = 0; i < 5; i++) {
		bo = dgem_bo_create(ddev, NULL, ddev->heaps[TEST_SYSTEM], PAGE_SIZE, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
		KUNIT_EXPECT_GT(test, bo->id, last);
		last = bo->id;
		dgem_bo_put(bo);
	}
	expect_stat(test, DGEM_STAT_BOS, 0);
}

/* Success: a touch makes one chunk resident, whichever it is, and no other. */
static void dgem_bo_touch(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	populate(test, bo, 1);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo),
			DRM_DGEM_BO_STATE_RESIDENT_PART);
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(&bo->pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(&bo->pages, 0));
	KUNIT_EXPECT_EQ(test, bo->pages.resident, DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, DGEM_CHUNK_PAGES);
	expect_stat(test, DGEM_STAT_SWAPPABLE_PAGES, DGEM_CHUNK_PAGES);
}

/* Success: a second touch of a chunk changes nothing, not even its pages. */
static void dgem_bo_touch_again(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);
	unsigned long pfn;

	populate(test, bo, 0);
	pfn = dgem_pages_pfn(&bo->pages, 0);
	populate(test, bo, 0);
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(&bo->pages, 0), pfn);
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	populate(test, bo, 2);
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, DGEM_CHUNK_PAGES + 5);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 2);
}

/* Success: with all chunks the BO is wholly resident, and stays so. */
static void dgem_bo_populate_all_of_it(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);
	int i;

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
		KUNIT_EXPECT_EQ(test, dgem_bo_state(bo),
				DRM_DGEM_BO_STATE_RESIDENT_PART |
				DRM_DGEM_BO_STATE_RESIDENT_ALL);
		expect_stat(test, DGEM_STAT_RESIDENT_PAGES, TEST_PAGES);
	}
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
}

/* Success: pinning fills what is missing, and leaves the lists alone. */
static void dgem_bo_pin(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	populate(test, bo, 1);
	pin(test, bo);
	KUNIT_EXPECT_EQ(test, dgem_bo_state(bo),
			DRM_DGEM_BO_STATE_RESIDENT_PART |
			DRM_DGEM_BO_STATE_RESIDENT_ALL |
			DRM_DGEM_BO_STATE_PINNED);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), TEST_CHUNKS);
	expect_stat(test, DGEM_STAT_IMPORTER_PINNED_PAGES, TEST_PAGES);
	unpin(bo);
}

/* Success: pins nest and are counted once. */
static void dgem_bo_pin_nests(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	pin(test, bo);
	pin(test, bo);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 2);
	expect_stat(test, DGEM_STAT_IMPORTER_PINNED_PAGES, TEST_PAGES);
	unpin(bo);
	KUNIT_EXPECT_TRUE(test, dgem_bo_state(bo) & DRM_DGEM_BO_STATE_PINNED);
	expect_stat(test, DGEM_STAT_IMPORTER_PINNED_PAGES, TEST_PAGES);
	unpin(bo);
	KUNIT_EXPECT_FALSE(test, dgem_bo_state(bo) & DRM_DGEM_BO_STATE_PINNED);
	expect_stat(test, DGEM_STAT_IMPORTER_PINNED_PAGES, 0);
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, TEST_PAGES);
}

/* Success: kernel mappings nest, share an address, and pin while they last. */
static void dgem_bo_vmap_nests(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);
	struct iosys_map first, second;

	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_vmap_locked(bo, &first));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_vmap_locked(bo, &second));
	KUNIT_EXPECT_PTR_EQ(test, first.vaddr, second.vaddr);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 2);
	dgem_bo_vunmap_locked(bo, &first);
	KUNIT_EXPECT_TRUE(test, iosys_map_is_null(&first));
	KUNIT_EXPECT_PTR_EQ(test, bo->vaddr, second.vaddr);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 1);
	dgem_bo_vunmap_locked(bo, &second);
	KUNIT_EXPECT_NULL(test, bo->vaddr);
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	dgem_test_unlock(bo);
	expect_stat(test, DGEM_STAT_VMAPS, 2);
}

/* Success: what the kernel wrote by one mapping is read by the next. */
static void dgem_bo_vmap_keeps_contents(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	dgem_test_write(test, bo, 0x1234);
	dgem_test_expect(test, bo, 0x1234);
	KUNIT_EXPECT_EQ(test, bo->vmap_count, 0);
}

/* Success: VMAs are counted, and a BO that has one is found by reclaim. */
static void dgem_bo_mmap_counts(struct kunit *test)
{
	struct dgem_bo *bo = system_bo(test);

	dgem_bo_mmap_get(bo);
	populate(test, bo, 0);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	dgem_bo_mmap_get(bo);
	expect_stat(test, DGEM_STAT_MMAPS, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&bo->mmap_count), 2);
	dgem_bo_mmap_put(bo);
	dgem_bo_mmap_put(bo);
	KUNIT_EXPECT_EQ(test, dgem_test_listed(bo), 1);
	expect_stat(test, DGEM_STAT_MMAPS, 0);
}

/* Success: memory that cannot be swapped is never offered to reclaim. */
static void dgem_bo_pinned_heap(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_bo *bo;

	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_PINNED], TEST_SIZE);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	pin(test, bo);
	unpin(bo);
	KUNIT_EXPECT_NULL(test, dgem_chunk_find(bo, 0));
	expect_stat(test, DGEM_STAT_RESIDENT_PAGES, TEST_PAGES);
	expect_stat(test, DGEM_STAT_SWAPPABLE_PAGES, 0);
}

/* Success: a BO that is freed takes its pages off all counters and lists. */
static void dgem_bo_free_resident(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	unsigned int heap;
	int cpu;

	for (heap = TEST_SYSTEM; heap <= TEST_PINNED; heap++) {
		struct dgem_bo *bo;

		bo = dgem_bo_create(ddev, NULL, ddev->heaps[heap], TEST_SIZE, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
		KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
		dgem_bo_put(bo);
		expect_stat(test, DGEM_STAT_BOS, 0);
		expect_stat(test, DGEM_STAT_RESIDENT_PAGES, 0);
		expect_stat(test, DGEM_STAT_SWAPPABLE_PAGES, 0);
		KUNIT_EXPECT_EQ(test, 0,
				atomic_long_read(&ddev->heaps[heap]->used));
		for_each_possible_cpu(cpu)
			KUNIT_EXPECT_TRUE(test, hlist_empty(&per_cpu_ptr(ddev->cpus, cpu)->bos));
	}
}

/* Success: a label is what was set last; the longest fits; none is empty. */
static void dgem_bo_labels(struct kunit *test)
{
	char text[DRM_DGEM_LABEL_MAX + 1], longest[DRM_DGEM_LABEL_MAX];
	struct dgem_bo *bo = system_bo(test);

	KUNIT_EXPECT_EQ(test, 0, dgem_bo_get_label(bo, text));
	KUNIT_EXPECT_STREQ(test, text, "");
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_set_label(bo, "frame", 5));
	KUNIT_EXPECT_EQ(test, 5, dgem_bo_get_label(bo, text));
	KUNIT_EXPECT_STREQ(test, text, "frame");

	memset(longest, 'x', sizeof(longest));
	KUNIT_EXPECT_EQ(test, 0,
			dgem_bo_set_label(bo, longest, sizeof(longest)));
	KUNIT_EXPECT_EQ(test, sizeof(longest), dgem_bo_get_label(bo, text));
	KUNIT_EXPECT_MEMEQ(test, text, longest, sizeof(longest));

	KUNIT_EXPECT_EQ(test, 0, dgem_bo_set_label(bo, "", 0));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_get_label(bo, text));
	KUNIT_EXPECT_NULL(test, bo->label);
}

static struct kunit_case dgem_bo_cases[] = {
	KUNIT_CASE(dgem_bo_new),
	KUNIT_CASE(dgem_bo_ids_grow),
	KUNIT_CASE(dgem_bo_touch),
	KUNIT_CASE(dgem_bo_touch_again),
	KUNIT_CASE(dgem_bo_populate_all_of_it),
	KUNIT_CASE(dgem_bo_pin),
	KUNIT_CASE(dgem_bo_pin_nests),
	KUNIT_CASE(dgem_bo_vmap_nests),
	KUNIT_CASE(dgem_bo_vmap_keeps_contents),
	KUNIT_CASE(dgem_bo_mmap_counts),
	KUNIT_CASE(dgem_bo_pinned_heap),
	KUNIT_CASE(dgem_bo_free_resident),
	KUNIT_CASE(dgem_bo_labels),
	{}
};

static struct kunit_suite dgem_bo_suite = {
	.name = "dgem_bo",
	.init = dgem_bo_test_init,
	.test_cases = dgem_bo_cases,
};

kunit_test_suite(dgem_bo_suite);
