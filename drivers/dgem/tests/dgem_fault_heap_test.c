// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Page faults for which the heap has to wait, or that find a page lost. */

#include <linux/iosys-map.h>
#include <linux/slab.h>

#include <kunit/test.h>

#include "../dgem_bo_pages.h"
#include "../dgem_heap.h"
#include "dgem_fault_test.h"

/* The page that is lost, if one is. */
#define TEST_LOST	1

/* Outlives each test, whose BOs go with their file. */
static struct odd_heap {
	struct dgem_heap base;
	struct page *pool;
	bool waits;
	bool loses;
	bool tight;
	int error;

	/* Calls, and those of them under the lock of the address space. */
	unsigned int fills;
	unsigned int fills_locked;
} odd;

static int odd_fill(struct dgem_heap *heap, struct dgem_pages *pages,
		    unsigned long chunk)
{
	unsigned long nr = dgem_pages_in_chunk(pages, chunk), i;
	struct page **table;

	odd.fills++;
	odd.fills_locked += current->mm && rwsem_is_locked(&current->mm->mmap_lock);
	if (odd.error)
		return odd.error;
	if (odd.tight)
		return -ENOMEM;

	table = kcalloc(nr, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		table[i] = odd.pool + (chunk << DGEM_CHUNK_ORDER) + i;
	if (odd.loses)
		table[TEST_LOST] = DGEM_PAGE_LOST;
	dgem_pages_set_table(pages, chunk, table);
	pages->lost += odd.loses;
	return 0;
}

static int odd_fill_page(struct dgem_heap *heap, struct dgem_pages *pages,
			 unsigned long idx)
{
	int ret = odd.error;

	odd.fills++;
	odd.fills_locked += current->mm && rwsem_is_locked(&current->mm->mmap_lock);
	if (!ret)
		ret = dgem_pages_make_table(pages, idx >> DGEM_CHUNK_ORDER);
	if (ret)
		return ret;

	dgem_pages_add(pages, idx, odd.pool + idx);
	return 1;
}

static bool odd_fill_waits(struct dgem_heap *heap, struct dgem_pages *pages,
			   unsigned long idx, unsigned long nr)
{
	return odd.waits;
}

static void odd_empty(struct dgem_heap *heap, struct dgem_pages *pages,
		      unsigned long chunk, bool keep)
{
	dgem_pages_clear(pages, chunk);
}

static const struct dgem_heap_ops odd_ops = {
	.fill = odd_fill,
	.fill_page = odd_fill_page,
	.fill_waits = odd_fill_waits,
	.empty = odd_empty,
};

static int dgem_fault_heap_test_init(struct kunit *test)
{
	odd = (struct odd_heap) {
		.base.ops = &odd_ops,
		.pool = dgem_test_pool(test, 2),
	};
	return dgem_test_file_init(test);
}

static struct dgem_bo *odd_bo(struct kunit *test)
{
	struct dgem_test_file *t = test->priv;

	return dgem_test_bo(test, t->ddev, &odd.base, TEST_SIZE);
}

/* A fault, which may be retried if @unlocked is not NULL. */
static int locked_fault(unsigned long addr, bool *unlocked)
{
	int ret;

	mmap_read_lock(current->mm);
	ret = fault(addr, unlocked);
	mmap_read_unlock(current->mm);
	return ret;
}

/* Success: a fault that has nothing to wait for is over at once. */
static void dgem_fault_heap_at_once(struct kunit *test)
{
	unsigned long addr = map(test, odd_bo(test));
	bool unlocked = false;

	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, &unlocked));
	KUNIT_EXPECT_EQ(test, odd.fills, 1);
	KUNIT_EXPECT_EQ(test, odd.fills_locked, 1);
	KUNIT_EXPECT_FALSE(test, unlocked);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	unmap(test, addr);
}

/*
 * Success: a fault that waits for I/O releases mmap_lock where the caller
 * allows it.
 */
static void dgem_fault_heap_waits_unlocked(struct kunit *test)
{
	struct dgem_bo *bo = odd_bo(test);
	unsigned long addr = map(test, bo);
	bool unlocked = false;

	odd.waits = true;
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, &unlocked));
	KUNIT_EXPECT_EQ(test, odd.fills, 1);
	KUNIT_EXPECT_EQ(test, odd.fills_locked, 0);
	KUNIT_EXPECT_TRUE(test, unlocked);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	/* What is not touched may stay where it is. */
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 1);
	unmap(test, addr);

	/* A chunk that is resident needs no I/O. */
	addr = map(test, bo);
	unlocked = false;
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, &unlocked));
	KUNIT_EXPECT_FALSE(test, unlocked);
	unmap(test, addr);
}

/* Success: a fault that may not release mmap_lock waits for I/O under it. */
static void dgem_fault_heap_waits_locked(struct kunit *test)
{
	unsigned long addr = map(test, odd_bo(test));

	odd.waits = true;
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, NULL));
	KUNIT_EXPECT_EQ(test, odd.fills, 1);
	KUNIT_EXPECT_EQ(test, odd.fills_locked, 1);
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	unmap(test, addr);
}

/*
 * Success: a fill that fails without mmap_lock fails again under it, and is not
 * tried a third time.
 */
static void dgem_fault_heap_waits_in_vain(struct kunit *test)
{
	unsigned long addr = map(test, odd_bo(test));
	bool unlocked = false;

	odd.waits = true;
	odd.error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -EFAULT, locked_fault(addr, &unlocked));
	KUNIT_EXPECT_EQ(test, odd.fills, 2);
	KUNIT_EXPECT_EQ(test, odd.fills_locked, 1);
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	unmap(test, addr);
}

