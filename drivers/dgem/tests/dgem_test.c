// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What the tests of several subjects use. */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include <kunit/device.h>
#include <kunit/test.h>

#include <drm/drm_file.h>

#include "../dgem_bo_evict.h"
#include "../dgem_bo_pages.h"
#include "../dgem_chunk.h"
#include "../dgem_drv.h"
#include "../dgem_export.h"
#include "../dgem_heap.h"
#include "dgem_test.h"

struct dgem_test_pool {
	struct page *page;
	unsigned int order;
};

static void dgem_test_pool_free(void *arg)
{
	struct dgem_test_pool *pool = arg;

	__free_pages(pool->page, pool->order);
}

/**
 * dgem_test_pool() - pages to build directories of
 * @test: the test, with which they go
 * @order: there are 2^@order of them, contiguous
 *
 * Return: the first page; ends the test if there is none.
 */
struct page *dgem_test_pool(struct kunit *test, unsigned int order)
{
	struct dgem_test_pool *pool;

	pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pool);

	pool->order = order;
	pool->page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
	KUNIT_ASSERT_NOT_NULL(test, pool->page);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, dgem_test_pool_free,
						  pool));
	return pool->page;
}

/**
 * dgem_test_table() - a table for a chunk
 * @test: the test
 * @first: its first page
 * @nr: number of pages
 * @step: distance from each page to the next
 *
 * Return: the table, to be given to a directory; ends the test if there is no
 * memory.
 */
struct page **dgem_test_table(struct kunit *test, struct page *first,
			      unsigned long nr, long step)
{
	struct page **table = kcalloc(nr, sizeof(*table), GFP_KERNEL);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < nr; i++)
		table[i] = first + (long)i * step;
	return table;
}

/**
 * dgem_test_device() - a device that takes part in DMA
 * @test: the test, with which it goes
 * @name: its name, to which a number is added
 *
 * It takes any address and segments of any size.
 *
 * Return: the device; ends the test if there is none.
 */
struct device *dgem_test_device(struct kunit *test, const char *name)
{
	static atomic_t serial;
	struct device *dev;
	char *unique;

	unique = kunit_kzalloc(test, 32, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, unique);
	snprintf(unique, 32, "%s-%d", name, atomic_inc_return(&serial));

	dev = kunit_device_register(test, unique);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_parms = kunit_kzalloc(test, sizeof(*dev->dma_parms), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dev->dma_parms);
	KUNIT_ASSERT_EQ(test, 0,
			dma_coerce_mask_and_coherent(dev, DMA_BIT_MASK(64)));
	dma_set_max_seg_size(dev, UINT_MAX);
	return dev;
}

KUNIT_DEFINE_ACTION_WRAPPER(unbind, dgem_drv_unbind, struct dgem_device *);

/**
 * dgem_test_bind() - an instance of the driver
 * @test: the test, with which it is unbound
 *
 * Return: the instance; ends the test if there is none.
 */
struct dgem_device *dgem_test_bind(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-test");
	struct dgem_device *ddev = dgem_drv_bind(dev, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unbind, ddev));
	return ddev;
}

/* At once: what is put in the usual way lives until a worker gets to it. */
KUNIT_DEFINE_ACTION_WRAPPER(close_file, __fput_sync, struct file *);

/**
 * dgem_test_open() - open an instance's primary node
 * @test: the test, with which it is closed
 * @ddev: the instance
 *
 * Return: the DRM file; ends the test if it cannot be opened.
 */
struct drm_file *dgem_test_open(struct kunit *test, struct dgem_device *ddev)
{
	struct file *file = mock_drm_getfile(ddev->drm.primary, O_RDWR);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, close_file, file));
	return file->private_data;
}

/**
 * dgem_test_close() - close a file before the test ends
 * @test: the test
 * @file: what dgem_test_open() returned
 */
void dgem_test_close(struct kunit *test, struct drm_file *file)
{
	kunit_release_action(test, close_file, file->filp);
}

/**
 * dgem_test_file_init() - give each test of a suite an instance and a file
 * @test: the test, which has a &struct dgem_test_file as its priv
 *
 * For &kunit_suite.init.
 *
 * Return: 0; ends the test if there is none.
 */
int dgem_test_file_init(struct kunit *test)
{
	struct dgem_test_file *t;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ddev = dgem_test_bind(test);
	t->file = dgem_test_open(test, t->ddev);
	test->priv = t;
	return 0;
}

/**
 * dgem_test_put_bo() - drop a reference to a BO
 * @bo: the BO
 */
void dgem_test_put_bo(void *bo)
{
	dgem_bo_put(bo);
}

/**
 * dgem_test_bo() - a BO that nothing else refers to
 * @test: the test, with which it is freed
 * @ddev: the instance
 * @heap: one of its heaps or one of the test's
 * @size: bytes, a multiple of the page
 *
 * Return: the BO, without memory; ends the test if there is none.
 */
struct dgem_bo *dgem_test_bo(struct kunit *test, struct dgem_device *ddev,
			     struct dgem_heap *heap, u64 size)
{
	struct dgem_bo *bo = dgem_bo_create(ddev, NULL, heap, size, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, dgem_test_put_bo, bo));
	return bo;
}

