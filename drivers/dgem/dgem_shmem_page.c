// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Chunks of a shmem file that are filled in part, around a page that was touched:
 * because memory for the whole chunk is not to be had, or because some of it is in
 * swap, where what nobody touches may stay.
 *
 * A folio's pages in the chunk are added to its table together, so that the chunk
 * holds one reference to each folio here, too.
 */

#include <linux/fs.h>
#include <linux/pagemap.h>

#include "dgem_pages.h"
#include "dgem_shmem.h"

/*
 * Pages that are read from swap for one that is touched, itself included: as many
 * as swap's own read-ahead reads if nobody has set another size, which modules
 * cannot ask for.
 */
#define DGEM_SHMEM_WINDOW	8

/*
 * Adds the pages that a folio has in the chunk of page @idx, and keeps the reference
 * unless all of them are lost. A folio of NULL is a page that swap has lost.
 */
static int dgem_shmem_add(struct dgem_pages *pages, struct folio *folio,
			  unsigned long idx)
{
	unsigned long first = round_down(idx, DGEM_CHUNK_PAGES);
	unsigned long end = min(first + DGEM_CHUNK_PAGES, pages->nr_pages);
	unsigned long i, lost = 0;

	if (!folio) {
		dgem_pages_add(pages, idx, DGEM_PAGE_LOST);
		return 1;
	}

	first = max(first, folio->index);
	end = min(end, folio_next_index(folio));
	for (i = first; i < end; i++) {
		struct page *page = folio_file_page(folio, i);

		if (PageHWPoison(page)) {
			page = DGEM_PAGE_LOST;
			lost++;
		}
		dgem_pages_add(pages, i, page);
	}

	if (lost == end - first)
		folio_put(folio);
	return end - first;
}

/*
 * The folio of a page that has to be had. shmem takes a large one where it can, for
 * which nobody asked: if it is fresh, all but the one page leaves the file again.
 */
static struct folio *dgem_shmem_read_alone(struct file *file, unsigned long idx)
{
	struct folio *folio = dgem_shmem_read(file, idx);
	unsigned long first, end;

	if (IS_ERR_OR_NULL(folio) || !folio_test_large(folio) ||
	    folio_test_dirty(folio))
		return folio;

	first = folio->index;
	end = folio_next_index(folio);
	folio_put(folio);
	dgem_shmem_drop(file, first, idx - first);
	dgem_shmem_drop(file, idx + 1, end - idx - 1);
	return dgem_shmem_read(file, idx);
}

/*
 * Fills the holes from @idx to before @end for which the file has pages in memory, and
 * with @swap those in swap. Ends at the first for which memory is short.
 */
static int dgem_shmem_add_near(struct file *file, struct dgem_pages *pages,
			       unsigned long idx, unsigned long end, bool swap)
{
	int nr = 0;

	for (end = min(end, pages->nr_pages); idx < end; idx++) {
		void *entry = xa_load(&file->f_mapping->i_pages, idx);
		struct folio *folio;

		if (!entry || (xa_is_value(entry) && !swap) ||
		    dgem_pages_present(pages, idx))
			continue;

		folio = dgem_shmem_read_gfp(file, idx, __GFP_NORETRY);
		if (IS_ERR(folio))
			break;
		nr += dgem_shmem_add(pages, folio, idx);
	}

	return nr;
}

/**
 * dgem_shmem_fill_page() - fill a hole, and others near it that cost no fresh memory
 * @file: the shmem file
 * @pages: the directory, prepared
 * @idx: the page, a hole
 *
 * If the page is in swap, those in the aligned window around it are read, too. If the
 * chunk was empty, it also gets what the file has of it in memory.
 *
 * Return: number of holes that were filled; -ENOMEM; -EINTR.
 */
int dgem_shmem_fill_page(struct file *file, struct dgem_pages *pages,
			 unsigned long idx)
{
	unsigned long chunk = idx >> DGEM_CHUNK_ORDER;
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	unsigned long window = round_down(idx, DGEM_SHMEM_WINDOW);
	bool swapped = dgem_shmem_swapped(file, idx);
	bool empty = dgem_pages_is_empty(pages, chunk);
	struct folio *folio;
	int ret;

	folio = dgem_shmem_read_alone(file, idx);
	if (IS_ERR(folio))
		return PTR_ERR(folio);

	ret = dgem_pages_make_table(pages, chunk);
	if (ret) {
		if (folio)
			dgem_shmem_put_back(file, folio, idx, 1);
		return ret;
	}

	ret = dgem_shmem_add(pages, folio, idx);
	if (swapped)
		ret += dgem_shmem_add_near(file, pages, window,
					   window + DGEM_SHMEM_WINDOW, true);
	if (empty)
		ret += dgem_shmem_add_near(file, pages, first,
					   first + DGEM_CHUNK_PAGES, false);

	if (dgem_pages_complete(pages))
		mapping_set_unevictable(file->f_mapping);
	return ret;
}
