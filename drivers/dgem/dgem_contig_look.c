// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What pages are in use for, found out without a lock: the answer may be old when it
 * is given. It only has to be right often enough to choose what to try.
 */

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>

#include "dgem_contig.h"
#include "dgem_window.h"

enum dgem_page_kind {
	DGEM_PAGE_FREE,
	DGEM_PAGE_MOVES,
	DGEM_PAGE_NEVER,
};

/*
 * Whether somebody has a reference that its mappings do not explain, such as for
 * DMA, or a BO that the page is in. It is not moved before that is gone.
 */
static bool dgem_folio_is_held(struct folio *folio)
{
	long nr = folio_nr_pages(folio);
	long expected = folio_mapcount(folio) + 1; /* the caller's */

	if (folio_test_swapcache(folio))
		expected += nr;
	if (!folio_test_anon(folio))
		expected += (folio->mapping ? nr : 0) + folio_test_private(folio);
	return folio_ref_count(folio) > expected;
}

/* The reference keeps the folio from being split, freed or moved meanwhile. */
static enum dgem_page_kind dgem_folio_kind(struct folio *folio, struct page *page,
					   unsigned long *nr)
{
	enum dgem_page_kind kind = DGEM_PAGE_NEVER;

	/* Free, but on the list of a processor. */
	if (!folio_try_get(folio))
		return DGEM_PAGE_FREE;

	if (page_folio(page) != folio) {
		kind = DGEM_PAGE_MOVES;
	} else {
		*nr = folio_nr_pages(folio) - folio_page_idx(folio, page);
		if (folio_test_lru(folio) && !dgem_folio_is_held(folio))
			kind = DGEM_PAGE_MOVES;
	}

	folio_put(folio);
	return kind;
}

/* The kind of a page, and of @nr from it on, which may go beyond its block. */
static enum dgem_page_kind dgem_page_kind(struct page *page, unsigned long *nr)
{
	struct folio *folio = page_folio(page);
	unsigned long order;

	*nr = 1;
	if (PageReserved(page) || PageHWPoison(page))
		return DGEM_PAGE_NEVER;

	if (PageBuddy(page)) {
		/* It may be somebody's already, and the order something else. */
		order = READ_ONCE(page->private);
		if (order <= MAX_PAGE_ORDER)
			*nr = 1UL << order;
		return DGEM_PAGE_FREE;
	}

	if (page_has_movable_ops(page))
		return DGEM_PAGE_MOVES;

	/* Slab, page tables, huge pages of a pool. */
	if (page_has_type(&folio->page))
		return DGEM_PAGE_NEVER;

	return dgem_folio_kind(folio, page, nr);
}

static bool dgem_page_is_in(struct page *page, struct zone *zone)
{
	return page_zonenum(page) == zone_idx(zone) &&
	       page_to_nid(page) == zone_to_nid(zone);
}

/*
 * Whether the kernel can take a part of the pageblock. It walks it from its first page on
 * and, where that is missing or another zone's, begins again for ever.
 */
static bool dgem_pageblock_begins_in(unsigned long pfn, struct zone *zone)
{
	unsigned long first = max(pageblock_start_pfn(pfn), zone->zone_start_pfn);
	struct page *page = pfn_to_online_page(first);

	return page && dgem_page_is_in(page, zone);
}

/**
 * dgem_contig_look() - find out what the pages of a block are
 * @zone: pages of other zones count as never moving
 * @first: page frame of the block
 * @end: pages from here on do, too
 * @kinds: written
 */
void dgem_contig_look(struct zone *zone, unsigned long first, unsigned long end,
		      struct dgem_window_kinds *kinds)
{
	/* Memory comes and goes by whole blocks, and lies in one section. */
	struct page *page = pfn_to_online_page(first);
	enum dgem_page_kind kind;
	unsigned long i, nr;

	bitmap_zero(kinds->moves, DGEM_WINDOW_BLOCK);
	bitmap_zero(kinds->never, DGEM_WINDOW_BLOCK);
	if (!dgem_pageblock_begins_in(first, zone))
		page = NULL;

	for (i = 0; i < DGEM_WINDOW_BLOCK; i += nr) {
		nr = 1;
		kind = DGEM_PAGE_NEVER;
		if (page && first + i < end && zone_spans_pfn(zone, first + i) &&
		    dgem_page_is_in(page + i, zone))
			kind = dgem_page_kind(page + i, &nr);

		nr = min(nr, DGEM_WINDOW_BLOCK - i);
		if (kind == DGEM_PAGE_MOVES)
			bitmap_set(kinds->moves, i, nr);
		else if (kind == DGEM_PAGE_NEVER)
			bitmap_set(kinds->never, i, nr);
	}
}
