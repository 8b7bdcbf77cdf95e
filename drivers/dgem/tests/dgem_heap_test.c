// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Both heaps by way of the table of operations, and what is around it. */

#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/string.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_device.h"
#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

struct heap_param {
	u32 index;
	const char *name;
};

static const struct heap_param heap_params[] = {
	{ TEST_SYSTEM, "system" },
	{ TEST_PINNED, "pinned" },
};

KUNIT_ARRAY_PARAM_DESC(dgem_heap, heap_params, name);

static int dgem_heap_test_init(struct kunit *test)
{
	test->priv = dgem_test_bind(test);
	return 0;
}

static struct dgem_heap *param_heap(struct kunit *test)
{
	const struct heap_param *param = test->param_value;
	struct dgem_device *ddev = test->priv;

	return ddev->heaps[param->index];
}

struct test_object {
	struct dgem_heap *heap;
	struct dgem_pages pages;
};

static void release_object(void *arg)
{
	struct test_object *object = arg;

	dgem_heap_release(object->heap, &object->pages);
}

/* A directory of holes that is released with the test. */
static struct dgem_pages *new_object(struct kunit *test, struct dgem_heap *heap,
				     unsigned long nr_pages)
{
	struct test_object *object;

	object = kunit_kzalloc(test, sizeof(*object), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	object->heap = heap;
	dgem_pages_init(&object->pages, nr_pages);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, release_object, object));
	return &object->pages;
}

static void fill_all(struct kunit *test, struct dgem_heap *heap,
		     struct dgem_pages *pages)
{
	unsigned long chunk;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		KUNIT_ASSERT_EQ(test, (int)dgem_pages_in_chunk(pages, chunk),
				dgem_heap_fill(heap, pages, chunk));
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
}

static void empty_all(struct dgem_heap *heap, struct dgem_pages *pages, bool keep)
{
	unsigned long chunk;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		dgem_heap_empty(heap, pages, chunk, keep);
}

static struct page *page_at(struct dgem_pages *pages, unsigned long idx)
{
	return pfn_to_page(dgem_pages_pfn(pages, idx));
}

/* Success: fresh pages read as zero, also where such memory was dirty before. */
static void dgem_heap_fills_zeroes(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	struct dgem_pages *pages;
	unsigned long i;
	int round;

	for (round = 0; round < 2; round++) {
		pages = new_object(test, heap, DGEM_CHUNK_PAGES + 3);
		fill_all(test, heap, pages);
		for (i = 0; i < pages->nr_pages; i++) {
			void *vaddr = kmap_local_page(page_at(pages, i));

			KUNIT_EXPECT_NULL(test, memchr_inv(vaddr, 0, PAGE_SIZE));
			memset(vaddr, 0xa5, PAGE_SIZE);
			kunmap_local(vaddr);
		}
		kunit_release_action(test, release_object,
				     container_of(pages, struct test_object,
						  pages));
	}
}

/* Success: an object of any size gets each of its pages, and each just once. */
static void dgem_heap_fills_any_size(struct kunit *test)
{
	static const unsigned long sizes[] = {
		1, 2, 3, 5, 64, 100, DGEM_CHUNK_PAGES - 1, DGEM_CHUNK_PAGES,
		DGEM_CHUNK_PAGES + 1, DGEM_CHUNK_PAGES + 7, 2 * DGEM_CHUNK_PAGES,
	};
	struct dgem_heap *heap = param_heap(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct dgem_pages *pages = new_object(test, heap, sizes[i]);
		unsigned long j;

		fill_all(test, heap, pages);
		KUNIT_EXPECT_EQ(test, pages->resident, sizes[i]);
		/* Each page has its number: none is there twice. */
		for (j = 0; j < sizes[i]; j++)
			memcpy_to_page(page_at(pages, j), 0, (char *)&j, sizeof(j));
		for (j = 0; j < sizes[i]; j++) {
			unsigned long found;

			memcpy_from_page((char *)&found, page_at(pages, j), 0,
					 sizeof(found));
			KUNIT_ASSERT_EQ(test, found, j);
		}
	}
}

/* Success: chunks can be filled in any order, and only those asked for are. */
static void dgem_heap_fills_any_chunk(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	struct dgem_pages *pages;

	pages = new_object(test, heap, 3 * DGEM_CHUNK_PAGES + 9);
	KUNIT_ASSERT_GT(test, dgem_heap_fill(heap, pages, 3), 0);
	KUNIT_EXPECT_EQ(test, pages->resident, 9);
	KUNIT_ASSERT_GT(test, dgem_heap_fill(heap, pages, 1), 0);
	KUNIT_EXPECT_EQ(test, pages->resident, DGEM_CHUNK_PAGES + 9);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 2));
}

