// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Whose an instance's device is, and which of its mappings end when. */

#include <linux/dma-mapping.h>

#include <kunit/test.h>

#include "../dgem_dma_map.h"
#include "dgem_dma_test.h"

/* Success: the device is the first file's until that is closed. */
static void dgem_dma_owner_first(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct drm_dgem_bo_create create = { .size = PAGE_SIZE };
	u32 id, again;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &id));
	KUNIT_EXPECT_EQ(test, bus.starts, 1);
	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &create, t->other));
	KUNIT_EXPECT_EQ(test, -EBUSY, map_all(t, t->other, &again));
	KUNIT_EXPECT_EQ(test, -ENOENT, unmap_dma(t, t->other, id));
	KUNIT_EXPECT_EQ(test, 0, unmap_dma(t, t->file, id));
	KUNIT_EXPECT_EQ(test, -ENOENT, unmap_dma(t, t->file, id));
	KUNIT_EXPECT_EQ(test, -EBUSY, map_all(t, t->other, &again));
	KUNIT_EXPECT_EQ(test, 0, map_all(t, t->file, &again));
	KUNIT_EXPECT_EQ(test, bus.starts, 1);

	/* The device is stopped while what it may access is still mapped. */
	dgem_dma_release_file(t->ddev, t->other);
	KUNIT_EXPECT_EQ(test, bus.stops, 0);
	dgem_test_close(test, t->file);
	KUNIT_EXPECT_EQ(test, bus.stops, 1);
	KUNIT_EXPECT_FALSE(test, bus.unbinding);
	KUNIT_EXPECT_EQ(test, bus.maps_at_stop, 1);
	KUNIT_EXPECT_EQ(test, dgem_stat_read(t->ddev, DGEM_STAT_DMA_MAPS), 0);
	t->handle = create.handle;
	KUNIT_EXPECT_EQ(test, 0, map_all(t, t->other, &again));
	KUNIT_EXPECT_EQ(test, bus.starts, 2);
}

static struct dgem_dma_map *create_map(struct kunit *test, struct drm_file *file)
{
	struct dma_test *t = test->priv;
	struct dgem_bo *bo = dgem_bo_lookup(t->file, t->handle);
	struct dgem_dma_map *map;

	KUNIT_ASSERT_NOT_NULL(test, bo);
	map = dgem_dma_map_create(file, bo, 0, TEST_SIZE, DMA_TO_DEVICE);
	dgem_bo_put(bo);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	return map;
}

/* A mapping of each file, neither of them published. */
static void add_two(struct kunit *test, struct dgem_dma_map **map, struct dgem_dma_map **late)
{
	struct dma_test *t = test->priv;

	*map = create_map(test, t->file);
	*late = create_map(test, t->other);
	KUNIT_ASSERT_EQ(test, 0, dgem_dma_add(t->ddev, *map));
	KUNIT_ASSERT_EQ(test, 0, dgem_dma_add(t->ddev, *late));
}

/* Failure: of two files that map at the same time, the second gets nothing. */
static void dgem_dma_owner_two(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct dgem_dma_map *map, *late;
	u32 id;

	add_two(test, &map, &late);
	KUNIT_EXPECT_EQ(test, 0, dgem_dma_publish(t->ddev, map, &id));
	KUNIT_EXPECT_EQ(test, -EBUSY, dgem_dma_publish(t->ddev, late, &id));
	expect_maps(test, 1);
	KUNIT_EXPECT_EQ(test, -EBUSY, dgem_dma_add(t->ddev, create_map(test, t->other)));
	expect_maps(test, 1);
	KUNIT_EXPECT_EQ(test, bus.starts, 1);
}

/* Success: the end of the owner's file leaves alone what another is about to get. */
static void dgem_dma_owner_other_remains(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct dgem_dma_map *map, *late;
	u32 id;

	add_two(test, &map, &late);
	KUNIT_ASSERT_EQ(test, 0, dgem_dma_publish(t->ddev, map, &id));
	dgem_dma_release_file(t->ddev, t->file);
	expect_maps(test, 1);
	KUNIT_EXPECT_EQ(test, 0, dgem_dma_publish(t->ddev, late, &id));
	KUNIT_EXPECT_EQ(test, bus.starts, 2);
}

/* Success: what is about to be told ends with the device as well. */
static void dgem_dma_owner_unbound_midway(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct dgem_dma_map *map = create_map(test, t->file), *dropped;
	u32 id;

	dropped = create_map(test, t->file);
	KUNIT_ASSERT_EQ(test, 0, dgem_dma_add(t->ddev, map));
	KUNIT_ASSERT_EQ(test, 0, dgem_dma_add(t->ddev, dropped));
	dgem_dma_unplug(t->ddev);
	expect_maps(test, 0);
	KUNIT_EXPECT_EQ(test, bus.stops, 0);
	KUNIT_EXPECT_EQ(test, -ENODEV, dgem_dma_publish(t->ddev, map, &id));
	dgem_dma_drop(t->ddev, dropped);
	KUNIT_EXPECT_EQ(test, -ENODEV, dgem_dma_add(t->ddev, create_map(test, t->file)));
	expect_maps(test, 0);
}

/* Failure: there are no more numbers than are promised. */
static void dgem_dma_owner_full(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct xarray *ids = &t->ddev->dma.ids;
	u32 id, first;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &first));
	for (id = 1; id <= DGEM_DMA_MAX_MAPS; id++)
		if (id != first)
			KUNIT_ASSERT_EQ(test, 0, xa_insert(ids, id, xa_mk_value(id), GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ENOSPC, map_all(t, t->file, &id));
	expect_maps(test, 1);
	for (id = 1; id <= DGEM_DMA_MAX_MAPS; id++)
		if (id != first)
			xa_erase(ids, id);
	KUNIT_EXPECT_EQ(test, 0, map_all(t, t->file, &id));
}

