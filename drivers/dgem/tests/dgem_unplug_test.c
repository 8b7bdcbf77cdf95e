// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* An instance that goes away while it is used. */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/iosys-map.h>
#include <linux/mman.h>

#include <kunit/device.h>
#include <kunit/test.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/dgem_drm.h>

#include "../dgem_bo_pages.h"
#include "../dgem_drv.h"
#include "../dgem_heap.h"
#include "dgem_test.h"

#define TEST_SIZE	((u64)SZ_2M + 3 * PAGE_SIZE)
#define TEST_SEED	0xdead

KUNIT_DEFINE_ACTION_WRAPPER(put_drm, drm_dev_put, struct drm_device *);

/* Binds to a new device; the test unbinds. A reference is held until its end. */
static struct dgem_device *bind(struct kunit *test, struct device **dev)
{
	struct dgem_device *ddev;

	*dev = dgem_test_device(test, "dgem-unplug");
	ddev = dgem_drv_bind(*dev, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
	drm_dev_get(&ddev->drm);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, put_drm, &ddev->drm));
	return ddev;
}

/* The device goes, as when it is pulled out. */
static void unplug(struct kunit *test, struct dgem_device *ddev,
		   struct device *dev)
{
	dgem_drv_unbind(ddev);
	kunit_device_unregister(test, dev);
}

static void note_end(struct drm_device *drm, void *ended)
{
	*(bool *)ended = true;
}

/* Success: without users, an instance ends when its device goes. */
static void dgem_unplug_unused(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-unplug");
	struct dgem_device *ddev = dgem_drv_bind(dev, NULL);
	bool ended = false;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
	KUNIT_ASSERT_EQ(test, 0,
			drmm_add_action(&ddev->drm, note_end, &ended));
	dgem_drv_unbind(ddev);
	KUNIT_EXPECT_FALSE(test, ended);
	kunit_device_unregister(test, dev);
	KUNIT_EXPECT_TRUE(test, ended);
}

/* Success: a device can be bound, unbound and bound again. */
static void dgem_unplug_rebind(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-unplug");
	struct dgem_device *ddev;
	int i;

	for (i = 0; i < 3; i++) {
		ddev = dgem_drv_bind(dev, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
		KUNIT_EXPECT_FALSE(test, drm_dev_is_unplugged(&ddev->drm));
		KUNIT_EXPECT_EQ(test, ddev->num_heaps, TEST_HEAPS);
		dgem_drv_unbind(ddev);
		KUNIT_EXPECT_TRUE(test, drm_dev_is_unplugged(&ddev->drm));
	}
}

/* Success: ioctls of a file that is still open fail, and it can be closed. */
static void dgem_unplug_ioctls(struct kunit *test)
{
	struct drm_file *file;
	struct dgem_device *ddev;
	struct device *dev;
	unsigned long arg;

	/* Room for what an ioctl that works after all would write. */
	arg = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, arg, 0);
	ddev = bind(test, &dev);
	file = dgem_test_open(test, ddev);
	unplug(test, ddev, dev);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			drm_ioctl(file->filp, DRM_IOCTL_DGEM_GET_PARAM, arg));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			drm_ioctl(file->filp, DRM_IOCTL_DGEM_BO_CREATE, arg));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			drm_ioctl(file->filp, DRM_IOCTL_VERSION, arg));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			ddev->drm.driver->fops->unlocked_ioctl(file->filp,
							       DRM_IOCTL_GEM_FLINK,
							       arg));
}

/* Success: BOs that handles hold go with the file, and nothing is left. */
static void dgem_unplug_handles(struct kunit *test)
{
	struct drm_file *file;
	struct dgem_device *ddev;
	struct dgem_bo *bo;
	struct device *dev;
	u32 handle;

	ddev = bind(test, &dev);
	file = dgem_test_open(test, ddev);
	bo = dgem_bo_create(ddev, NULL, ddev->heaps[TEST_SYSTEM], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	KUNIT_EXPECT_EQ(test, 0, drm_gem_handle_create(file, &bo->base, &handle));
	dgem_bo_put(bo);
	unplug(test, ddev, dev);
	KUNIT_EXPECT_EQ(test, 1, dgem_stat_read(ddev, DGEM_STAT_BOS));

	/* The test's helper closes at the end; drop what it has now. */
	KUNIT_EXPECT_EQ(test, 0, drm_gem_handle_delete(file, handle));
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(ddev, DGEM_STAT_BOS));
	KUNIT_EXPECT_EQ(test, 0, dgem_stat_read(ddev, DGEM_STAT_RESIDENT_PAGES));
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&ddev->heaps[TEST_SYSTEM]->used));
}