/* Success: the heap counts as used what is resident, from fill to empty. */
static void dgem_heap_counts_used(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	struct dgem_pages *pages;

	pages = new_object(test, heap, DGEM_CHUNK_PAGES + 3);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&heap->used));
	KUNIT_ASSERT_GT(test, dgem_heap_fill(heap, pages, 1), 0);
	KUNIT_EXPECT_EQ(test, 3, atomic_long_read(&heap->used));
	KUNIT_ASSERT_GT(test, dgem_heap_fill(heap, pages, 0), 0);
	KUNIT_EXPECT_EQ(test, (long)DGEM_CHUNK_PAGES + 3,
			atomic_long_read(&heap->used));
	dgem_heap_empty(heap, pages, 0, false);
	KUNIT_EXPECT_EQ(test, 3, atomic_long_read(&heap->used));
	KUNIT_EXPECT_EQ(test, pages->resident, 3);
	dgem_heap_empty(heap, pages, 1, false);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&heap->used));
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
	KUNIT_EXPECT_EQ(test, pages->runs, 0);
}

/* Success: each heap fills single pages, which read as zero, up to a whole chunk. */
static void dgem_heap_fills_pages(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	struct dgem_pages *pages = new_object(test, heap, DGEM_CHUNK_PAGES + 3);
	unsigned long i;

	for (i = 0; i < DGEM_CHUNK_PAGES; i++) {
		unsigned long idx = i * 77 % DGEM_CHUNK_PAGES;
		void *vaddr;

		KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(heap, pages, idx));
		KUNIT_ASSERT_TRUE(test, dgem_pages_present(pages, idx));
		KUNIT_ASSERT_EQ(test, pages->resident, i + 1);
		KUNIT_ASSERT_EQ(test, (long)i + 1, atomic_long_read(&heap->used));
		vaddr = kmap_local_page(page_at(pages, idx));
		KUNIT_EXPECT_NULL(test, memchr_inv(vaddr, 0, PAGE_SIZE));
		memset(vaddr, 0xa5, PAGE_SIZE);
		kunmap_local(vaddr);
	}
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 0));

	/* One that stays as it is, with holes, until it is released. */
	KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(heap, pages, DGEM_CHUNK_PAGES + 1));
	dgem_heap_empty(heap, pages, 0, false);
	KUNIT_EXPECT_EQ(test, pages->resident, 1);
	KUNIT_EXPECT_EQ(test, 1, atomic_long_read(&heap->used));
}

/* Success: an object that was emptied can be filled again. */
static void dgem_heap_refills(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	struct dgem_pages *pages;

	pages = new_object(test, heap, DGEM_CHUNK_PAGES + 3);
	fill_all(test, heap, pages);
	empty_all(heap, pages, false);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 0));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 1));
	fill_all(test, heap, pages);
}

/* Success: a swappable heap restores contents that were evicted. */
static void dgem_heap_keeps(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_heap *heap = ddev->heaps[TEST_SYSTEM];
	struct dgem_pages *pages;
	unsigned long i;

	pages = new_object(test, heap, DGEM_CHUNK_PAGES + 3);
	fill_all(test, heap, pages);
	for (i = 0; i < pages->nr_pages; i++)
		memcpy_to_page(page_at(pages, i), 100, (char *)&i, sizeof(i));
	empty_all(heap, pages, true);
	KUNIT_EXPECT_EQ(test, pages->resident, 0);
	fill_all(test, heap, pages);
	for (i = 0; i < pages->nr_pages; i++) {
		unsigned long found;

		memcpy_from_page((char *)&found, page_at(pages, i), 100,
				 sizeof(found));
		KUNIT_ASSERT_EQ(test, found, i);
	}
}

/*
 * Success: if others may hold pages, those of heap "pinned" are pages of their own, in
 * runs and in tables: a page that is held stays, with its contents, and no other does.
 */
