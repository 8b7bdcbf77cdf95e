/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DMA_TEST_H__
#define __DGEM_DMA_TEST_H__

/* An instance whose device is driven by files, for the suites of bus addresses. */

#include <linux/sizes.h>

#include <kunit/test.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/dgem_drm.h>

#include "../dgem_bo.h"
#include "../dgem_dma.h"
#include "../dgem_drv.h"
#include "../dgem_ioctl.h"
#include "dgem_test.h"

#define TEST_PAGES	(DGEM_CHUNK_PAGES + 3)
#define TEST_SIZE	((u64)TEST_PAGES << PAGE_SHIFT)
#define TEST_SEGS	(PAGE_SIZE / sizeof(struct drm_dgem_dma_seg))

/* What a bus was asked for; KUnit runs one test at a time. */
static struct {
	unsigned int starts, stops;
	bool unbinding;
	int stop_error;
	long maps_at_stop;
	struct dgem_device *ddev;
} bus;

static inline void count_start(struct device *dev)
{
	bus.starts++;
}

static inline int count_stop(struct device *dev, bool unbinding)
{
	bus.stops++;
	bus.unbinding = unbinding;
	bus.maps_at_stop = dgem_stat_read(bus.ddev, DGEM_STAT_DMA_MAPS);
	return bus.stop_error;
}

static const struct dgem_dma_ops test_ops = {
	.start = count_start,
	.stop = count_stop,
};

/**
 * struct dma_test - an instance with a device, and files that may drive it
 */
struct dma_test {
	/** @ddev: the instance. */
	struct dgem_device *ddev;

	/** @file: a file. */
	struct drm_file *file;

	/** @other: another one. */
	struct drm_file *other;

	/** @segs: room for segments, in user memory. */
	struct drm_dgem_dma_seg __user *segs;

	/** @handle: a BO of @file. */
	u32 handle;
};

KUNIT_DEFINE_ACTION_WRAPPER(dma_test_unbind, dgem_drv_unbind, struct dgem_device *);
KUNIT_DEFINE_ACTION_WRAPPER(dma_test_put, drm_dev_put, struct drm_device *);

static inline int dgem_dma_test_init(struct kunit *test)
{
	struct drm_dgem_bo_create create = { .size = TEST_SIZE };
	struct dma_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	memset(&bus, 0, sizeof(bus));
	t->ddev = dgem_drv_bind(dgem_test_device(test, "dgem-dma"), &test_ops);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->ddev);
	bus.ddev = t->ddev;
	drm_dev_get(&t->ddev->drm);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, dma_test_put, &t->ddev->drm));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, dma_test_unbind, t->ddev));
	t->file = dgem_test_open(test, t->ddev);
	t->other = dgem_test_open(test, t->ddev);
	t->segs = dgem_test_user_page(test);
	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &create, t->file));
	t->handle = create.handle;
	test->priv = t;
	return 0;
}

/*
 * By itself for the device to read: the DMA API's debugging wants no two mappings of
 * memory that a device writes to, as most cases have.
 */
static inline int map_part(struct dma_test *t, struct drm_file *file,
			   struct drm_dgem_bo_map_dma *args)
{
	args->handle = t->handle;
	args->flags = args->flags ?: DRM_DGEM_DMA_TO_DEVICE;
	args->segs = (uintptr_t)t->segs;
	return dgem_ioctl_bo_map_dma(&t->ddev->drm, args, file);
}

static inline int map_all(struct dma_test *t, struct drm_file *file, u32 *id)
{
	struct drm_dgem_bo_map_dma args = { .num_segs = TEST_SEGS };
	int ret = map_part(t, file, &args);

	*id = args.map_id;
	return ret;
}

static inline int unmap_dma(struct dma_test *t, struct drm_file *file, u32 id)
{
	struct drm_dgem_bo_unmap_dma args = { .map_id = id };

	return dgem_ioctl_bo_unmap_dma(&t->ddev->drm, &args, file);
}

static inline void expect_maps(struct kunit *test, long maps)
{
	struct dma_test *t = test->priv;
	struct drm_dgem_bo_info info = { .handle = t->handle };

	KUNIT_EXPECT_EQ(test, dgem_stat_read(t->ddev, DGEM_STAT_DMA_MAPS), maps);
	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_info(&t->ddev->drm, &info, t->file));
	KUNIT_EXPECT_EQ(test, !!(info.state & DRM_DGEM_BO_STATE_DMA_MAPPED), maps > 0);
	KUNIT_EXPECT_EQ(test, !!(info.state & DRM_DGEM_BO_STATE_PINNED), maps > 0);
}

#endif
