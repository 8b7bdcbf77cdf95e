// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * Chunks that are filled with the folios of a shmem file.
 *
 * The mapping is unevictable while the directory is complete, so that reclaim
 * does not scan pages that it cannot free. Not earlier: the flag is the whole
 * file's, and folios of chunks that were emptied must remain reclaimable.
 */

#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/folio_batch.h>
#include <linux/swap.h>

#include "dgem_pages.h"
#include "dgem_shmem.h"

/* The part of @folio that lies in a chunk's window of @nr pages at @first. */
static unsigned long dgem_shmem_overlap(struct folio *folio,
					unsigned long first, unsigned long nr)
{
	return min(nr, folio->index + folio_nr_pages(folio) - first);
}

/*
 * Folios that are @kept may be on the unevictable list, where the mapping's flag
 * has brought them since the file was complete for the last time.
 */
static void dgem_shmem_put_batch(struct folio_batch *batch, bool kept)
{
	if (kept)
		check_move_unevictable_folios(batch);
	folio_batch_release(batch);
}

/* Puts the references that a chunk holds, contiguous or not. */
static void dgem_shmem_put(const struct dgem_pages *pages, unsigned long chunk,
			   bool keep)
{
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	struct folio_batch batch;
	struct folio *folio;
	unsigned long i, len;

	folio_batch_init(&batch);
	for (i = 0; i < nr; i += len) {
		len = 1;
		if (!dgem_pages_present(pages, first + i) ||
		    dgem_pages_is_lost(pages, first + i))
			continue;

		folio = page_folio(pfn_to_page(dgem_pages_pfn(pages, first + i)));
		len = dgem_shmem_overlap(folio, first + i, nr - i);
		/* Who wrote through which mapping is not known. */
		if (keep)
			folio_mark_dirty(folio);
		if (!folio_batch_add(&batch, folio))
			dgem_shmem_put_batch(&batch, keep);
	}
	dgem_shmem_put_batch(&batch, keep);
}

/**
 * dgem_shmem_swapped() - whether a page was written to swap
 * @file: the shmem file
 * @idx: the page
 *
 * A file's pages are looked at only if any of them was.
 *
 * Return: whether it was, and has not been read since.
 */
bool dgem_shmem_swapped(struct file *file, unsigned long idx)
{
	return READ_ONCE(SHMEM_I(file_inode(file))->swapped) &&
	       xa_is_value(xa_load(&file->f_mapping->i_pages, idx));
}

/**
 * dgem_shmem_read_gfp() - get a folio of a file
 * @file: the shmem file
 * @idx: a page of the folio
 * @flags: how hard to try
 *
 * The many ways in which shmem can fail all mean that memory is not to be had.
 *
 * Return: the folio, with a reference; NULL for a page that could not be read from
 * swap and never will be; -ENOMEM; -EINTR.
 */
struct folio *dgem_shmem_read_gfp(struct file *file, unsigned long idx, gfp_t flags)
{
	struct address_space *mapping = file->f_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping) | __GFP_NOWARN | flags;
	struct folio *folio;

	if (fatal_signal_pending(current))
		return ERR_PTR(-EINTR);

	folio = shmem_read_folio_gfp(mapping, idx, gfp);
	if (folio == ERR_PTR(-EIO))
		return NULL;
	if (IS_ERR(folio) && folio != ERR_PTR(-EINTR))
		return ERR_PTR(-ENOMEM);

	return folio;
}

/**
 * dgem_shmem_read() - get a folio of a file that has to be had
 * @file: the shmem file
 * @idx: a page of the folio
 *
 * Fresh memory can be refused at a limit, by an error. What was swapped out must
 * come back, as it would for anonymous memory.
 *
 * Return: what dgem_shmem_read_gfp() returns.
 */
struct folio *dgem_shmem_read(struct file *file, unsigned long idx)
{
	return dgem_shmem_read_gfp(file, idx, dgem_shmem_swapped(file, idx) ?
				   0 : __GFP_RETRY_MAYFAIL);
}

/**
 * dgem_shmem_drop() - take pages out of a file
 * @file: the shmem file
 * @first: the first page
 * @nr: number of pages
 */
void dgem_shmem_drop(struct file *file, unsigned long first, unsigned long nr)
{
	loff_t start = (loff_t)first << PAGE_SHIFT;
	loff_t end = (loff_t)(first + nr) << PAGE_SHIFT;

	if (nr)
		shmem_truncate_range(file_inode(file), start, end - 1);
}

/**
 * dgem_shmem_put_back() - put a folio of a chunk that could not be filled
 * @file: the shmem file
 * @folio: the folio
 * @first: the first page of the folio that is in the chunk
 * @nr: number of these pages
 *
 * One that is not dirty never held anything, and shmem itself would drop it like a
 * hole: its pages leave the file, where they would be charged until the BO is freed
 * though no chunk has them. What a chunk held before has been dirty since it was
 * emptied.
 */
void dgem_shmem_put_back(struct file *file, struct folio *folio,
			 unsigned long first, unsigned long nr)
{
	bool fresh = !folio_test_dirty(folio);

	folio_put(folio);
	if (fresh)
		dgem_shmem_drop(file, first, nr);
}

