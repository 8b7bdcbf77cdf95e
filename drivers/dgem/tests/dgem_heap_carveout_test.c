// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* A heap that consists of a region, for which there are pages of the system's here. */

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <drm/dgem_drm.h>

#include "../dgem_bo.h"
#include "../dgem_bo_reserve.h"
#include "../dgem_bo_sync.h"
#include "../dgem_device.h"
#include "../dgem_dma_map.h"
#include "../dgem_drv.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "../dgem_pages.h"
#include "../dgem_region.h"
#include "../dgem_request.h"
#include "dgem_test.h"

/* The heap's number in an instance that has those of the driver alone. */
#define TEST_CARVEOUT	t->heap->index

/* 4 MiB, without the first page and the last: no place in it is aligned by itself. */
#define ORDER		(22 - PAGE_SHIFT)
#define REGION_PAGES	(BIT(ORDER) - 2)

#define KEPT		(DRM_DGEM_BO_FIXED | DRM_DGEM_BO_KEEP_CONTENTS)

struct test_heap {
	struct dgem_device *ddev;
	struct dgem_heap *heap;
	struct dgem_region *region;
};

static void release_region_pages(struct dgem_region *region)
{
	__free_pages(pfn_to_page(region->pfn - 1), ORDER);
	kfree(region);
}

/* A region with 0xa5 in each byte, of an instance that has no heap of it yet. */
static struct test_heap *new_region(struct kunit *test)
{
	struct test_heap *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ddev = dgem_test_bind(test);
	t->region = kzalloc_obj(*t->region);
	page = alloc_pages(GFP_KERNEL, ORDER);
	KUNIT_ASSERT_NOT_NULL(test, t->region);
	KUNIT_ASSERT_NOT_NULL(test, page);

	t->region->name = "test";
	t->region->pfn = page_to_pfn(page) + 1;
	t->region->nr_pages = REGION_PAGES;
	t->region->vaddr = page_address(page + 1);
	t->region->node = page_to_nid(page);
	t->region->release = release_region_pages;
	memset(t->region->vaddr, 0xa5, REGION_PAGES << PAGE_SHIFT);
	return t;
}

static void add_heap(struct kunit *test, struct test_heap *t, bool preserve)
{
	KUNIT_ASSERT_EQ(test, 0, dgem_heap_carveout_add(t->ddev, t->region, preserve));
	t->heap = t->ddev->heaps[t->ddev->num_heaps - 1];
}

static struct test_heap *new_heap(struct kunit *test, bool preserve)
{
	struct test_heap *t = new_region(test);

	add_heap(test, t, preserve);
	return t;
}

static void zero_memory(void __iomem *io, size_t size)
{
	memset((void __force *)io, 0, size);
}

/* As of memory that a device has brought. */
static struct test_heap *new_device_heap(struct kunit *test)
{
	struct test_heap *t = new_region(test);

	kunit_activate_static_stub(test, dgem_region_zero_io, zero_memory);
	t->region->io = (void __iomem __force *)t->region->vaddr;
	t->region->vaddr = NULL;
	add_heap(test, t, false);
	return t;
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

/* Asks for memory that fulfils all of @request that is not zero. */
static int reserve(struct kunit *test, struct test_heap *t, unsigned long nr_pages,
		   struct dgem_request *request, struct dgem_pages **pages)
{
	struct test_object *object = kunit_kzalloc(test, sizeof(*object), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	object->heap = t->heap;
	dgem_pages_init(&object->pages, nr_pages);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, release_object, object));
	request->align = request->align ?: PAGE_SIZE;
	request->addr_bits = request->addr_bits ?: 64;
	*pages = &object->pages;
	return min(dgem_heap_reserve(t->heap, &object->pages, request), 0);
}

static int reserve_flags(struct kunit *test, struct test_heap *t, u64 flags, u64 offset)
{
	struct dgem_request request = {
		.flags = flags,
		.offset = offset,
		.node = NUMA_NO_NODE,
	};
	struct dgem_pages *pages;

	return reserve(test, t, 1, &request, &pages);
}

static struct dgem_pages *reserve_any(struct kunit *test, struct test_heap *t,
				      unsigned long nr_pages)
{
	struct dgem_request request = { .node = NUMA_NO_NODE };
	struct dgem_pages *pages;

	KUNIT_ASSERT_EQ(test, 0, reserve(test, t, nr_pages, &request, &pages));
	return pages;
}