/**
 * dgem_test_put_dmabuf() - drop the last reference to a dma-buf
 * @dmabuf: the dma-buf, which is released before this returns; when kernel
 *	threads use dma_buf_put(), a worker does it some time later
 */
void dgem_test_put_dmabuf(void *dmabuf)
{
	__fput_sync(((struct dma_buf *)dmabuf)->file);
}

/**
 * dgem_test_export() - make a dma-buf of a BO
 * @test: the test; dgem_test_put_dmabuf() is an action of it
 * @bo: the BO
 *
 * Return: the dma-buf; ends the test if there is none.
 */
struct dma_buf *dgem_test_export(struct kunit *test, struct dgem_bo *bo)
{
	struct dma_buf *dmabuf = dgem_export(&bo->base, O_RDWR | O_CLOEXEC);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, dgem_test_put_dmabuf,
						  dmabuf));
	return dmabuf;
}

void dgem_test_lock(struct dgem_bo *bo)
{
	dma_resv_lock(bo->base.resv, NULL);
}

void dgem_test_unlock(struct dgem_bo *bo)
{
	dma_resv_unlock(bo->base.resv);
}

/* What a fault of page @idx does to make it resident. */
int dgem_test_touch(struct dgem_bo *bo, unsigned long idx)
{
	int ret;

	dgem_test_lock(bo);
	ret = dgem_bo_populate_locked(bo, idx);
	dgem_test_unlock(bo);
	return ret;
}

/**
 * dgem_test_listed() - how much of a BO reclaim can find
 * @bo: the BO
 *
 * Return: number of its chunks that are on a list.
 */
unsigned int dgem_test_listed(struct dgem_bo *bo)
{
	unsigned long index;
	unsigned int listed = 0;

	for (index = 0; index < dgem_pages_chunks(&bo->pages); index++) {
		struct dgem_chunk *chunk = dgem_chunk_find(bo, index);

		listed += chunk && !list_empty(&chunk->lru);
	}
	return listed;
}

/**
 * dgem_test_evict() - what the shrinker does when memory is short
 * @bo: a BO on the node that reclaim is to look at
 * @nr_pages: how many pages it wants
 *
 * Return: how many it got.
 */
unsigned long dgem_test_evict(struct dgem_bo *bo, unsigned long nr_pages)
{
	struct shrink_control sc = {
		.gfp_mask = GFP_KERNEL,
		.nid = page_to_nid(virt_to_page(bo)),
		.nr_to_scan = nr_pages,
	};

	return dgem_bo_evict(dgem_bo_device(bo), &sc);
}

static u32 dgem_test_word(u32 seed, unsigned long idx)
{
	return seed ^ (u32)(idx * 0x9e3779b1);
}

typedef void word_fn(struct kunit *test, u32 *word, u32 value);

/* Calls back for the first and the last word of each page, in order. */
static void for_words(struct kunit *test, struct dgem_bo *bo, u32 seed,
		      word_fn *call)
{
	unsigned long words = bo->base.size / sizeof(u32);
	unsigned long step = PAGE_SIZE / sizeof(u32);
	struct iosys_map map;
	unsigned long i;
	int ret;

	dgem_test_lock(bo);
	ret = dgem_bo_vmap_locked(bo, &map);
	dgem_test_unlock(bo);
	KUNIT_ASSERT_EQ(test, 0, ret);

	for (i = 0; i < words; i += step) {
		u32 *page = (u32 *)map.vaddr + i;

		call(test, page, dgem_test_word(seed, i));
		call(test, page + step - 1, dgem_test_word(seed, i + 1));
	}

	dgem_test_lock(bo);
	dgem_bo_vunmap_locked(bo, &map);
	dgem_test_unlock(bo);
}

/* Expects @value of a counter of the instance that @test has in priv. */
void dgem_test_stat(struct kunit *test, enum dgem_stat stat, long value)
{
	KUNIT_EXPECT_EQ_MSG(test, dgem_stat_read(test->priv, stat), value,
			    "counter %d", stat);
}

static void write_word(struct kunit *test, u32 *word, u32 value)
{
	*word = value;
}

static void expect_word(struct kunit *test, u32 *word, u32 value)
{
	if (*word != value)
		KUNIT_FAIL(test, "0x%x is at %p, not 0x%x", *word, word, value);
}

/* A page of the user whom the test gets by that; what lies behind it is not his. */
void __user *dgem_test_user_page(struct kunit *test)
{
	unsigned long addr;

	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return (void __user *)addr;
}

/* Fills each page of @bo with contents of its own. */
void dgem_test_write(struct kunit *test, struct dgem_bo *bo, u32 seed)
{
	for_words(test, bo, seed, write_word);
}

/* Expects what dgem_test_write() wrote with the same @seed. */
void dgem_test_expect(struct kunit *test, struct dgem_bo *bo, u32 seed)
{
	for_words(test, bo, seed, expect_word);
}

MODULE_DESCRIPTION("KUnit tests for dgem");
MODULE_AUTHOR("The dgem authors");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