/*
 * Lists @nr pages of a folio from page @idx of the file on, all but those that
 * memory has lost, and returns the number of these. With none left to list, the
 * reference is put. A folio of NULL is a page that swap has lost.
 */
static unsigned long dgem_shmem_list(struct folio *folio, unsigned long idx,
				     struct page **table, unsigned long nr)
{
	unsigned long i, lost = 0;

	for (i = 0; i < nr; i++) {
		table[i] = folio ? folio_file_page(folio, idx + i) : DGEM_PAGE_LOST;
		if (!folio || PageHWPoison(table[i])) {
			table[i] = DGEM_PAGE_LOST;
			lost++;
		}
	}

	if (folio && lost == nr)
		folio_put(folio);
	return lost;
}

/* Undoes a fill that has listed @nr pages of the chunk at @first. */
static void dgem_shmem_unlist(struct file *file, unsigned long first,
			      struct page **table, unsigned long nr)
{
	struct folio *folio;
	unsigned long i, len;

	for (i = 0; i < nr; i += len) {
		len = 1;
		if (table[i] == DGEM_PAGE_LOST)
			continue;

		folio = page_folio(table[i]);
		len = dgem_shmem_overlap(folio, first + i, nr - i);
		dgem_shmem_put_back(file, folio, first + i, len);
	}
	kfree(table);
}

/**
 * dgem_shmem_fill() - make an empty chunk whole with folios of a file
 * @file: the shmem file
 * @pages: the directory, prepared
 * @chunk: the chunk, empty
 *
 * The chunk holds one reference to each folio in it.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int dgem_shmem_fill(struct file *file, struct dgem_pages *pages,
		    unsigned long chunk)
{
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	unsigned long i, len, lost = 0;
	struct page **table = NULL;
	struct folio *folio;
	int ret;

	for (i = 0; i < nr; i += len) {
		folio = dgem_shmem_read(file, first + i);
		if (IS_ERR(folio)) {
			ret = PTR_ERR(folio);
			goto err_unlist;
		}

		len = folio ? dgem_shmem_overlap(folio, first + i, nr - i) : 1;
		if (len == nr && folio && !folio_contain_hwpoisoned_page(folio)) {
			dgem_pages_set_run(pages, chunk,
					   page_to_pfn(folio_file_page(folio, first)));
			goto out_filled;
		}

		if (!table)
			table = kmalloc_array(nr, sizeof(*table), DGEM_GFP);
		if (!table) {
			if (folio)
				dgem_shmem_put_back(file, folio, first + i, len);
			ret = -ENOMEM;
			goto err_unlist;
		}

		lost += dgem_shmem_list(folio, first + i, table + i, len);
	}

	dgem_pages_set_table(pages, chunk, table);
	pages->lost += lost;

out_filled:
	if (dgem_pages_complete(pages))
		mapping_set_unevictable(file->f_mapping);
	return 0;

err_unlist:
	dgem_shmem_unlist(file, first, table, i);
	return ret;
}

/**
 * dgem_shmem_fill_waits() - whether filling holes has to read from swap
 * @file: the shmem file
 * @idx: the first page
 * @nr: number of pages
 *
 * Looks for a page in swap only in a file that has any there.
 *
 * Return: whether it does.
 */
bool dgem_shmem_fill_waits(struct file *file, unsigned long idx, unsigned long nr)
{
	unsigned long last = idx + nr - 1;
	void *entry;

	if (!READ_ONCE(SHMEM_I(file_inode(file))->swapped))
		return false;

	xa_for_each_range(&file->f_mapping->i_pages, idx, entry, idx, last)
		if (xa_is_value(entry))
			return true;
	return false;
}

/**
 * dgem_shmem_fill_allocates() - whether filling holes takes fresh memory
 * @file: the shmem file
 * @idx: the first page
 * @nr: number of pages
 *
 * Return: whether any of the pages is neither in memory nor in swap.
 */
bool dgem_shmem_fill_allocates(struct file *file, unsigned long idx, unsigned long nr)
{
	unsigned long end = idx + nr;

	for (; idx < end; idx++)
		if (!xa_load(&file->f_mapping->i_pages, idx))
			return true;
	return false;
}

/**
 * dgem_shmem_backed() - how many pages a file has
 * @file: the shmem file
 *
 * Return: number of pages in memory and in swap.
 */
unsigned long dgem_shmem_backed(struct file *file)
{
	return READ_ONCE(SHMEM_I(file_inode(file))->alloced);
}

/**
 * dgem_shmem_empty() - put the folios of a chunk
 * @file: the shmem file
 * @pages: the directory
 * @chunk: the chunk, not empty
 * @keep: whether the next fill has to find the contents
 *
 * Without @keep the folios must not be needed again: what was written through
 * a mapping may be lost.
 */
void dgem_shmem_empty(struct file *file, struct dgem_pages *pages,
		      unsigned long chunk, bool keep)
{
	/* Before the folios are put, or they go to the unevictable list. */
	if (dgem_pages_complete(pages))
		mapping_clear_unevictable(file->f_mapping);
	dgem_shmem_put(pages, chunk, keep);
	dgem_pages_clear(pages, chunk);
}