static void free_pages_of(struct kunit *test, struct dgem_pages *pages)
{
	kunit_release_action(test, release_object,
			     container_of(pages, struct test_object, pages));
}

static struct drm_dgem_heap_info info_of(struct test_heap *t)
{
	struct drm_dgem_heap_info info = {};

	dgem_heap_info(t->heap, &info);
	return info;
}

static void *vaddr_of(struct test_heap *t, struct dgem_pages *pages)
{
	return t->region->vaddr +
	       ((dgem_pages_pfn(pages, 0) - t->region->pfn) << PAGE_SHIFT);
}

/* Success: the heap tells what its region is. */
static void dgem_carveout_tells(struct kunit *test)
{
	struct test_heap *t = new_heap(test, false);
	u64 size = REGION_PAGES << PAGE_SHIFT;
	struct drm_dgem_heap_info info = info_of(t);
	u64 last = ((u64)t->region->pfn << PAGE_SHIFT) + size - 1;

	KUNIT_EXPECT_PTR_EQ(test, t->heap, dgem_heap_get(t->ddev, TEST_CARVEOUT));
	KUNIT_EXPECT_STREQ(test, info.name, "test");
	KUNIT_EXPECT_EQ(test, info.kind, (u32)DRM_DGEM_HEAP_CARVEOUT);
	KUNIT_EXPECT_EQ(test, info.caps, DRM_DGEM_HEAP_CAP_CONTIGUOUS);
	KUNIT_EXPECT_EQ(test, info.size, size);
	KUNIT_EXPECT_EQ(test, info.largest_free, size);
	KUNIT_EXPECT_EQ(test, info.max_bo_size, size);
	KUNIT_EXPECT_EQ(test, info.numa_node, t->region->node);
	KUNIT_EXPECT_EQ(test, last >> info.addr_bits, 0);
	KUNIT_EXPECT_EQ(test, last >> (info.addr_bits - 1), 1);
	KUNIT_EXPECT_FALSE(test, t->heap->create_flags & DRM_DGEM_BO_KEEP_CONTENTS);
	KUNIT_EXPECT_TRUE(test, t->heap->own_memory);
}

/* Success: memory is one piece, reads as zero, and comes back to the heap. */
static void dgem_carveout_gives(struct kunit *test)
{
	struct test_heap *t = new_heap(test, false);
	unsigned long nr = DGEM_CHUNK_PAGES + 3, i, round;
	struct dgem_pages *pages;

	for (round = 0; round < 2; round++) {
		pages = reserve_any(test, t, nr);
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(pages));
		KUNIT_EXPECT_EQ(test, atomic_long_read(&t->heap->used), nr);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, i),
					dgem_pages_pfn(pages, 0) + i);
		KUNIT_EXPECT_NULL(test, memchr_inv(vaddr_of(t, pages), 0, nr << PAGE_SHIFT));
		memset(vaddr_of(t, pages), 0x5a, nr << PAGE_SHIFT);
		free_pages_of(test, pages);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&t->heap->used), 0);
		KUNIT_EXPECT_EQ(test, info_of(t).largest_free, info_of(t).size);
	}
}

/* Success: what the heap says is its largest piece can be had, and a page more cannot. */
static void dgem_carveout_largest_is_exact(struct kunit *test)
{
	struct dgem_request request = { .node = NUMA_NO_NODE };
	struct test_heap *t = new_heap(test, false);
	struct dgem_pages *pages[4], *none;
	unsigned int i;
	u64 largest;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = reserve_any(test, t, REGION_PAGES / 4 - i);
	free_pages_of(test, pages[1]);
	free_pages_of(test, pages[3]);

	largest = info_of(t).largest_free;
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			reserve(test, t, (largest >> PAGE_SHIFT) + 1, &request, &none));
	KUNIT_EXPECT_EQ(test, request.reason, (u32)DRM_DGEM_REASON_FRAGMENTED);
	KUNIT_EXPECT_EQ(test, request.reason_arg, largest);
	reserve_any(test, t, largest >> PAGE_SHIFT);

	largest = info_of(t).largest_free;
	KUNIT_EXPECT_EQ(test, -ENOSPC, reserve(test, t, REGION_PAGES / 2, &request, &none));
	KUNIT_EXPECT_EQ(test, request.reason, (u32)DRM_DGEM_REASON_FULL);
	KUNIT_EXPECT_EQ(test, request.reason_arg, largest);
}

