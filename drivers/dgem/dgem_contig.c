// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Contiguous memory of any size, by moving what is in the way. Pages come one by
 * one, each with a reference of its own and zeroed, and are charged to nobody.
 */

#include <linux/cacheflush.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include <drm/dgem_drm.h>

#include "dgem_contig.h"
#include "dgem_pages.h"
#include "dgem_request.h"
#include "dgem_window.h"

#define DGEM_CONTIG_GFP	(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN)

/* All instances search the same memory: two at once would take it from each other. */
static DEFINE_MUTEX(dgem_contig_lock);

/**
 * struct dgem_contig_search - a search of all zones that may have a window
 */
struct dgem_contig_search {
	/** @map: what is wanted, and what has been seen of the zone at hand. */
	struct dgem_window_map map;

	/** @limit: pages from here on are out of bounds. */
	unsigned long limit;

	/** @limited: whether there is memory beyond that. */
	bool limited;

	/** @possible: whether there is a zone that the window could be in, were it free. */
	bool possible;

	/** @longest: pages of the longest window in zones that have been searched. */
	unsigned long longest;
};

/* The first page frame that @bits do not reach. */
static unsigned long dgem_contig_limit(unsigned int bits)
{
	if (bits >= 64)
		return ULONG_MAX;
	return min_t(u64, BIT_ULL(bits) >> PAGE_SHIFT, ULONG_MAX);
}

/**
 * dgem_contig_free() - give pages back
 * @pfn: the first one
 * @nr_pages: number of pages
 *
 * One by one: others may have references for a while, as whoever looks for memory
 * to move.
 */
void dgem_contig_free(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		__free_page(pfn_to_page(pfn + i));
}

/* A block of the page allocator, if there is one without moving or freeing any. */
static bool dgem_contig_alloc_block(unsigned long nr_pages,
				    const struct dgem_request *request,
				    unsigned long *pfn)
{
	gfp_t gfp = (DGEM_CONTIG_GFP | __GFP_NORETRY | __GFP_NOMEMALLOC) &
		    ~__GFP_DIRECT_RECLAIM;
	unsigned long limit = dgem_contig_limit(request->addr_bits);
	unsigned int order = get_order((u64)nr_pages << PAGE_SHIFT);
	struct page *page;

	if (order > MAX_PAGE_ORDER || request->align > PAGE_SIZE << order ||
	    request->addr_bits < 32)
		return false;

	if (request->addr_bits < 64)
		gfp |= GFP_DMA32;
	if (request->node == NUMA_NO_NODE)
		page = alloc_pages(gfp, order);
	else
		page = alloc_pages_node(request->node, gfp | __GFP_THISNODE, order);
	if (!page)
		return false;

	split_page(page, order);
	*pfn = page_to_pfn(page);
	dgem_contig_free(*pfn + nr_pages, (1UL << order) - nr_pages);
	if (*pfn + nr_pages <= limit)
		return true;

	dgem_contig_free(*pfn, nr_pages);
	return false;
}

/* Pages from @pfn to the end of its pageblock: it is not isolated for two pieces. */
static unsigned long dgem_contig_piece(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long size = max(pageblock_nr_pages, DGEM_WINDOW_BLOCK);

	return min(nr_pages, size - pfn % size);
}

static void dgem_contig_rule_out(struct dgem_window_map *map, unsigned long pfn,
				 unsigned long nr_pages)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i += DGEM_WINDOW_BLOCK)
		dgem_window_rule_out(map, pfn + i);
}

/*
 * Takes a window piece by piece, since signals are only seen between them. What has
 * been taken goes back when one fails.
 */
static int dgem_contig_take(struct dgem_window_map *map, unsigned long pfn)
{
	unsigned long done, nr;
	int ret;

	for (done = 0; done < map->nr_pages; done += nr) {
		nr = dgem_contig_piece(pfn + done, map->nr_pages - done);
		ret = -EINTR;
		if (!fatal_signal_pending(current))
			ret = alloc_contig_range(pfn + done, pfn + done + nr,
						 ACR_FLAGS_NONE, DGEM_CONTIG_GFP);
		if (ret) {
			dgem_contig_rule_out(map, pfn + done, nr);
			dgem_contig_free(pfn, done);
			return ret;
		}
		cond_resched();
	}

	return 0;
}

/* Looks at blocks from where the last look ended, until nothing better can come. */
static int dgem_contig_look_on(struct dgem_contig_search *search, struct zone *zone,
			       unsigned long end)
{
	struct dgem_window_map *map = &search->map;
	struct dgem_window_kinds kinds;
	unsigned long pfn;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		pfn = map->first + map->noted * DGEM_WINDOW_BLOCK;
		dgem_contig_look(zone, pfn, end, &kinds);
		dgem_window_note(map, &kinds);
		cond_resched();
	} while (pfn + DGEM_WINDOW_BLOCK < end && !dgem_window_enough(map));

	return 0;
}

/*
 * Windows with little to move first. One that fails is gone on behind the piece
 * that has: so none is tried again that was moved in vain.
 */
static int dgem_contig_search_map(struct dgem_contig_search *search,
				  struct zone *zone, unsigned long end,
				  unsigned long *pfn)
{
	struct dgem_window_map *map = &search->map;
	struct dgem_window best;
	bool found;
	int ret;

	for (;;) {
		found = dgem_window_find(map, &best);
		if ((!found || best.cost) &&
		    map->first + map->noted * DGEM_WINDOW_BLOCK < end) {
			ret = dgem_contig_look_on(search, zone, end);
			if (ret)
				return ret;
			continue;
		}

		if (!found)
			return -ENOSPC;

		ret = dgem_contig_take(map, best.pfn);
		if (fatal_signal_pending(current) && ret)
			return -EINTR;
		if (!ret) {
			*pfn = best.pfn;
			return 0;
		}
	}
}

