/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef __DGEM_WINDOW_H__
#define __DGEM_WINDOW_H__

#include <linux/bitmap.h>
#include <linux/types.h>

#include "dgem_pages.h"

/* Pages are looked at, and taken, in blocks of 2 MiB, aligned to that. */
#define DGEM_WINDOW_BLOCK	DGEM_CHUNK_PAGES

/**
 * struct dgem_window_kinds - what the pages of one block are; the others are free
 */
struct dgem_window_kinds {
	/** @moves: pages that are in use, but can be moved elsewhere. */
	DECLARE_BITMAP(moves, DGEM_WINDOW_BLOCK);

	/** @never: pages that stay where they are, or are out of bounds. */
	DECLARE_BITMAP(never, DGEM_WINDOW_BLOCK);
};

/**
 * struct dgem_window_block - what a search has to know of a block
 *
 * Windows of a block or more begin where a block does, smaller ones anywhere in a
 * block, but do not cross its end.
 */
struct dgem_window_block {
	/** @len: pages that can be had from its start on, or in the longest part. */
	u16 len;

	/** @cost: pages to move if all of it is taken. */
	u16 cost;

	/** @part_cost: pages to move if only a part is taken. */
	u16 part_cost;

	/** @part: where that part begins. */
	u16 part;
};

/**
 * struct dgem_window_map - a search for contiguous pages, and what it has seen
 *
 * A range of pages is noted block by block. It is a window if no page of it has
 * to stay and it is where the request wants it.
 */
struct dgem_window_map {
	/** @nr_pages: length of the window. */
	unsigned long nr_pages;

	/** @align: of its first page, in pages, a power of two. */
	unsigned long align;

	/** @boundary: it does not cross a multiple of this many pages, 0 for none. */
	unsigned long boundary;

	/** @first: page frame that the map begins with, where a block does. */
	unsigned long first;

	/** @noted: number of blocks that have been noted, in order. */
	unsigned long noted;

	/** @free: how many of them, up to the last one, are free. */
	unsigned long free;

	/** @blocks: array of the caller's. */
	struct dgem_window_block *blocks;
};

/**
 * struct dgem_window - pages that a request could have
 */
struct dgem_window {
	/** @pfn: the first one. */
	unsigned long pfn;

	/** @cost: how many have to be moved. */
	unsigned long cost;
};

void dgem_window_request(struct dgem_window_map *map, unsigned long nr_pages,
			 unsigned long align, unsigned long boundary);
void dgem_window_begin(struct dgem_window_map *map, unsigned long first,
		       struct dgem_window_block *blocks);
void dgem_window_note(struct dgem_window_map *map,
		      const struct dgem_window_kinds *kinds);
bool dgem_window_enough(const struct dgem_window_map *map);
bool dgem_window_find(const struct dgem_window_map *map, struct dgem_window *best);
void dgem_window_rule_out(struct dgem_window_map *map, unsigned long pfn);
unsigned long dgem_window_longest(const struct dgem_window_map *map);

#endif
