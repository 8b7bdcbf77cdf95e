// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Finds the memory of a carve-out, and sees to it that nobody else has it. */

#include <linux/cacheflush.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/page-flags.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "dgem_carveout.h"
#include "dgem_region.h"

/**
 * struct dgem_claim - a region, and how it was come by
 */
struct dgem_claim {
	/** @region: what others see of it. */
	struct dgem_region region;

	/** @link: in the list of all claims. */
	struct list_head link;

	/** @pgmap: the page structs of a physical range, which are made for it. */
	struct dev_pagemap pgmap;
};

/*
 * A region outlives the instance that claimed it for as long as there are BOs in it,
 * and those that reserve_mem= names have no other owner to ask.
 */
static LIST_HEAD(dgem_claims);
static DEFINE_MUTEX(dgem_claims_lock);

static bool dgem_claim_overlaps(const struct dgem_region *region)
{
	const struct dgem_claim *claim;

	list_for_each_entry(claim, &dgem_claims, link)
		if (claim->region.pfn < region->pfn + region->nr_pages &&
		    region->pfn < claim->region.pfn + claim->region.nr_pages)
			return true;
	return false;
}

/* Nobody but the owner of the region has these pages. */
static void dgem_region_set_reserved(struct dgem_region *region, bool reserved)
{
	unsigned long pfn, end = region->pfn + region->nr_pages;

	for (pfn = region->pfn; pfn < end; pfn++)
		if (reserved)
			SetPageReserved(pfn_to_page(pfn));
		else
			ClearPageReserved(pfn_to_page(pfn));
}

#if defined(CONFIG_X86) && defined(CONFIG_ZONE_DEVICE)
static int dgem_region_add_size(struct resource *res, void *size)
{
	*(u64 *)size += resource_size(res);
	return 0;
}

/*
 * A hole in which there is nothing at all is no RAM and not in use either, and can be
 * mapped. Only what the firmware or memmap= has reserved is memory.
 */
static bool dgem_range_is_reserved(u64 start, u64 size)
{
	u64 reserved = 0;

	walk_iomem_res_desc(IORES_DESC_RESERVED, IORESOURCE_MEM, start, start + size - 1,
			    &reserved, dgem_region_add_size);
	return reserved == size;
}

