/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_REGION_H__
#define __DGEM_REGION_H__

#include <linux/compiler_types.h>
#include <linux/types.h>

struct dgem_carveout;

/**
 * struct dgem_region - physical memory that only dgem uses
 *
 * Contiguous. RAM is in the kernel's linear map, and has page structs, for importers and
 * vmap(), without PG_reserved: VFIO takes reserved pages out of a mapping for device
 * memory, of which it holds no reference. What a device has brought has none, and must
 * not be accessed but between drm_dev_enter() and drm_dev_exit().
 */
struct dgem_region {
	/** @name: what people call it. */
	const char *name;

	/** @vaddr: where the kernel reads and writes RAM; NULL for a device's memory. */
	void *vaddr;

	/** @io: where the kernel reads and writes a device's memory; NULL for RAM. */
	void __iomem *io;

	/** @pfn: its first page frame. */
	unsigned long pfn;

	/** @nr_pages: its size. */
	unsigned long nr_pages;

	/** @node: the NUMA node that it belongs to. */
	int node;

	/** @release: give it back, with this struct; who has it calls this at the end. */
	void (*release)(struct dgem_region *region);
};

struct dgem_region *dgem_region_claim(const struct dgem_carveout *carveout,
				      const char **why);
void dgem_region_zero(const struct dgem_region *region, unsigned long pfn,
		      unsigned long nr);

#if IS_ENABLED(CONFIG_KUNIT)
void dgem_region_zero_io(void __iomem *io, size_t size);
#endif

#endif
