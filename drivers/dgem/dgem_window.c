// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Which of the contiguous ranges that a request could have has the least to move.
 * A matter of page kinds alone: this file looks at no page and takes none.
 */

#include <linux/align.h>
#include <linux/log2.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include "dgem_window.h"

/* Whether the window is smaller than a block, and need not begin with one. */
static bool dgem_window_is_small(const struct dgem_window_map *map)
{
	return map->align < DGEM_WINDOW_BLOCK;
}

static unsigned long dgem_window_block_pfn(const struct dgem_window_map *map,
					   unsigned long block)
{
	return map->first + block * DGEM_WINDOW_BLOCK;
}

/**
 * dgem_window_request() - say what a window has to be like
 * @map: the search
 * @nr_pages: its length, not 0
 * @align: of its first page, in pages, a power of two
 * @boundary: in pages, a power of two and at least @nr_pages, or 0
 *
 * Windows are aligned to 2 MiB, since only then do PMDs map them, or, smaller ones,
 * to their size, as the page allocator does it.
 */
void dgem_window_request(struct dgem_window_map *map, unsigned long nr_pages,
			 unsigned long align, unsigned long boundary)
{
	unsigned long natural = DGEM_WINDOW_BLOCK;

	if (nr_pages < DGEM_WINDOW_BLOCK)
		natural = roundup_pow_of_two(nr_pages);

	map->nr_pages = nr_pages;
	map->align = max(align, natural);
	map->boundary = boundary;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_request);

/**
 * dgem_window_begin() - begin to look at a range of pages
 * @map: the search, with its request
 * @first: page frame of the range's first block
 * @blocks: array for as many blocks as will be noted
 */
void dgem_window_begin(struct dgem_window_map *map, unsigned long first,
		       struct dgem_window_block *blocks)
{
	map->first = first;
	map->blocks = blocks;
	map->noted = 0;
	map->free = 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_begin);

/* Number of bits that are set from @start up to @end. */
static unsigned long dgem_window_count(const unsigned long *bits,
				       unsigned long start, unsigned long end)
{
	unsigned long count = 0;

	for_each_set_bit_from(start, bits, end)
		count++;
	return count;
}

/* The best part of a block for a small window, or else the longest one. */
static void dgem_window_note_small(const struct dgem_window_map *map,
				   struct dgem_window_block *block,
				   const struct dgem_window_kinds *kinds)
{
	unsigned long start, len, cost;

	block->part_cost = U16_MAX;
	for (start = 0; start < DGEM_WINDOW_BLOCK; start += map->align) {
		len = find_next_bit(kinds->never, DGEM_WINDOW_BLOCK, start) - start;
		block->len = max_t(unsigned long, block->len, len);
		if (len < map->nr_pages)
			continue;

		cost = dgem_window_count(kinds->moves, start, start + map->nr_pages);
		if (cost < block->part_cost) {
			block->part_cost = cost;
			block->part = start;
		}
	}
}

/**
 * dgem_window_note() - note the next block
 * @map: the search
 * @kinds: what its pages are; a page that never moves may be in use or not
 */
void dgem_window_note(struct dgem_window_map *map,
		      const struct dgem_window_kinds *kinds)
{
	unsigned long part = map->nr_pages % DGEM_WINDOW_BLOCK;
	struct dgem_window_block *block = &map->blocks[map->noted++];

	*block = (struct dgem_window_block){ };
	if (dgem_window_is_small(map)) {
		dgem_window_note_small(map, block, kinds);
	} else {
		block->len = find_first_bit(kinds->never, DGEM_WINDOW_BLOCK);
		block->cost = bitmap_weight(kinds->moves, DGEM_WINDOW_BLOCK);
		block->part_cost = dgem_window_count(kinds->moves, 0, part);
	}

	if (bitmap_empty(kinds->never, DGEM_WINDOW_BLOCK) &&
	    bitmap_empty(kinds->moves, DGEM_WINDOW_BLOCK))
		map->free++;
	else
		map->free = 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_note);

/**
 * dgem_window_enough() - whether there is nothing better to look for
 * @map: the search
 *
 * Return: true if the last blocks that were noted are free and so many that there
 * is a window among them, wherever they are.
 */
