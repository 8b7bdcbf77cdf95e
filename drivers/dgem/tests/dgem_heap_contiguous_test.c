// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Heap "contiguous", by way of the table of operations. */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_device.h"
#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "../dgem_request.h"
#include "dgem_test.h"

static int dgem_heap_contiguous_test_init(struct kunit *test)
{
	struct dgem_device *ddev = dgem_test_bind(test);

	if (!IS_ENABLED(CONFIG_CONTIG_ALLOC))
		kunit_skip(test, "the kernel has no alloc_contig_range()");

	test->priv = ddev->heaps[TEST_CONTIGUOUS];
	return 0;
}

static const struct dgem_request any = {
	.align = PAGE_SIZE,
	.addr_bits = 64,
	.node = NUMA_NO_NODE,
};

/* Success: any size is one range, each page of which reads as zero, and is counted. */
static void dgem_heap_contiguous_range(struct kunit *test)
{
	static const unsigned long sizes[] = {
		1, 3, DGEM_CHUNK_PAGES - 1, DGEM_CHUNK_PAGES, 2 * DGEM_CHUNK_PAGES + 1,
		4 * DGEM_CHUNK_PAGES + 5,
	};
	struct dgem_heap *heap = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct dgem_request request = any;
		struct dgem_pages pages;
		unsigned long idx, first;

		dgem_pages_init(&pages, sizes[i]);
		KUNIT_ASSERT_EQ(test, (int)sizes[i],
				dgem_heap_reserve(heap, &pages, &request));
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&pages));
		KUNIT_EXPECT_EQ(test, (long)sizes[i], atomic_long_read(&heap->used));
		first = dgem_pages_pfn(&pages, 0);
		for (idx = 0; idx < sizes[i]; idx++) {
			struct page *page = pfn_to_page(first + idx);
			void *vaddr = kmap_local_page(page);

			KUNIT_EXPECT_EQ(test, first + idx, dgem_pages_pfn(&pages, idx));
			KUNIT_EXPECT_NULL(test, memchr_inv(vaddr, 0, PAGE_SIZE));
			memset(vaddr, 0xa5, PAGE_SIZE);
			kunmap_local(vaddr);
		}
		dgem_heap_release(heap, &pages);
		KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&heap->used));
	}
}

/* Error: more than is available, with nothing taken. */
static void dgem_heap_contiguous_full(struct kunit *test)
{
	struct dgem_heap *heap = test->priv;
	struct dgem_request request = any;
	struct dgem_pages pages;

	dgem_pages_init(&pages, totalram_pages());
	KUNIT_EXPECT_EQ(test, -ENOSPC, dgem_heap_reserve(heap, &pages, &request));
	KUNIT_EXPECT_EQ(test, request.reason, DRM_DGEM_REASON_FULL);
	KUNIT_EXPECT_EQ(test, pages.resident, 0);
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&heap->used));
	dgem_heap_release(heap, &pages);
}

/* Error: no memory has addresses of 12 bits but for a page that is never free. */
static void dgem_heap_contiguous_limit(struct kunit *test)
{
	struct dgem_heap *heap = test->priv;
	struct dgem_request request = any;
	struct dgem_pages pages;

	request.addr_bits = 12;
	dgem_pages_init(&pages, 2);
	KUNIT_EXPECT_EQ(test, -ENOSPC, dgem_heap_reserve(heap, &pages, &request));
	KUNIT_EXPECT_EQ(test, request.reason, DRM_DGEM_REASON_ADDR_LIMIT);
	dgem_heap_release(heap, &pages);
}

static struct kunit_case dgem_heap_contiguous_cases[] = {
	KUNIT_CASE(dgem_heap_contiguous_range),
	KUNIT_CASE(dgem_heap_contiguous_full),
	KUNIT_CASE(dgem_heap_contiguous_limit),
	{ }
};

static struct kunit_suite dgem_heap_contiguous_suite = {
	.name = "dgem_heap_contiguous",
	.init = dgem_heap_contiguous_test_init,
	.test_cases = dgem_heap_contiguous_cases,
};

kunit_test_suite(dgem_heap_contiguous_suite);
