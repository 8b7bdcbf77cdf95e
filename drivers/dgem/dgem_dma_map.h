/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DMA_MAP_H__
#define __DGEM_DMA_MAP_H__

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct device;
struct dgem_bo;
struct dma_buf_attachment;
struct drm_dgem_dma_seg;
struct drm_file;

/**
 * struct dgem_dma_map - a part of a BO that has bus addresses
 *
 * Never one that an importer uses: its life is that of its file's wish. While it exists
 * the BO does, and has all its pages.
 */
struct dgem_dma_map {
	/** @node: in &dgem_dma.maps, protected by &dgem_dma.lock. */
	struct list_head node;

	/** @file: who has it; constant. */
	struct drm_file *file;

	/** @bo: the BO, a reference; constant. */
	struct dgem_bo *bo;

	/** @dev: the instance's device; constant. */
	struct device *dev;

	/** @mask: &device.dma_mask when it was made; constant. */
	u64 mask;

	/** @dir: direction of the transfers; constant. */
	enum dma_data_direction dir;

	/** @offset: first byte in the BO; constant. */
	u64 offset;

	/** @size: bytes; constant. */
	u64 size;

	/** @id: the number, 0 if it has none; protected by &dgem_dma.lock. */
	u32 id;

	/** @own: of a BO that is dgem's, the part's pages and addresses. */
	struct sg_table own;

	/** @attach: of an imported BO, its exporter's view of @dev; otherwise NULL. */
	struct dma_buf_attachment *attach;

	/** @sgt: @own, or what the exporter returned, which is of the whole BO. */
	struct sg_table *sgt;
};

bool dgem_dma_always_bounces(struct device *dev);

struct dgem_dma_map *dgem_dma_map_create(struct drm_file *file, struct dgem_bo *bo, u64 offset,
					 u64 size, enum dma_data_direction dir);
void dgem_dma_map_destroy(struct dgem_dma_map *map);
u32 dgem_dma_map_segments(const struct dgem_dma_map *map, struct drm_dgem_dma_seg *segs);

#endif
