/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_REGION_H__
#define __DGEM_REGION_H__

struct dgem_carveout;

/**
 * struct dgem_region - physical memory that only dgem uses
 *
 * Contiguous and in the kernel's linear map. It has page structs, for importers and
 * vmap(), without PG_reserved: VFIO takes reserved pages out of a mapping for device
 * memory, of which it holds no reference.
 */
struct dgem_region {
	/** @name: what people call it. */
	const char *name;

	/** @vaddr: where the kernel reads and writes it. */
	void *vaddr;

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

#endif