/* Success: a BO has the place that it asked for, or none. */
static void dgem_carveout_fixed(struct kunit *test)
{
	struct dgem_request request = {
		.flags = DRM_DGEM_BO_FIXED,
		.offset = 5 * PAGE_SIZE,
		.node = NUMA_NO_NODE,
	};
	struct test_heap *t = new_heap(test, false);
	u64 size = info_of(t).size;
	struct dgem_pages *pages;

	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, DRM_DGEM_BO_FIXED, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, DRM_DGEM_BO_FIXED, size));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			reserve_flags(test, t, DRM_DGEM_BO_FIXED, -(u64)PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, info_of(t).largest_free, size);

	KUNIT_ASSERT_EQ(test, 0, reserve(test, t, 2, &request, &pages));
	KUNIT_EXPECT_EQ(test, dgem_pages_pfn(pages, 0), t->region->pfn + 5);
	KUNIT_EXPECT_EQ(test, 0, reserve_flags(test, t, DRM_DGEM_BO_FIXED, size - PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 0, reserve_flags(test, t, DRM_DGEM_BO_FIXED, 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			reserve_flags(test, t, DRM_DGEM_BO_FIXED, 6 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, -ENOSPC, reserve(test, t, 2, &request, &pages));
	KUNIT_EXPECT_EQ(test, request.reason, (u32)DRM_DGEM_REASON_FULL);

	/* The first page frame of the region behind its start that is a multiple of 8. */
	request.offset = (8 - (t->region->pfn & 7)) << PAGE_SHIFT;
	request.align = 8 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, 0, reserve(test, t, 2, &request, &pages));
	request.offset += PAGE_SIZE * 4;
	KUNIT_EXPECT_EQ(test, -EINVAL, reserve(test, t, 2, &request, &pages));
}

/* Success: what cannot be had for its address or node is refused for that. */
static void dgem_carveout_out_of_reach(struct kunit *test)
{
	struct test_heap *t = new_heap(test, false);
	unsigned int bits = fls64((u64)t->region->pfn << PAGE_SHIFT) - 1;
	struct dgem_request below = { .addr_bits = bits, .node = NUMA_NO_NODE };
	struct dgem_request fixed = {
		.flags = DRM_DGEM_BO_FIXED,
		.addr_bits = bits,
		.node = NUMA_NO_NODE,
	};
	struct dgem_request elsewhere = { .node = t->region->node + 1 };
	struct dgem_request here = { .node = t->region->node };
	struct dgem_pages *pages;

	KUNIT_EXPECT_EQ(test, -ENOSPC, reserve(test, t, 1, &below, &pages));
	KUNIT_EXPECT_EQ(test, below.reason, (u32)DRM_DGEM_REASON_ADDR_LIMIT);
	KUNIT_EXPECT_EQ(test, -ENOSPC, reserve(test, t, 1, &fixed, &pages));
	KUNIT_EXPECT_EQ(test, fixed.reason, (u32)DRM_DGEM_REASON_ADDR_LIMIT);
	KUNIT_EXPECT_EQ(test, -ENOSPC, reserve(test, t, 1, &elsewhere, &pages));
	KUNIT_EXPECT_EQ(test, elsewhere.reason, (u32)DRM_DGEM_REASON_NODE);
	KUNIT_EXPECT_EQ(test, info_of(t).largest_free, info_of(t).size);
	KUNIT_EXPECT_EQ(test, 0, reserve(test, t, 1, &here, &pages));
}

/* Success: what is to be kept is not written to, and has to be asked for as such. */
static void dgem_carveout_preserves(struct kunit *test)
{
	struct dgem_request request = { .flags = KEPT, .node = NUMA_NO_NODE };
	struct test_heap *t = new_heap(test, true);
	struct dgem_pages *pages;

	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, 0, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, DRM_DGEM_BO_FIXED, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, DRM_DGEM_BO_KEEP_CONTENTS, 0));
	KUNIT_ASSERT_EQ(test, 0, reserve(test, t, REGION_PAGES, &request, &pages));
	free_pages_of(test, pages);
	KUNIT_EXPECT_NULL(test, memchr_inv(t->region->vaddr, 0xa5, REGION_PAGES << PAGE_SHIFT));
	KUNIT_EXPECT_EQ(test, info_of(t).caps,
			DRM_DGEM_HEAP_CAP_CONTIGUOUS | DRM_DGEM_HEAP_CAP_PRESERVE |
			DRM_DGEM_HEAP_CAP_PRIVILEGED);
	KUNIT_EXPECT_TRUE(test, t->heap->create_flags & DRM_DGEM_BO_KEEP_CONTENTS);
}