/* Success: a lost page is an error, and those around it are mapped. */
static void dgem_fault_heap_lost(struct kunit *test)
{
	unsigned long addr = map(test, odd_bo(test));
	unsigned long lost = addr + TEST_LOST * PAGE_SIZE;

	odd.loses = true;
	KUNIT_EXPECT_EQ(test, -EFAULT, locked_fault(lost, NULL));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, NULL));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	KUNIT_EXPECT_FALSE(test, is_mapped(lost));
	KUNIT_EXPECT_TRUE(test, is_mapped(lost + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, -EFAULT, locked_fault(lost, NULL));
	KUNIT_EXPECT_EQ(test, odd.fills, 1);
	unmap(test, addr);
}

/* Success: a debugger gets an error, too, and can read the other pages. */
static void dgem_fault_heap_lost_access(struct kunit *test)
{
	unsigned long addr = map(test, odd_bo(test));
	struct vm_area_struct *vma;
	char buf[2];

	odd.loses = true;
	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	KUNIT_EXPECT_EQ(test, 1, vma->vm_ops->access(vma, addr, buf, 1, 0));
	addr += TEST_LOST * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EIO, vma->vm_ops->access(vma, addr, buf, 1, 0));
	KUNIT_EXPECT_EQ(test, 1, vma->vm_ops->access(vma, addr - 1, buf, 2, 0));
	mmap_read_unlock(current->mm);
	unmap(test, addr - TEST_LOST * PAGE_SIZE);
}

/* Success: a fault maps what there is of a chunk, and the next one what it adds. */
static void dgem_fault_heap_holes(struct kunit *test)
{
	struct dgem_bo *bo = odd_bo(test);
	unsigned long addr = map(test, bo);

	odd.tight = true;
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr + 2 * PAGE_SIZE, NULL));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr + PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr + 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 1);
	unmap(test, addr);

	/* In a new mapping, one fault maps all that are there by then. */
	addr = map(test, bo);
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr, NULL));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr + PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr + 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, bo->pages.resident, 2);
	KUNIT_EXPECT_EQ(test, odd.fills, 3);

	odd.error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -EFAULT, locked_fault(addr + PAGE_SIZE, NULL));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr + PAGE_SIZE));
	odd.error = 0;
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr + PAGE_SIZE, NULL));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr + PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo->pages));
	unmap(test, addr);
}

/*
 * Success: a BO that has lost a page cannot be pinned or mapped into the
 * kernel.
 */
static void dgem_fault_heap_lost_pin(struct kunit *test)
{
	struct dgem_bo *bo = odd_bo(test);
	struct iosys_map map;

	odd.loses = true;
	KUNIT_EXPECT_EQ(test, -EIO, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, -EIO, dgem_bo_populate_all(bo));
	dgem_test_lock(bo);
	KUNIT_EXPECT_EQ(test, -EIO, dgem_bo_pin_locked(bo));
	KUNIT_EXPECT_EQ(test, -EIO, dgem_bo_vmap_locked(bo, &map));
	KUNIT_EXPECT_EQ(test, bo->pin_count, 0);
	dgem_test_unlock(bo);
}

/*
 * Success: where two chunks are contiguous by chance, and so aligned that one huge
 * entry could map a half of each, the eviction of either leaves no entry for it.
 */
static void dgem_fault_heap_across_chunks(struct kunit *test)
{
	unsigned long half = DGEM_CHUNK_SIZE / 2, addr;
	struct dgem_test_file *t = test->priv;
	struct dgem_bo *bo;

	odd.base.caps = DRM_DGEM_HEAP_CAP_SWAPPABLE;
	odd.pool = dgem_test_pool(test, DGEM_CHUNK_ORDER + 1) +
		   DGEM_CHUNK_PAGES / 2;
	bo = dgem_test_bo(test, t->ddev, &odd.base, DGEM_CHUNK_SIZE + half);
	KUNIT_ASSERT_EQ(test, 0, dgem_bo_populate_all(bo));
	addr = map_at(test, bo, SZ_1G + half, MAP_FIXED);
	KUNIT_EXPECT_EQ(test, 0, locked_fault(addr + DGEM_CHUNK_SIZE, NULL));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr + DGEM_CHUNK_SIZE));

	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, 1), DGEM_CHUNK_PAGES);
	KUNIT_EXPECT_FALSE(test, dgem_pages_filled(&bo->pages, 0));
	KUNIT_EXPECT_FALSE(test, is_mapped(addr + half));
	KUNIT_EXPECT_TRUE(test, is_mapped(addr + DGEM_CHUNK_SIZE));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, bo->base.size));
}

static struct kunit_case dgem_fault_heap_cases[] = {
	KUNIT_CASE(dgem_fault_heap_at_once),
	KUNIT_CASE(dgem_fault_heap_waits_unlocked),
	KUNIT_CASE(dgem_fault_heap_waits_locked),
	KUNIT_CASE(dgem_fault_heap_waits_in_vain),
	KUNIT_CASE(dgem_fault_heap_lost),
	KUNIT_CASE(dgem_fault_heap_lost_access),
	KUNIT_CASE(dgem_fault_heap_holes),
	KUNIT_CASE(dgem_fault_heap_lost_pin),
	KUNIT_CASE(dgem_fault_heap_across_chunks),
	{}
};

static struct kunit_suite dgem_fault_heap_suite = {
	.name = "dgem_fault_heap",
	.init = dgem_fault_heap_test_init,
	.test_cases = dgem_fault_heap_cases,
};

kunit_test_suite(dgem_fault_heap_suite);
