// SPDX-License-Identifier: GPL-2.0-only OR MIT

#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <kunit/visibility.h>

#include "dgem_pages.h"

/**
 * dgem_pages_init() - start with an empty directory
 * @pages: the directory
 * @nr_pages: size of the object in pages, not 0
 *
 * Allocates nothing: an object that is never touched costs no directory.
 */
void dgem_pages_init(struct dgem_pages *pages, unsigned long nr_pages)
{
	memset(pages, 0, sizeof(*pages));
	pages->nr_pages = nr_pages;
	pages->zone = DGEM_ZONE_ANY;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_init);

/**
 * dgem_pages_fini() - free the directory, which the heap has emptied
 * @pages: the directory
 */
void dgem_pages_fini(struct dgem_pages *pages)
{
	WARN_ON_ONCE(pages->resident);
	if (pages->dir != &pages->single)
		kvfree(pages->dir);
	pages->dir = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_fini);

/**
 * dgem_pages_prepare() - make sure that chunks can be set
 * @pages: the directory
 *
 * Return: 0 or -ENOMEM.
 */
int dgem_pages_prepare(struct dgem_pages *pages)
{
	unsigned long chunks = dgem_pages_chunks(pages);

	if (pages->dir)
		return 0;

	if (chunks == 1) {
		pages->dir = &pages->single;
		return 0;
	}

	pages->dir = kvcalloc(chunks, sizeof(*pages->dir), DGEM_GFP);
	return pages->dir ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_prepare);

static void dgem_pages_account(struct dgem_pages *pages, unsigned long chunk,
			       long nr)
{
	WRITE_ONCE(pages->resident, pages->resident + nr);
	if ((pages->dir[chunk] & DGEM_WORD_RUN) &&
	    dgem_pages_in_chunk(pages, chunk) == DGEM_CHUNK_PAGES)
		WRITE_ONCE(pages->runs, pages->runs + nr);
}

/**
 * dgem_pages_set_run() - fill an empty chunk with contiguous pages
 * @pages: the directory, prepared
 * @chunk: number of the chunk, empty
 * @pfn: first page frame of the run, which is as long as the chunk
 */
void dgem_pages_set_run(struct dgem_pages *pages, unsigned long chunk,
			unsigned long pfn)
{
	pages->dir[chunk] = pfn << 1 | DGEM_WORD_RUN;
	dgem_pages_account(pages, chunk, dgem_pages_in_chunk(pages, chunk));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_set_run);

/**
 * dgem_pages_set_range() - fill an empty directory with contiguous pages, for good
 * @pages: the directory, prepared
 * @pfn: first page frame, which need not be aligned
 */
void dgem_pages_set_range(struct dgem_pages *pages, unsigned long pfn)
{
	unsigned long chunk;

	for (chunk = 0; chunk < dgem_pages_chunks(pages); chunk++)
		dgem_pages_set_run(pages, chunk, pfn + (chunk << DGEM_CHUNK_ORDER));
	pages->phase = pfn & (DGEM_CHUNK_PAGES - 1);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_set_range);

/**
 * dgem_pages_set_table() - fill an empty chunk with single pages
 * @pages: the directory, prepared
 * @chunk: number of the chunk, empty
 * @table: array of as many pages as the chunk has, from kmalloc(), without holes;
 *	owned by the directory from now on
 *
 * Whose table has pages that are lost adds their number to &dgem_pages.lost.
 */
void dgem_pages_set_table(struct dgem_pages *pages, unsigned long chunk,
			  struct page **table)
{
	pages->dir[chunk] = (unsigned long)table;
	pages->table_bytes += dgem_pages_table_size(pages, chunk);
	dgem_pages_account(pages, chunk, dgem_pages_in_chunk(pages, chunk));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_set_table);

/**
 * dgem_pages_make_table() - make sure that pages can be added to a chunk
 * @pages: the directory, prepared
 * @chunk: number of the chunk, which is not whole
 *
 * The caller then adds a page: no chunk that is nothing but holes has a table.
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int dgem_pages_make_table(struct dgem_pages *pages, unsigned long chunk)
{
	struct page **table;

	if (!dgem_pages_is_empty(pages, chunk))
		return 0;

	table = kcalloc(dgem_pages_in_chunk(pages, chunk), sizeof(*table), DGEM_GFP);
	if (!table)
		return -ENOMEM;

	pages->dir[chunk] = (unsigned long)table | DGEM_WORD_HOLES;
	pages->table_bytes += dgem_pages_table_size(pages, chunk);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_make_table);

/**
 * dgem_pages_add() - fill one hole of a table
 * @pages: the directory
 * @idx: the page, a hole in a chunk that has a table
 * @page: the page, or %DGEM_PAGE_LOST
 *
 * Who has added the last page of a call ends with dgem_pages_close().
 */