/* Success: BOs of both heaps keep contents, and take new pages and pins. */
static void dgem_unplug_bo_works(struct kunit *test)
{
	struct dgem_device *ddev;
	struct dgem_bo *bo[2];
	struct device *dev;
	unsigned int i;

	ddev = bind(test, &dev);
	for (i = 0; i < ARRAY_SIZE(bo); i++) {
		bo[i] = dgem_test_bo(test, ddev, ddev->heaps[i], TEST_SIZE);
		dgem_test_lock(bo[i]);
		KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_locked(bo[i], 1 << DGEM_CHUNK_ORDER));
		dgem_test_unlock(bo[i]);
	}
	unplug(test, ddev, dev);
	for (i = 0; i < ARRAY_SIZE(bo); i++) {
		dgem_test_write(test, bo[i], TEST_SEED + i);
		dgem_test_expect(test, bo[i], TEST_SEED + i);
		KUNIT_EXPECT_TRUE(test, dgem_pages_complete(&bo[i]->pages));
	}
	KUNIT_EXPECT_EQ(test, dgem_stat_read(ddev, DGEM_STAT_RESIDENT_PAGES),
			2 * (long)(TEST_SIZE >> PAGE_SHIFT));
}

/*
 * Success: idle BOs of an unplugged instance can be evicted, and are populated
 * again.
 */
static void dgem_unplug_evicts(struct kunit *test)
{
	struct dgem_device *ddev;
	struct dgem_bo *bo;
	struct device *dev;

	ddev = bind(test, &dev);
	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	dgem_test_write(test, bo, TEST_SEED);
	unplug(test, ddev, dev);
	KUNIT_EXPECT_EQ(test, dgem_test_evict(bo, TEST_SIZE >> PAGE_SHIFT),
			TEST_SIZE >> PAGE_SHIFT);
	dgem_test_expect(test, bo, TEST_SEED);
}

/* Success: a dma-buf keeps instance and contents, and serves new importers. */
static void dgem_unplug_dmabuf_works(struct kunit *test)
{
	struct dma_buf_attachment *attach;
	struct dgem_device *ddev;
	struct dma_buf *dmabuf;
	struct iosys_map map;
	struct dgem_bo *bo;
	struct device *dev;
	struct sg_table *sgt;

	ddev = bind(test, &dev);
	bo = dgem_test_bo(test, ddev, ddev->heaps[TEST_SYSTEM], TEST_SIZE);
	dmabuf = dgem_test_export(test, bo);
	dgem_test_write(test, bo, TEST_SEED);
	unplug(test, ddev, dev);

	KUNIT_ASSERT_EQ(test, 0, dma_buf_vmap_unlocked(dmabuf, &map));
	KUNIT_EXPECT_EQ(test, *(u32 *)map.vaddr, (u32)TEST_SEED);
	dma_buf_vunmap_unlocked(dmabuf, &map);

	attach = dma_buf_attach(dmabuf, dgem_test_device(test, "dgem-importer"));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, attach);
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	KUNIT_EXPECT_FALSE(test, IS_ERR(sgt));
	if (!IS_ERR(sgt))
		dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	dma_buf_detach(dmabuf, attach);
}

/* Success: the instance ends with its last user, here a dma-buf. */
static void dgem_unplug_last_user(struct kunit *test)
{
	struct device *dev = dgem_test_device(test, "dgem-unplug");
	struct dgem_device *ddev = dgem_drv_bind(dev, NULL);
	struct dma_buf *dmabuf;
	bool ended = false;
	struct dgem_bo *bo;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ddev);
	KUNIT_ASSERT_EQ(test, 0,
			drmm_add_action(&ddev->drm, note_end, &ended));
	bo = dgem_bo_create(ddev, NULL, ddev->heaps[TEST_PINNED], TEST_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bo);
	dmabuf = dgem_test_export(test, bo);
	dgem_bo_put(bo);
	KUNIT_EXPECT_EQ(test, 0, dgem_bo_populate_all(bo));
	unplug(test, ddev, dev);
	KUNIT_EXPECT_FALSE(test, ended);

	kunit_release_action(test, dgem_test_put_dmabuf, dmabuf);
	KUNIT_EXPECT_TRUE(test, ended);
}

static struct kunit_case dgem_unplug_cases[] = {
	KUNIT_CASE(dgem_unplug_unused),
	KUNIT_CASE(dgem_unplug_rebind),
	KUNIT_CASE(dgem_unplug_ioctls),
	KUNIT_CASE(dgem_unplug_handles),
	KUNIT_CASE(dgem_unplug_bo_works),
	KUNIT_CASE(dgem_unplug_evicts),
	KUNIT_CASE(dgem_unplug_dmabuf_works),
	KUNIT_CASE(dgem_unplug_last_user),
	{}
};

static struct kunit_suite dgem_unplug_suite = {
	.name = "dgem_unplug",
	.test_cases = dgem_unplug_cases,
};

kunit_test_suite(dgem_unplug_suite);