static int dgem_contig_search_zone(struct dgem_contig_search *search,
				   struct zone *zone, unsigned long *pfn)
{
	unsigned long first = ALIGN_DOWN(zone->zone_start_pfn, DGEM_WINDOW_BLOCK);
	unsigned long end = min(zone_end_pfn(zone), search->limit);
	struct dgem_window_block *blocks;
	int ret;

	if (!managed_zone(zone))
		return -ENOSPC;

	search->limited |= end < zone_end_pfn(zone);
	if (end <= zone->zone_start_pfn)
		return -ENOSPC;

	search->possible |= end - zone->zone_start_pfn >= search->map.nr_pages;
	blocks = kvmalloc_array(DIV_ROUND_UP(end - first, DGEM_WINDOW_BLOCK),
				sizeof(*blocks), DGEM_GFP);
	if (!blocks)
		return -ENOMEM;

	dgem_window_begin(&search->map, first, blocks);
	ret = dgem_contig_search_map(search, zone, end, pfn);
	if (ret == -ENOSPC)
		search->longest = max(search->longest,
				      dgem_window_longest(&search->map));
	kvfree(blocks);
	return ret;
}

/*
 * Memory below 4 GiB, which some devices can do with nothing but, comes last. What
 * belongs to user space alone is not for BOs, which stay where they are.
 */
static int dgem_contig_search(struct dgem_contig_search *search, int node,
			      unsigned long *pfn)
{
	int local = numa_mem_id(), ret = -ENOSPC, type, nid;

	for (type = ZONE_NORMAL; type >= 0; type--) {
		if (node == NUMA_NO_NODE || node == local)
			ret = dgem_contig_search_zone(search,
						      &NODE_DATA(local)->node_zones[type],
						      pfn);
		if (ret != -ENOSPC)
			return ret;

		for_each_online_node(nid) {
			if (nid == local || (node != NUMA_NO_NODE && node != nid))
				continue;
			ret = dgem_contig_search_zone(search,
						      &NODE_DATA(nid)->node_zones[type],
						      pfn);
			if (ret != -ENOSPC)
				return ret;
		}
	}

	return -ENOSPC;
}

/* A limit or a node is to blame if nothing that becomes free could help. */
static void dgem_contig_tell(const struct dgem_contig_search *search,
			     struct dgem_request *request)
{
	request->reason = DRM_DGEM_REASON_FRAGMENTED;
	if (!search->possible && search->limited)
		request->reason = DRM_DGEM_REASON_ADDR_LIMIT;
	else if (!search->possible && request->node != NUMA_NO_NODE)
		request->reason = DRM_DGEM_REASON_NODE;
	request->reason_arg = (u64)search->longest << PAGE_SHIFT;
}

static int dgem_contig_alloc_window(unsigned long nr_pages,
				    struct dgem_request *request,
				    unsigned long *pfn)
{
	struct dgem_contig_search search = {
		.limit = dgem_contig_limit(request->addr_bits),
	};
	int ret;

	dgem_window_request(&search.map, nr_pages, request->align >> PAGE_SHIFT,
			    request->boundary >> PAGE_SHIFT);

	if (mutex_lock_killable(&dgem_contig_lock))
		return -EINTR;
	ret = dgem_contig_search(&search, request->node, pfn);
	mutex_unlock(&dgem_contig_lock);

	if (ret == -ENOSPC)
		dgem_contig_tell(&search, request);
	return ret;
}

/* The zeroes may be in cache lines that user space does not see. */
static void dgem_contig_flush(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long i;

	if (ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE)
		for (i = 0; i < nr_pages; i++)
			flush_dcache_page(pfn_to_page(pfn + i));
}

/*
 * Whether a search would move all there is for nothing. It leaves out CMA areas,
 * which count as available, and high memory.
 */
static bool dgem_contig_is_in_vain(unsigned long nr_pages)
{
	return nr_pages > nr_free_buffer_pages() ||
	       (long)nr_pages > si_mem_available() -
				(long)global_zone_page_state(NR_FREE_CMA_PAGES);
}

/**
 * dgem_contig_alloc() - get contiguous pages that read as zero
 * @nr_pages: number of pages
 * @request: where they have to be; says why it failed
 * @pfn: set to the first one
 *
 * Moves pages of others and may take seconds. May be tried again after -ENOSPC,
 * when what was in the way is gone.
 *
 * Return: 0; -ENOSPC with a reason; -ENOMEM; -EINTR on a fatal signal, and on no
 * other: callers that repeat would never come to an end under a timer.
 */
int dgem_contig_alloc(unsigned long nr_pages, struct dgem_request *request,
		      unsigned long *pfn)
{
	int ret = 0;

	if (dgem_contig_is_in_vain(nr_pages)) {
		request->reason = DRM_DGEM_REASON_FULL;
		return -ENOSPC;
	}

	if (!dgem_contig_alloc_block(nr_pages, request, pfn))
		ret = dgem_contig_alloc_window(nr_pages, request, pfn);
	if (!ret)
		dgem_contig_flush(*pfn, nr_pages);
	return ret;
}
