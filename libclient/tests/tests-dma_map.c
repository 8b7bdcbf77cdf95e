// SPDX-License-Identifier: MIT
#include <errno.h>

#include "fixture.h"

#define BOTH (DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE)
#define MANY 1000

TEST(dma_map_tells_addresses)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 65536);
	const struct drm_dgem_bo_map_dma *args = fake_last(FAKE_BO_MAP_DMA);
	const struct drm_dgem_dma_seg *segs;
	struct dgem_dma_map *map;

	CHECK_EQ(dgem_bo_map_dma(bo, DRM_DGEM_DMA_TO_DEVICE, 4096, 8192, &map), 0);
	CHECK_EQ(args->handle, dgem_bo_handle(bo));
	CHECK_EQ(args->flags, DRM_DGEM_DMA_TO_DEVICE);
	CHECK_EQ(args->offset, 4096);
	CHECK_EQ(args->size, 8192);
	CHECK_EQ(dgem_dma_map_segments(map, &segs), 1);
	CHECK_EQ(segs[0].addr, 65536);
	CHECK_EQ(segs[0].len, 4096);
	dgem_dma_map_unref(map);
	CHECK_EQ(fake_dma_maps(), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

/* However many segments there are, and however often that was wrong. */
TEST(dma_map_makes_room)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 65536);
	const struct drm_dgem_dma_seg *segs;
	struct dgem_dma_map *map;

	fake_set_segments(MANY);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 0, &map), 0);
	CHECK_EQ(fake_calls(FAKE_BO_MAP_DMA), 2);
	CHECK_EQ(dgem_dma_map_segments(map, &segs), MANY);
	CHECK_EQ(segs[MANY - 1].addr, MANY * 65536);
	dgem_dma_map_unref(map);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}

TEST(dma_map_outlives_the_bo)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 4096);
	struct dgem_dma_map *map;

	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 0, &map), 0);
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
	CHECK_EQ(fake_open_files(), 1);
	CHECK(dgem_dma_map_ref(map) == map);
	dgem_dma_map_unref(map);
	CHECK_EQ(fake_dma_maps(), 1);
	dgem_dma_map_unref(map);
	CHECK_EQ(fake_dma_maps(), 0);
	CHECK_EQ(fake_open_files(), 0);
	dgem_dma_map_unref(NULL);
}

TEST(dma_map_reports_errors)
{
	struct dgem_device *dev = open_default();
	struct dgem_bo *bo = create(dev, 4096);
	struct dgem_dma_map *map;

	CHECK_EQ(dgem_bo_map_dma(bo, 0, 0, 0, &map), -EINVAL);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH | 4, 0, 0, &map), -EINVAL);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 1, 0, &map), -EINVAL);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 1, &map), -EINVAL);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 4096, 0, &map), -EINVAL);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 8192, &map), -EINVAL);
	fake_fail(FAKE_BO_MAP_DMA, 1, EPERM);
	CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 0, &map), -EPERM);
	CHECK_EQ(fake_dma_maps(), 0);
	for (int nth = 1; nth <= 2; nth++) {
		fake_fail_alloc(nth);
		CHECK_EQ(dgem_bo_map_dma(bo, BOTH, 0, 0, &map), -ENOMEM);
		CHECK_EQ(fake_dma_maps(), 0);
	}
	dgem_bo_unref(bo);
	dgem_device_unref(dev);
}