static const char *dgem_range_check(u64 start, u64 size)
{
	/* memremap_pages() warns of less. */
	if (!IS_ALIGNED(start | size, SZ_2M))
		return "its address and size are no multiples of 2 MiB";

	if (region_intersects(start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return "the system uses this memory";

	/* The kernel enlarges what is reserved to hold a window that it overlaps. */
	if (region_intersects(start, size, IORESOURCE_MEM | IORESOURCE_WINDOW,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return "devices may be given addresses there";

	if (!dgem_range_is_reserved(start, size))
		return "not all of it is reserved memory, which memmap= makes";

	return NULL;
}

/*
 * Makes page structs and a linear map, and has the memory-type tables, which huge
 * entries are made from, say write-back. The contents stay.
 */
static const char *dgem_claim_range(struct dgem_claim *claim, u64 start, u64 size)
{
	struct dgem_region *region = &claim->region;
	const char *why = dgem_range_check(start, size);

	if (why)
		return why;

	region->pfn = PHYS_PFN(start);
	region->nr_pages = PHYS_PFN(size);
	if (dgem_claim_overlaps(region))
		return "another carve-out, or a BO whose device is gone, has this memory";

	if (!request_mem_region(start, size, "dgem"))
		return "it is in use";

	claim->pgmap.type = MEMORY_DEVICE_GENERIC;
	claim->pgmap.range.start = start;
	claim->pgmap.range.end = start + size - 1;
	claim->pgmap.nr_range = 1;
	region->vaddr = memremap_pages(&claim->pgmap, phys_to_target_node(start));
	if (IS_ERR(region->vaddr)) {
		release_mem_region(start, size);
		return "it cannot be mapped";
	}

	return NULL;
}

static void dgem_claim_free_range(struct dgem_claim *claim)
{
	if (!claim->pgmap.nr_range)
		return;

	memunmap_pages(&claim->pgmap);
	release_mem_region(claim->pgmap.range.start, range_len(&claim->pgmap.range));
}
#else
/* Elsewhere the resources do not tell reserved memory from what is none. */
static const char *dgem_claim_range(struct dgem_claim *claim, u64 start, u64 size)
{
	return "physical ranges are for x86 with CONFIG_ZONE_DEVICE";
}

static void dgem_claim_free_range(struct dgem_claim *claim)
{
}
#endif

/* Memory with page structs and linear map, which the kernel took from RAM at boot. */
static const char *dgem_claim_named(struct dgem_claim *claim)
{
	struct dgem_region *region = &claim->region;
	phys_addr_t start, size;

	if (!reserve_mem_find_by_name(region->name, &start, &size))
		return "there is no region of that name, which reserve_mem= makes";

	if (!PAGE_ALIGNED(start | size))
		return "it does not consist of whole pages";

	region->pfn = PHYS_PFN(start);
	region->nr_pages = PHYS_PFN(size);
	region->vaddr = phys_to_virt(start);
	if (dgem_claim_overlaps(region))
		return "a BO whose device is gone has this memory";

	return NULL;
}

static void dgem_region_release(struct dgem_region *region)
{
	struct dgem_claim *claim = container_of(region, struct dgem_claim, region);

	mutex_lock(&dgem_claims_lock);
	dgem_region_set_reserved(region, true);
	dgem_claim_free_range(claim);
	list_del(&claim->link);
	mutex_unlock(&dgem_claims_lock);
	kfree(claim);
}

/**
 * dgem_region_claim() - get the memory of a carve-out
 * @carveout: the carve-out, which outlives the region
 * @why: set to why it cannot be had, if so
 *
 * Return: the region, which its &dgem_region.release gives back; NULL if it cannot be
 * had; -ENOMEM.
 */
struct dgem_region *dgem_region_claim(const struct dgem_carveout *carveout,
				      const char **why)
{
	struct dgem_claim *claim = kzalloc_obj(*claim);
	struct dgem_region *region;

	if (!claim)
		return ERR_PTR(-ENOMEM);

	region = &claim->region;
	region->name = carveout->name;
	region->release = dgem_region_release;

	mutex_lock(&dgem_claims_lock);
	*why = carveout->size ?
	       dgem_claim_range(claim, carveout->start, carveout->size) :
	       dgem_claim_named(claim);
	if (!*why) {
		region->node = page_to_nid(pfn_to_page(region->pfn));
		dgem_region_set_reserved(region, false);
		list_add(&claim->link, &dgem_claims);
	}
	mutex_unlock(&dgem_claims_lock);

	if (*why) {
		kfree(claim);
		return NULL;
	}
	return region;
}

/* A test has no I/O memory. */
VISIBLE_IF_KUNIT void dgem_region_zero_io(void __iomem *io, size_t size)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_region_zero_io, io, size);
	memset_io(io, 0, size);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_region_zero_io);

/**
 * dgem_region_zero() - write zeroes to a part of a region
 * @region: the region
 * @pfn: first page frame of the part
 * @nr: number of pages
 */
void dgem_region_zero(const struct dgem_region *region, unsigned long pfn,
		      unsigned long nr)
{
	size_t offset = (pfn - region->pfn) << PAGE_SHIFT;
	unsigned long i;

	if (region->io) {
		dgem_region_zero_io(region->io + offset, nr << PAGE_SHIFT);
		return;
	}

	memset(region->vaddr + offset, 0, nr << PAGE_SHIFT);

	/* The zeroes may be in cache lines that user space does not see. */
	if (ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE)
		for (i = 0; i < nr; i++)
			flush_dcache_page(pfn_to_page(pfn + i));
}
