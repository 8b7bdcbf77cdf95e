// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Heap "system" and its files: what is in them when all does not go well. */

#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>

#include <kunit/test.h>

#include "../dgem_device.h"
#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "dgem_test.h"

/* In the second chunk, what can be had of it when the file is cut. */
#define TEST_REST	9
#define TEST_PAGES	(DGEM_CHUNK_PAGES + TEST_REST)
#define TEST_ROOM	5

struct test_object {
	struct dgem_heap *heap;
	struct dgem_pages pages;
};

static void release_object(void *arg)
{
	struct test_object *object = arg;

	dgem_heap_release(object->heap, &object->pages);
}

/* A directory whose first chunk is filled, so that it has a file. */
static int dgem_heap_system_test_init(struct kunit *test)
{
	struct dgem_device *ddev = dgem_test_bind(test);
	struct test_object *object;

	object = kunit_kzalloc(test, sizeof(*object), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	object->heap = ddev->heaps[TEST_SYSTEM];
	dgem_pages_init(&object->pages, TEST_PAGES);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, release_object, object));
	KUNIT_ASSERT_EQ(test, (int)DGEM_CHUNK_PAGES,
			dgem_heap_fill(object->heap, &object->pages, 0));
	test->priv = object;
	return 0;
}

static struct address_space *mapping_of(struct test_object *object)
{
	return ((struct file *)object->pages.priv)->f_mapping;
}

/* Beyond the end of its file shmem has no pages to give. */
static void cut(struct test_object *object, unsigned long nr_pages)
{
	i_size_write(mapping_of(object)->host, (loff_t)nr_pages << PAGE_SHIFT);
}

static struct page *page_at(struct test_object *object, unsigned long idx)
{
	return pfn_to_page(dgem_pages_pfn(&object->pages, idx));
}

/* Success: what a fill got before it failed does not stay in the file. */
static void dgem_heap_system_takes_back(struct kunit *test)
{
	struct test_object *object = test->priv;
	struct dgem_pages *pages = &object->pages;

	cut(object, DGEM_CHUNK_PAGES + TEST_ROOM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_heap_fill(object->heap, pages, 1));
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_EQ(test, pages->resident, DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_EQ(test, mapping_of(object)->nrpages, DGEM_CHUNK_PAGES);

	cut(object, TEST_PAGES);
	KUNIT_EXPECT_EQ(test, TEST_REST, dgem_heap_fill(object->heap, pages, 1));
	KUNIT_EXPECT_EQ(test, mapping_of(object)->nrpages, TEST_PAGES);
}

/*
 * Success: contents that were evicted stay in the file when the next fill
 * fails.
 */
static void dgem_heap_system_keeps_on_failure(struct kunit *test)
{
	struct test_object *object = test->priv;
	struct dgem_pages *pages = &object->pages;
	unsigned long i, found;

	KUNIT_ASSERT_EQ(test, TEST_REST, dgem_heap_fill(object->heap, pages, 1));
	for (i = DGEM_CHUNK_PAGES; i < TEST_PAGES; i++)
		memcpy_to_page(page_at(object, i), 8, (char *)&i, sizeof(i));
	dgem_heap_empty(object->heap, pages, 1, true);

	cut(object, DGEM_CHUNK_PAGES + TEST_ROOM);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_heap_fill(object->heap, pages, 1));
	KUNIT_EXPECT_EQ(test, mapping_of(object)->nrpages, TEST_PAGES);

	cut(object, TEST_PAGES);
	KUNIT_ASSERT_EQ(test, TEST_REST, dgem_heap_fill(object->heap, pages, 1));
	for (i = DGEM_CHUNK_PAGES; i < TEST_PAGES; i++) {
		memcpy_from_page((char *)&found, page_at(object, i), 8,
				 sizeof(found));
		KUNIT_EXPECT_EQ(test, found, i);
	}
}

/*
 * Success: a single page takes one of the file, and none if it fails. What the file
 * has of an empty chunk comes with the first.
 */
static void dgem_heap_system_fills_page(struct kunit *test)
{
	struct test_object *object = test->priv;
	struct dgem_pages *pages = &object->pages;
	unsigned long idx = DGEM_CHUNK_PAGES + 2, found;

	cut(object, idx);
	KUNIT_EXPECT_EQ(test, -ENOMEM, dgem_heap_fill_page(object->heap, pages, idx));
	KUNIT_EXPECT_TRUE(test, dgem_pages_is_empty(pages, 1));
	KUNIT_EXPECT_EQ(test, mapping_of(object)->nrpages, DGEM_CHUNK_PAGES);

	cut(object, TEST_PAGES);
	KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(object->heap, pages, idx));
	KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(object->heap, pages, idx + 1));
	KUNIT_EXPECT_EQ(test, mapping_of(object)->nrpages, DGEM_CHUNK_PAGES + 2);
	KUNIT_EXPECT_EQ(test, pages->resident, DGEM_CHUNK_PAGES + 2);
	KUNIT_EXPECT_EQ(test, (long)pages->resident,
			atomic_long_read(&object->heap->used));
	memcpy_to_page(page_at(object, idx), 8, (char *)&idx, sizeof(idx));

	dgem_heap_empty(object->heap, pages, 1, true);
	KUNIT_EXPECT_EQ(test, pages->resident, DGEM_CHUNK_PAGES);
	KUNIT_ASSERT_EQ(test, 2, dgem_heap_fill_page(object->heap, pages, idx + 1));
	memcpy_from_page((char *)&found, page_at(object, idx), 8, sizeof(found));
	KUNIT_EXPECT_EQ(test, found, idx);

	KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(object->heap, pages, idx + 3));
}

/* Success: only a directory without holes keeps page reclaim from its file. */
static void dgem_heap_system_unevictable(struct kunit *test)
{
	struct test_object *object = test->priv;
	struct dgem_pages *pages = &object->pages;
	unsigned long idx;

	for (idx = DGEM_CHUNK_PAGES; idx < TEST_PAGES; idx++) {
		KUNIT_EXPECT_FALSE(test, mapping_unevictable(mapping_of(object)));
		KUNIT_ASSERT_EQ(test, 1, dgem_heap_fill_page(object->heap, pages, idx));
	}
	KUNIT_EXPECT_TRUE(test, dgem_pages_filled(pages, 1));
	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping_of(object)));
	dgem_heap_empty(object->heap, pages, 1, true);
	KUNIT_EXPECT_FALSE(test, mapping_unevictable(mapping_of(object)));
}

static struct kunit_case dgem_heap_system_cases[] = {
	KUNIT_CASE(dgem_heap_system_takes_back),
	KUNIT_CASE(dgem_heap_system_keeps_on_failure),
	KUNIT_CASE(dgem_heap_system_fills_page),
	KUNIT_CASE(dgem_heap_system_unevictable),
	{}
};

static struct kunit_suite dgem_heap_system_suite = {
	.name = "dgem_heap_system",
	.init = dgem_heap_system_test_init,
	.test_cases = dgem_heap_system_cases,
};

kunit_test_suite(dgem_heap_system_suite);
