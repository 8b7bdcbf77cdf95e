/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_TEST_H__
#define __DGEM_TEST_H__

#include <linux/dma-resv.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

#include <kunit/test.h>

#include "../dgem_device.h"

struct device;
struct dgem_bo;
struct dgem_heap;
struct dma_buf;
struct drm_file;
struct page;

/* The heaps of an instance, by their numbers. */
#define TEST_SYSTEM	0
#define TEST_PINNED	1
#define TEST_CONTIGUOUS	2
#define TEST_HEAPS	(2 + IS_ENABLED(CONFIG_CONTIG_ALLOC))

struct page *dgem_test_pool(struct kunit *test, unsigned int order);
struct page **dgem_test_table(struct kunit *test, struct page *first,
			      unsigned long nr, long step);

struct device *dgem_test_device(struct kunit *test, const char *name);
struct dgem_device *dgem_test_bind(struct kunit *test);
struct drm_file *dgem_test_open(struct kunit *test, struct dgem_device *ddev);
void dgem_test_close(struct kunit *test, struct drm_file *file);

/**
 * struct dgem_test_file - an instance and a file of it
 *
 * What dgem_test_file_init() leaves in &kunit.priv.
 */
struct dgem_test_file {
	/** @ddev: the instance. */
	struct dgem_device *ddev;

	/** @file: the file, whose handles keep BOs until it is closed. */
	struct drm_file *file;
};

int dgem_test_file_init(struct kunit *test);

struct dgem_bo *dgem_test_bo(struct kunit *test, struct dgem_device *ddev,
			     struct dgem_heap *heap, u64 size);
void dgem_test_put_bo(void *bo);

struct dma_buf *dgem_test_export(struct kunit *test, struct dgem_bo *bo);
void dgem_test_put_dmabuf(void *dmabuf);

void dgem_test_stat(struct kunit *test, enum dgem_stat stat, long value);

void dgem_test_lock(struct dgem_bo *bo);
void dgem_test_unlock(struct dgem_bo *bo);
int dgem_test_touch(struct dgem_bo *bo, unsigned long idx);
unsigned int dgem_test_listed(struct dgem_bo *bo);
unsigned long dgem_test_evict(struct dgem_bo *bo, unsigned long nr_pages);
void dgem_test_write(struct kunit *test, struct dgem_bo *bo, u32 seed);
void dgem_test_expect(struct kunit *test, struct dgem_bo *bo, u32 seed);
void __user *dgem_test_user_page(struct kunit *test);

struct dma_fence *dgem_test_fence(struct kunit *test, struct dma_resv *resv,
				  enum dma_resv_usage usage);

/* A fatal signal is pending from here on, until forget_signal(). */
static inline void kill_self(struct kunit *test)
{
	allow_signal(SIGKILL);
	KUNIT_EXPECT_EQ(test, 0, send_sig(SIGKILL, current, 1));
}

/* What came, or did not come, since allow_signal(). */
static inline void forget_signal(int sig)
{
	flush_signals(current);
	disallow_signal(sig);
}

#endif
