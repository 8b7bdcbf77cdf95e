/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_DMA_H__
#define __DGEM_DMA_H__

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct attribute_group;
struct device;
struct dgem_device;
struct dgem_dma_map;
struct dgem_region;
struct drm_file;

/* What the device's addresses may be told to fit into. */
#define DGEM_DMA_BITS_MIN	12
#define DGEM_DMA_BITS_MAX	64

/* Most mappings of an instance. */
#define DGEM_DMA_MAX_MAPS	65536

/**
 * struct dgem_dma_ops - what a bus does for a device that user space drives
 *
 * Called under &dgem_dma.lock, but for @claim.
 */
struct dgem_dma_ops {
	/**
	 * @claim: get the memory that the device has brought for a heap of its instance.
	 * Optional. Without the lock, when the instance is composed. Returns the region,
	 * NULL if there is none, or -ENOMEM as a pointer.
	 */
	struct dgem_region *(*claim)(struct device *dev);

	/** @start: let the device access memory. */
	void (*start)(struct device *dev);

	/**
	 * @stop: take that away from the device, and end what it has begun; sleeps.
	 * When it returns the device accesses memory no more. With @unbinding it is
	 * called by the bus, which has the device's lock. Returns 0, or an error if the
	 * device may still have addresses that it was told, and would use them if it
	 * was started.
	 */
	int (*stop)(struct device *dev, bool unbinding);
};

/**
 * struct dgem_dma - an instance's device, which user space drives by bus addresses
 *
 * The first file that gets an address owns the device until it is released. Until then
 * the device may access memory, and afterwards, when it has been stopped, mappings are
 * ended: never the other way round, since a device without an IOMMU that is strict
 * would write to memory that is somebody else's by then.
 */
struct dgem_dma {
	/** @ops: the bus's, NULL if there is no such device; constant once registered. */
	const struct dgem_dma_ops *ops;

	/** @lock: protects all that follows. Outside of any dma_resv. */
	struct mutex lock;

	/** @policy: one of &enum drm_dgem_dma_policy; read without the lock. */
	u32 policy;

	/** @dirty: whether the device may still have addresses of its last owner. */
	bool dirty;

	/** @gone: whether the instance is being unbound. */
	bool gone;

	/** @owner: the file that the device belongs to, NULL if it is free. */
	struct drm_file *owner;

	/** @maps: all mappings, &dgem_dma_map.node; also such as have no number yet. */
	struct list_head maps;

	/** @ids: the owner's mappings, by number. */
	struct xarray ids;
};

extern const struct attribute_group *dgem_dma_groups[];

int dgem_dma_init(struct dgem_device *ddev, const struct dgem_dma_ops *ops);

u32 dgem_dma_translation(struct device *dev);
int dgem_dma_permit(struct dgem_device *ddev, struct drm_file *file);

int dgem_dma_add(struct dgem_device *ddev, struct dgem_dma_map *map);
int dgem_dma_publish(struct dgem_device *ddev, struct dgem_dma_map *map, u32 *id);
void dgem_dma_drop(struct dgem_device *ddev, struct dgem_dma_map *map);
int dgem_dma_remove(struct dgem_device *ddev, struct drm_file *file, u32 id);

void dgem_dma_release_file(struct dgem_device *ddev, struct drm_file *file);
void dgem_dma_unplug(struct dgem_device *ddev);

#if IS_ENABLED(CONFIG_KUNIT)
bool dgem_dma_is_isolated(struct device *dev);
#endif

#endif