/* Success: a device's memory is zeroed, or kept where somebody asks for its place. */
static void dgem_carveout_of_device(struct kunit *test)
{
	struct dgem_request keep = {
		.flags = KEPT, .offset = 16 * PAGE_SIZE, .node = NUMA_NO_NODE,
	};
	struct test_heap *t = new_device_heap(test);
	struct dgem_pages *pages, *kept;
	const void *memory = (const void __force *)t->region->io;

	KUNIT_EXPECT_EQ(test, info_of(t).kind, (u32)DRM_DGEM_HEAP_DEVICE);
	KUNIT_EXPECT_EQ(test, info_of(t).caps, DRM_DGEM_HEAP_CAP_CONTIGUOUS);
	KUNIT_EXPECT_TRUE(test, t->heap->create_flags & DRM_DGEM_BO_KEEP_CONTENTS);
	KUNIT_EXPECT_EQ(test, -EINVAL, reserve_flags(test, t, DRM_DGEM_BO_KEEP_CONTENTS, 0));

	/* The first or the second one is not at the region's begin. */
	reserve_any(test, t, 4);
	pages = reserve_any(test, t, 4);
	KUNIT_EXPECT_PTR_EQ(test, (void __force *)pages->io,
			    memory + ((dgem_pages_pfn(pages, 0) - t->region->pfn) << PAGE_SHIFT));
	KUNIT_EXPECT_NULL(test, memchr_inv((void __force *)pages->io, 0, 4 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, dgem_pages_may_be_huge(pages));
	free_pages_of(test, pages);

	KUNIT_ASSERT_EQ(test, 0, reserve(test, t, 4, &keep, &kept));
	KUNIT_EXPECT_PTR_EQ(test, (void __force *)kept->io, memory + 16 * PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv((void __force *)kept->io, 0xa5, 4 * PAGE_SIZE));
}

/* Success: when the device is gone, nothing is written to its memory. */
static void dgem_carveout_of_device_gone(struct kunit *test)
{
	struct dgem_request request = { .node = NUMA_NO_NODE };
	struct test_heap *t = new_device_heap(test);
	struct dgem_pages *pages;

	dgem_drv_unbind(t->ddev);
	KUNIT_EXPECT_EQ(test, -ENODEV, reserve(test, t, 4, &request, &pages));
	KUNIT_EXPECT_EQ(test, info_of(t).largest_free, info_of(t).size);
	KUNIT_EXPECT_NULL(test, memchr_inv((void __force *)t->region->io, 0xa5,
					   REGION_PAGES << PAGE_SHIFT));
}

/* Success: nobody gets what could not be taken back from him. */
static void dgem_carveout_of_device_is_not_shared(struct kunit *test)
{
	struct dgem_request request = { .align = PAGE_SIZE, .addr_bits = 64, .node = NUMA_NO_NODE };
	struct test_heap *t = new_device_heap(test);
	struct dgem_bo *bo = dgem_test_bo(test, t->ddev, t->heap, 2 * PAGE_SIZE);

	KUNIT_ASSERT_EQ(test, 0, dgem_bo_reserve(bo, &request));
	KUNIT_EXPECT_PTR_EQ(test, dgem_export(&bo->base, O_RDWR), ERR_PTR(-EOPNOTSUPP));
	KUNIT_EXPECT_PTR_EQ(test, dgem_dma_map_create(NULL, bo, 0, PAGE_SIZE, DMA_TO_DEVICE),
			    ERR_PTR(-EOPNOTSUPP));
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_sync(bo, 0, PAGE_SIZE, DMA_TO_DEVICE, true));
}

static struct kunit_case dgem_heap_carveout_cases[] = {
	KUNIT_CASE(dgem_carveout_tells),
	KUNIT_CASE(dgem_carveout_gives),
	KUNIT_CASE(dgem_carveout_largest_is_exact),
	KUNIT_CASE(dgem_carveout_fixed),
	KUNIT_CASE(dgem_carveout_out_of_reach),
	KUNIT_CASE(dgem_carveout_preserves),
	KUNIT_CASE(dgem_carveout_of_device),
	KUNIT_CASE(dgem_carveout_of_device_gone),
	KUNIT_CASE(dgem_carveout_of_device_is_not_shared),
	{}
};

static struct kunit_suite dgem_heap_carveout_suite = {
	.name = "dgem_heap_carveout",
	.test_cases = dgem_heap_carveout_cases,
};

kunit_test_suite(dgem_heap_carveout_suite);