static void dgem_heap_splits(struct kunit *test)
{
	static const unsigned long sizes[] = { 1, 3, 8, DGEM_CHUNK_PAGES + 3 };
	struct dgem_device *ddev = test->priv;
	struct dgem_heap *heap = ddev->heaps[TEST_PINNED];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct dgem_pages *pages = new_object(test, heap, sizes[i]);
		unsigned long last = sizes[i] - 1, j;
		struct page *held;
		char byte = 0x5a;

		pages->direct = true;
		fill_all(test, heap, pages);
		for (j = 0; j < sizes[i]; j++) {
			KUNIT_EXPECT_EQ(test, 1, page_count(page_at(pages, j)));
			KUNIT_EXPECT_FALSE(test, PageCompound(page_at(pages, j)));
		}

		held = page_at(pages, last);
		get_page(held);
		memcpy_to_page(held, 7, &byte, 1);
		kunit_release_action(test, release_object,
				     container_of(pages, struct test_object, pages));
		KUNIT_EXPECT_EQ(test, 1, page_count(held));
		byte = 0;
		memcpy_from_page(&byte, held, 7, 1);
		KUNIT_EXPECT_EQ(test, byte, 0x5a);
		put_page(held);
	}
}

/* Success: user space is told name, kind, and what is used, in bytes. */
static void dgem_heap_tells(struct kunit *test)
{
	struct dgem_heap *heap = param_heap(test);
	bool system = heap->index == TEST_SYSTEM;
	struct drm_dgem_heap_info info = {};
	struct dgem_pages *pages;

	pages = new_object(test, heap, 6);
	fill_all(test, heap, pages);
	dgem_heap_info(heap, &info);
	KUNIT_EXPECT_STREQ(test, info.name, system ? "system" : "pinned");
	KUNIT_EXPECT_EQ(test, info.kind, (u32)(system ? DRM_DGEM_HEAP_SYSTEM :
					       DRM_DGEM_HEAP_PINNED));
	KUNIT_EXPECT_EQ(test, info.used, (u64)6 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, info.granularity, (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, info.create_flags, (u64)DGEM_BO_RAM_FLAGS);
	KUNIT_EXPECT_EQ(test, system, !!(info.caps & DRM_DGEM_HEAP_CAP_SWAPPABLE));
	KUNIT_EXPECT_TRUE(test, info.caps & DRM_DGEM_HEAP_CAP_CHARGED);
	KUNIT_EXPECT_TRUE(test, info.caps & DRM_DGEM_HEAP_CAP_PURGEABLE);
	KUNIT_EXPECT_EQ(test, info.numa_node, -1);
}

/* Success: heaps get numbers in turn until there are too many; none is beyond. */
static void dgem_heap_registry(struct kunit *test)
{
	struct dgem_device *ddev = test->priv;
	struct dgem_heap extra = { .name = "extra" };
	u32 first = ddev->num_heaps, i;

	KUNIT_EXPECT_EQ(test, first, TEST_HEAPS);
	for (i = 0; i < first; i++)
		KUNIT_EXPECT_PTR_EQ(test, dgem_heap_get(ddev, i), ddev->heaps[i]);
	KUNIT_EXPECT_NULL(test, dgem_heap_get(ddev, first));
	KUNIT_EXPECT_NULL(test, dgem_heap_get(ddev, U32_MAX));

	for (i = first; i < ARRAY_SIZE(ddev->heaps); i++) {
		KUNIT_EXPECT_EQ(test, 0, dgem_heap_add(ddev, &extra));
		KUNIT_EXPECT_EQ(test, extra.index, i);
		KUNIT_EXPECT_PTR_EQ(test, dgem_heap_get(ddev, i), &extra);
	}
	KUNIT_EXPECT_EQ(test, -ENOSPC, dgem_heap_add(ddev, &extra));
	KUNIT_EXPECT_EQ(test, (size_t)ddev->num_heaps, ARRAY_SIZE(ddev->heaps));
	ddev->num_heaps = first;
}

static struct kunit_case dgem_heap_cases[] = {
	KUNIT_CASE_PARAM(dgem_heap_fills_zeroes, dgem_heap_gen_params),
	KUNIT_CASE_PARAM(dgem_heap_fills_any_size, dgem_heap_gen_params),
	KUNIT_CASE_PARAM(dgem_heap_fills_any_chunk, dgem_heap_gen_params),
	KUNIT_CASE_PARAM(dgem_heap_counts_used, dgem_heap_gen_params),
	KUNIT_CASE_PARAM(dgem_heap_fills_pages, dgem_heap_gen_params),
	KUNIT_CASE_PARAM(dgem_heap_refills, dgem_heap_gen_params),
	KUNIT_CASE(dgem_heap_keeps),
	KUNIT_CASE(dgem_heap_splits),
	KUNIT_CASE_PARAM(dgem_heap_tells, dgem_heap_gen_params),
	KUNIT_CASE(dgem_heap_registry),
	{}
};

static struct kunit_suite dgem_heap_suite = {
	.name = "dgem_heap",
	.init = dgem_heap_test_init,
	.test_cases = dgem_heap_cases,
};

kunit_test_suite(dgem_heap_suite);
