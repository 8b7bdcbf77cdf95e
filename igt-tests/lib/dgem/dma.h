/* SPDX-License-Identifier: MIT */
#ifndef DGEM_DMA_H
#define DGEM_DMA_H

/* Bus addresses of BOs. */

#include <stdint.h>

#include <drm/dgem_drm.h>

#define DMA_BOTH (DRM_DGEM_DMA_TO_DEVICE | DRM_DGEM_DMA_FROM_DEVICE)

/** struct dma - a mapping of a BO for the device of its instance */
struct dma {
	int fd;
	uint32_t id, num;
	struct drm_dgem_dma_seg *segs;
};

/* 0 or -errno; the argument as the ioctl leaves it. */
int __dma_map(int fd, struct drm_dgem_bo_map_dma *args);
int __dma_unmap(int fd, uint32_t id);

/* All of a BO, in as many segments as it has. */
void dma_map(struct dma *dma, int fd, uint32_t handle);
void dma_unmap(struct dma *dma);

/*
 * Tells whoever reads the console afterwards that the IOMMU is about to block so many
 * accesses, one for each call of the other: how many it has blocked since, as the kernel
 * says. Root only.
 */
void dma_expect_faults(unsigned int faults);
unsigned int dma_count_faults(void);

/* The address of a byte. */
uint64_t dma_address(const struct dma *dma, uint64_t offset);

#endif