bool dgem_window_enough(const struct dgem_window_map *map)
{
	unsigned long nr = DIV_ROUND_UP(map->nr_pages, DGEM_WINDOW_BLOCK);

	if (map->align > DGEM_WINDOW_BLOCK)
		nr += map->align / DGEM_WINDOW_BLOCK - 1;
	/* On one of its sides there is room. */
	if (map->boundary)
		nr *= 2;
	return map->free >= nr;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_enough);

/* Pages from @pfn up to the next boundary. */
static unsigned long dgem_window_room(const struct dgem_window_map *map,
				      unsigned long pfn)
{
	return map->boundary ? map->boundary - (pfn & (map->boundary - 1)) : ULONG_MAX;
}

static bool dgem_window_fits(const struct dgem_window_map *map, unsigned long pfn)
{
	return IS_ALIGNED(pfn, map->align) &&
	       dgem_window_room(map, pfn) >= map->nr_pages;
}

static void dgem_window_choose(const struct dgem_window_map *map,
			       struct dgem_window *best, unsigned long pfn,
			       unsigned long cost)
{
	if (cost < best->cost && dgem_window_fits(map, pfn)) {
		best->pfn = pfn;
		best->cost = cost;
	}
}

static void dgem_window_find_small(const struct dgem_window_map *map,
				   struct dgem_window *best)
{
	const struct dgem_window_block *block = map->blocks;
	unsigned long i;

	for (i = 0; i < map->noted; i++, block++)
		if (block->len >= map->nr_pages)
			dgem_window_choose(map, best,
					   dgem_window_block_pfn(map, i) + block->part,
					   block->part_cost);
}

/* A window of @whole blocks, and perhaps a part of one more, slides over all. */
static void dgem_window_find_large(const struct dgem_window_map *map,
				   struct dgem_window *best)
{
	unsigned long whole = map->nr_pages / DGEM_WINDOW_BLOCK;
	unsigned long part = map->nr_pages % DGEM_WINDOW_BLOCK;
	const struct dgem_window_block *block = map->blocks;
	unsigned long i, run = 0, cost = 0;

	for (i = 0; i <= map->noted; i++, block++) {
		if (run >= whole && !part)
			dgem_window_choose(map, best,
					   dgem_window_block_pfn(map, i - whole), cost);

		if (i == map->noted)
			break;

		if (run >= whole && part && block->len >= part)
			dgem_window_choose(map, best,
					   dgem_window_block_pfn(map, i - whole),
					   cost + block->part_cost);

		if (block->len < DGEM_WINDOW_BLOCK) {
			run = 0;
			cost = 0;
			continue;
		}

		cost += block->cost;
		if (++run > whole)
			cost -= (block - whole)->cost;
	}
}

/**
 * dgem_window_find() - choose a window among the blocks that have been noted
 * @map: the search
 * @best: set to the one with the least to move, the first of those
 *
 * Return: false if there is none.
 */
bool dgem_window_find(const struct dgem_window_map *map, struct dgem_window *best)
{
	best->cost = ULONG_MAX;
	if (dgem_window_is_small(map))
		dgem_window_find_small(map, best);
	else
		dgem_window_find_large(map, best);
	return best->cost != ULONG_MAX;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_find);

/**
 * dgem_window_rule_out() - have no window over a block again
 * @map: the search
 * @pfn: a page of a block that has been noted
 */
void dgem_window_rule_out(struct dgem_window_map *map, unsigned long pfn)
{
	map->blocks[(pfn - map->first) / DGEM_WINDOW_BLOCK].len = 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_rule_out);

/**
 * dgem_window_longest() - how long a window could have been
 * @map: the search
 *
 * Return: number of pages; 0 if there is none with the alignment.
 */
unsigned long dgem_window_longest(const struct dgem_window_map *map)
{
	unsigned long i, len, pfn, run = 0, longest = 0;

	/* Backwards, since a window is as long as what follows lets it be. */
	for (i = map->noted; i--; ) {
		pfn = dgem_window_block_pfn(map, i);
		len = map->blocks[i].len;
		if (!dgem_window_is_small(map)) {
			run = len == DGEM_WINDOW_BLOCK ? run + len : len;
			len = IS_ALIGNED(pfn, map->align) ? run : 0;
		}
		longest = max(longest, min(len, dgem_window_room(map, pfn)));
	}

	return longest;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_window_longest);