void dgem_pages_add(struct dgem_pages *pages, unsigned long idx,
		    struct page *page)
{
	struct page **table = dgem_pages_table(pages, idx >> DGEM_CHUNK_ORDER);

	table[idx & (DGEM_CHUNK_PAGES - 1)] = page;
	WRITE_ONCE(pages->resident, pages->resident + 1);
	pages->lost += page == DGEM_PAGE_LOST;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_add);

/* Number of pages of @chunk that are no holes. */
static unsigned long dgem_pages_count(const struct dgem_pages *pages,
				      unsigned long chunk)
{
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	unsigned long i, count = 0;
	struct page **table;

	if (!dgem_word_has_holes(pages->dir[chunk]))
		return nr;

	table = dgem_pages_table(pages, chunk);
	for (i = 0; i < nr; i++)
		count += !!table[i];
	return count;
}

/**
 * dgem_pages_close() - note whether a table that pages were added to is whole
 * @pages: the directory
 * @chunk: number of the chunk, not empty
 */
void dgem_pages_close(struct dgem_pages *pages, unsigned long chunk)
{
	unsigned long nr = dgem_pages_in_chunk(pages, chunk), i;
	struct page **table;

	if (!dgem_word_has_holes(pages->dir[chunk]))
		return;

	table = dgem_pages_table(pages, chunk);
	for (i = 0; i < nr; i++)
		if (!table[i])
			return;
	pages->dir[chunk] &= ~DGEM_WORD_HOLES;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_close);

static unsigned long dgem_pages_lost_in(const struct dgem_pages *pages,
					unsigned long chunk)
{
	unsigned long first = chunk << DGEM_CHUNK_ORDER;
	unsigned long nr = dgem_pages_in_chunk(pages, chunk);
	unsigned long i, lost = 0;

	for (i = 0; i < nr; i++)
		lost += dgem_pages_is_lost(pages, first + i);
	return lost;
}

/**
 * dgem_pages_clear() - make a chunk empty again
 * @pages: the directory
 * @chunk: number of the chunk, not empty, whose pages the caller has taken back
 */
void dgem_pages_clear(struct dgem_pages *pages, unsigned long chunk)
{
	struct page **table = dgem_pages_table(pages, chunk);

	dgem_pages_account(pages, chunk, -dgem_pages_count(pages, chunk));
	if (pages->lost)
		pages->lost -= dgem_pages_lost_in(pages, chunk);
	if (table)
		pages->table_bytes -= dgem_pages_table_size(pages, chunk);
	kfree(table);
	pages->dir[chunk] = 0;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_clear);

/**
 * dgem_pages_contiguous() - whether pages follow each other in memory
 * @pages: the directory
 * @idx: the first page
 * @nr: number of pages, no more than a chunk has, and all in the object
 *
 * Return: true if they lie in one run, or in two of which the second goes on where the
 * first ends.
 */
bool dgem_pages_contiguous(const struct dgem_pages *pages, unsigned long idx,
			   unsigned long nr)
{
	unsigned long last = idx + nr - 1;

	return dgem_pages_is_run(pages, idx >> DGEM_CHUNK_ORDER) &&
	       dgem_pages_is_run(pages, last >> DGEM_CHUNK_ORDER) &&
	       dgem_pages_pfn(pages, last) - dgem_pages_pfn(pages, idx) == nr - 1;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_contiguous);

/**
 * dgem_pages_vmap() - map a complete directory into the kernel
 * @pages: the directory, without holes and lost pages
 *
 * Return: address to give to vunmap(), or NULL if out of memory.
 */
void *dgem_pages_vmap(const struct dgem_pages *pages)
{
	struct page **array;
	unsigned long idx;
	void *vaddr;

	if (pages->nr_pages > INT_MAX / sizeof(*array))
		return NULL;

	array = kvmalloc_array(pages->nr_pages, sizeof(*array), DGEM_GFP);
	if (!array)
		return NULL;

	for (idx = 0; idx < pages->nr_pages; idx++)
		array[idx] = pfn_to_page(dgem_pages_pfn(pages, idx));
	vaddr = vmap(array, pages->nr_pages, VM_MAP, PAGE_KERNEL);
	kvfree(array);

	return vaddr;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_vmap);