/* Success: a mapping keeps its BO when the handle is closed. */
static void dgem_dma_owner_keeps_bo(struct kunit *test)
{
	struct dma_test *t = test->priv;
	u32 id;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &id));
	KUNIT_ASSERT_EQ(test, 0, drm_gem_handle_delete(t->file, t->handle));
	KUNIT_EXPECT_EQ(test, dgem_stat_read(t->ddev, DGEM_STAT_BOS), 1);
	KUNIT_EXPECT_EQ(test, 0, unmap_dma(t, t->file, id));
	KUNIT_EXPECT_EQ(test, dgem_stat_read(t->ddev, DGEM_STAT_BOS), 0);
}

/* Success: unbinding stops the device, ends all mappings, and there are no new ones. */
static void dgem_dma_owner_unbound(struct kunit *test)
{
	struct dma_test *t = test->priv;
	u32 id, again;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &id));
	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &again));
	KUNIT_EXPECT_NE(test, id, again);
	kunit_release_action(test, dma_test_unbind, t->ddev);
	KUNIT_EXPECT_EQ(test, bus.stops, 1);
	KUNIT_EXPECT_TRUE(test, bus.unbinding);
	KUNIT_EXPECT_EQ(test, bus.maps_at_stop, 2);
	expect_maps(test, 0);
	KUNIT_EXPECT_EQ(test, -ENODEV, unmap_dma(t, t->file, id));
	KUNIT_EXPECT_EQ(test, -ENODEV, map_all(t, t->file, &id));
	dgem_test_close(test, t->file);
	KUNIT_EXPECT_EQ(test, bus.stops, 1);
}

/* Failure: a device that may still have the last owner's addresses is not started. */
static void dgem_dma_owner_dirty(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct drm_dgem_bo_create create = { .size = PAGE_SIZE };
	u32 id;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &id));
	KUNIT_ASSERT_EQ(test, 0, dgem_ioctl_bo_create(&t->ddev->drm, &create, t->other));
	bus.stop_error = -EAGAIN;
	dgem_test_close(test, t->file);
	KUNIT_EXPECT_EQ(test, bus.stops, 1);
	t->handle = create.handle;
	KUNIT_EXPECT_EQ(test, -EBUSY, map_all(t, t->other, &id));
	KUNIT_EXPECT_EQ(test, bus.stops, 2);
	KUNIT_EXPECT_EQ(test, bus.starts, 1);
	KUNIT_EXPECT_EQ(test, dgem_stat_read(t->ddev, DGEM_STAT_DMA_MAPS), 0);

	bus.stop_error = 0;
	KUNIT_EXPECT_EQ(test, 0, map_all(t, t->other, &id));
	KUNIT_EXPECT_EQ(test, bus.stops, 3);
	KUNIT_EXPECT_EQ(test, bus.starts, 2);
	KUNIT_EXPECT_EQ(test, 0, unmap_dma(t, t->other, id));
	KUNIT_EXPECT_EQ(test, 0, map_all(t, t->other, &id));
	KUNIT_EXPECT_EQ(test, bus.stops, 3);
}

/* Success: unbinding tries again what the end of the owner's file could not do. */
static void dgem_dma_owner_dirty_unbound(struct kunit *test)
{
	struct dma_test *t = test->priv;
	u32 id;

	KUNIT_ASSERT_EQ(test, 0, map_all(t, t->file, &id));
	bus.stop_error = -EAGAIN;
	dgem_test_close(test, t->file);
	kunit_release_action(test, dma_test_unbind, t->ddev);
	KUNIT_EXPECT_EQ(test, bus.stops, 2);
	KUNIT_EXPECT_TRUE(test, bus.unbinding);
}

/* Failure: addresses of a length that the administrator has changed meanwhile are none. */
static void dgem_dma_owner_other_mask(struct kunit *test)
{
	struct dma_test *t = test->priv;
	struct dgem_dma_map *map = create_map(test, t->file);
	struct device *dev = t->ddev->drm.dev;

	KUNIT_ASSERT_EQ(test, 0, dma_set_mask(dev, dma_get_mask(dev) >> 1));
	KUNIT_EXPECT_EQ(test, -EBUSY, dgem_dma_add(t->ddev, map));
	expect_maps(test, 0);
}

/* Success: without an owner there is nothing to stop. */
static void dgem_dma_owner_unused(struct kunit *test)
{
	struct dma_test *t = test->priv;

	dgem_test_close(test, t->file);
	kunit_release_action(test, dma_test_unbind, t->ddev);
	KUNIT_EXPECT_EQ(test, bus.stops, 0);
}

static struct kunit_case dgem_dma_owner_cases[] = {
	KUNIT_CASE(dgem_dma_owner_first),
	KUNIT_CASE(dgem_dma_owner_two),
	KUNIT_CASE(dgem_dma_owner_other_remains),
	KUNIT_CASE(dgem_dma_owner_unbound_midway),
	KUNIT_CASE(dgem_dma_owner_full),
	KUNIT_CASE(dgem_dma_owner_keeps_bo),
	KUNIT_CASE(dgem_dma_owner_unbound),
	KUNIT_CASE(dgem_dma_owner_dirty),
	KUNIT_CASE(dgem_dma_owner_dirty_unbound),
	KUNIT_CASE(dgem_dma_owner_other_mask),
	KUNIT_CASE(dgem_dma_owner_unused),
	{}
};

static struct kunit_suite dgem_dma_owner_suite = {
	.name = "dgem_dma_owner",
	.init = dgem_dma_test_init,
	.test_cases = dgem_dma_owner_cases,
};

kunit_test_suite(dgem_dma_owner_suite);
