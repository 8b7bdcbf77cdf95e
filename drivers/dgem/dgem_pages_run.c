// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* What of a directory is resident, and how much of it lies in one piece. */

#include <linux/math.h>
#include <linux/minmax.h>

#include <kunit/visibility.h>

#include "dgem_pages.h"

static bool dgem_pages_usable(const struct dgem_pages *pages, unsigned long idx)
{
	return dgem_pages_present(pages, idx) && !dgem_pages_is_lost(pages, idx);
}

/**
 * dgem_pages_next() - find a page that is resident, and not lost
 * @pages: the directory
 * @idx: the first page that it can be
 * @end: where to stop, not beyond the object
 *
 * Return: the page, or @end.
 */
unsigned long dgem_pages_next(const struct dgem_pages *pages, unsigned long idx,
			      unsigned long end)
{
	while (idx < end && !dgem_pages_usable(pages, idx)) {
		if (dgem_pages_is_empty(pages, idx >> DGEM_CHUNK_ORDER))
			idx = round_down(idx, DGEM_CHUNK_PAGES) + DGEM_CHUNK_PAGES;
		else
			idx++;
	}

	return min(idx, end);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_next);

/**
 * dgem_pages_run_end() - find where pages stop to follow each other in memory
 * @pages: the directory
 * @idx: the first page, which is resident
 * @end: where to stop, not beyond the object
 *
 * Return: the page after the last that does, at most @end.
 */
unsigned long dgem_pages_run_end(const struct dgem_pages *pages, unsigned long idx,
				 unsigned long end)
{
	unsigned long pfn = dgem_pages_pfn(pages, idx);

	while (++idx < end && dgem_pages_usable(pages, idx) &&
	       dgem_pages_pfn(pages, idx) == ++pfn)
		;

	return idx;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_pages_run_end);
