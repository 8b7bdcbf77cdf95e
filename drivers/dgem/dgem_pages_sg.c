// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Scatterlists of an object, or of a part of it. */

#include <linux/scatterlist.h>
#include <linux/sched.h>

#include <kunit/visibility.h>

#include "dgem_pages.h"

/* Pages between two points of rescheduling: a chunk in pieces is longest. */
#define DGEM_RESCHED_PAGES	(16 * DGEM_CHUNK_PAGES)

/* Where what follows a page is, and how much of it, without a look at other chunks. */
static unsigned long dgem_pages_piece(const struct dgem_pages *pages, unsigned long idx,
				      unsigned long end, unsigned long *nr)
{
	unsigned long word = pages->dir[idx >> DGEM_CHUNK_ORDER];
	unsigned long at = idx & (DGEM_CHUNK_PAGES - 1);

	if (likely(word & DGEM_WORD_RUN)) {
		*nr = min(end - idx, DGEM_CHUNK_PAGES - at);
		return (word >> 1) + at;
	}

	*nr = 1;
	return page_to_pfn(dgem_word_table(word)[at]);
}

/*
 * Segments of the pages from @idx to before @end, which are resident, each contiguous
 * and at most @max_pages long. With a NULL @sg they are only counted.
 */
static unsigned int dgem_pages_segments(const struct dgem_pages *pages, unsigned long idx,
					unsigned long end, struct scatterlist *sg,
					unsigned long max_pages)
{
	unsigned long nr, next = 0, room = 0;
	struct scatterlist *last = NULL;
	unsigned int count = 0;

	for (; idx < end; idx += nr) {
		unsigned long pfn = dgem_pages_piece(pages, idx, end, &nr);

		/* Does not go on where the last segment ends, or that is full. */
		if (!room || pfn != next) {
			room = max_pages;
			count++;
			if (sg) {
				last = sg;
				sg_set_page(last, pfn_to_page(pfn), 0, 0);
				sg = sg_next(sg);
			}
		}

		nr = min(nr, room);
		if (last)
			last->length += nr << PAGE_SHIFT;
		room -= nr;
		next = pfn + nr;
		if (!(idx & (DGEM_RESCHED_PAGES - 1)))
			cond_resched();
	}

	return count;
}

/* At least a page, and its length is an unsigned int. */
static unsigned long dgem_pages_in_segment(size_t max_segment)
{
	return max(min_t(size_t, max_segment, UINT_MAX) >> PAGE_SHIFT, 1UL);
}

/**
 * dgem_pages_max_segments() - how many segments there are at most
 * @pages: the directory
 * @max_segment: largest segment in bytes that the device takes
 *
 * Return: a number that costs no look at each chunk.
 */
unsigned long dgem_pages_max_segments(const struct dgem_pages *pages, size_t max_segment)
{
	if (dgem_pages_in_segment(max_segment) < DGEM_CHUNK_PAGES)
		return pages->nr_pages;

	return dgem_pages_chunks(pages) + pages->table_bytes / sizeof(struct page *);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_max_segments);

/**
 * dgem_pages_fill_sg() - describe a complete directory by an array of entries
 * @pages: the directory, without holes and lost pages
 * @sgl: as many entries as dgem_pages_max_segments() says, none of them a chain
 * @max_segment: largest segment in bytes that the device takes
 *
 * Return: number of segments, the last of which is marked as the end.
 */
unsigned int dgem_pages_fill_sg(const struct dgem_pages *pages, struct scatterlist *sgl,
				size_t max_segment)
{
	unsigned int nr;

	sg_init_table(sgl, dgem_pages_max_segments(pages, max_segment));
	nr = dgem_pages_segments(pages, 0, pages->nr_pages, sgl,
				 dgem_pages_in_segment(max_segment));
	sg_mark_end(&sgl[nr - 1]);
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_fill_sg);

/**
 * dgem_pages_part_to_sgt() - describe a part of a complete directory as a scatterlist
 * @pages: the directory, without holes and lost pages
 * @first: index of the first page
 * @nr: number of pages, at least 1, that end within the object
 * @sgt: table to initialise; free it with sg_free_table()
 * @max_segment: largest segment in bytes that the device takes
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_pages_part_to_sgt(const struct dgem_pages *pages, unsigned long first,
			   unsigned long nr, struct sg_table *sgt, size_t max_segment)
{
	unsigned long max_pages = dgem_pages_in_segment(max_segment), end = first + nr;
	int ret;

	ret = sg_alloc_table(sgt, dgem_pages_segments(pages, first, end, NULL, max_pages),
			     DGEM_GFP);
	if (ret)
		return ret;

	dgem_pages_segments(pages, first, end, sgt->sgl, max_pages);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_part_to_sgt);

/**
 * dgem_pages_to_sgt() - describe a complete directory as a scatterlist
 * @pages: the directory, without holes and lost pages
 * @sgt: table to initialise; free it with sg_free_table()
 * @max_segment: largest segment in bytes that the device takes
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_pages_to_sgt(const struct dgem_pages *pages, struct sg_table *sgt, size_t max_segment)
{
	return dgem_pages_part_to_sgt(pages, 0, pages->nr_pages, sgt, max_segment);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_to_sgt);
