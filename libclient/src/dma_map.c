// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "sys.h"

/* Segments that the first try has room for: most BOs have fewer. */
#define FIRST_ROOM 64

struct dgem_dma_map {
	struct dgem_device *dev; /* a reference */
	uint32_t id;
	uint32_t num_segs;
	struct drm_dgem_dma_seg *segs;
	atomic_uint refs;
};

/* How many there are is known when they are mapped, and can be different each time. */
static int map_into(struct dgem_dma_map *map, struct drm_dgem_bo_map_dma *args)
{
	struct drm_dgem_dma_seg *segs;
	int ret;

	args->num_segs = FIRST_ROOM;
	do {
		segs = calloc(args->num_segs, sizeof(*segs));
		if (!segs)
			return -ENOMEM;
		args->segs = (uintptr_t)segs;
		ret = sys_ioctl(map->dev->fd, DRM_IOCTL_DGEM_BO_MAP_DMA, args);
		if (ret)
			free(segs);
	} while (ret == -EMSGSIZE);
	if (ret)
		return ret;

	map->id = args->map_id;
	map->num_segs = args->num_segs;
	map->segs = segs;
	return 0;
}

DGEM_API int dgem_bo_map_dma(struct dgem_bo *bo, uint32_t flags, uint64_t offset, uint64_t size,
			     struct dgem_dma_map **ret_map)
{
	struct drm_dgem_bo_map_dma args = {
		.handle = bo->handle,
		.flags = flags,
		.offset = offset,
		.size = size,
	};
	struct dgem_dma_map *map = calloc(1, sizeof(*map));
	int ret;

	if (!map)
		return -ENOMEM;
	map->dev = bo->dev;
	ret = map_into(map, &args);
	if (ret) {
		free(map);
		return ret;
	}
	dgem_device_ref(map->dev);
	atomic_init(&map->refs, 1);
	*ret_map = map;
	return 0;
}

DGEM_API size_t dgem_dma_map_segments(const struct dgem_dma_map *map,
				      const struct drm_dgem_dma_seg **ret_segs)
{
	*ret_segs = map->segs;
	return map->num_segs;
}

DGEM_API struct dgem_dma_map *dgem_dma_map_ref(struct dgem_dma_map *map)
{
	atomic_fetch_add_explicit(&map->refs, 1, memory_order_relaxed);
	return map;
}

/* Where it fails the device is gone, and the mapping with it. */
DGEM_API void dgem_dma_map_unref(struct dgem_dma_map *map)
{
	struct drm_dgem_bo_unmap_dma args = { 0 };

	if (!map || atomic_fetch_sub_explicit(&map->refs, 1, memory_order_acq_rel) != 1)
		return;
	args.map_id = map->id;
	sys_ioctl(map->dev->fd, DRM_IOCTL_DGEM_BO_UNMAP_DMA, &args);
	dgem_device_unref(map->dev);
	free(map->segs);
	free(map);
}
