// SPDX-License-Identifier: GPL-2.0-only OR MIT

/*
 * What BOs leave to others, whatever the limits of their users: a reserve of RAM, and
 * of swap for what is beyond a limit.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "dgem_limit.h"
#include "dgem_pages.h"

/* Pages that each CPU has filled since it last looked at how much RAM is left. */
static DEFINE_PER_CPU(unsigned long, dgem_filled);

/* What a fill keeps off, in pages. */
static unsigned long dgem_limit_reserve(void)
{
	return clamp(totalram_pages() / 64, (unsigned long)SZ_16M >> PAGE_SHIFT,
		     (unsigned long)SZ_256M >> PAGE_SHIFT);
}

/* In pages; none while there is no swap. */
VISIBLE_IF_KUNIT long dgem_limit_free_swap(void)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_limit_free_swap);

	return get_nr_swap_pages();
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_free_swap);

/*
 * Pages that can be had without killing anybody. What others have in memory
 * counts, where there is swap to write it to: their need does not make an
 * innocent user's access fail. Free pages of CMA areas do not: they are for what
 * can be moved.
 */
VISIBLE_IF_KUNIT long dgem_limit_available(void)
{
	KUNIT_STATIC_STUB_REDIRECT(dgem_limit_available);

	return si_mem_available() -
	       (long)global_zone_page_state(NR_FREE_CMA_PAGES) +
	       clamp(dgem_limit_free_swap(), 0L,
		     (long)(global_node_page_state(NR_INACTIVE_ANON) +
			    global_node_page_state(NR_ACTIVE_ANON)));
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_available);

/**
 * dgem_limit_ram_is_low() - whether fresh memory must be left to others
 * @nr: number of pages that are about to be allocated
 *
 * Each CPU looks once for as many pages as a chunk has, and each time while RAM
 * is low.
 *
 * Return: true if they must not be allocated.
 */
bool dgem_limit_ram_is_low(unsigned long nr)
{
	if (this_cpu_add_return(dgem_filled, nr) < DGEM_CHUNK_PAGES)
		return false;

	if (dgem_limit_available() < (long)dgem_limit_reserve()) {
		this_cpu_write(dgem_filled, DGEM_CHUNK_PAGES);
		return true;
	}

	this_cpu_write(dgem_filled, 0);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_ram_is_low);

/**
 * dgem_limit_ram_has_room() - whether much fresh memory can be had at once
 * @nr: number of pages that are about to be allocated
 *
 * Return: true if the reserve is left then.
 */
bool dgem_limit_ram_has_room(unsigned long nr)
{
	return dgem_limit_available() >= (long)(nr + dgem_limit_reserve());
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_ram_has_room);

/**
 * dgem_limit_swap_is_low() - whether memory beyond a limit could not be swapped out
 *
 * Return: true with no more than a sixteenth of RAM free in swap.
 */
bool dgem_limit_swap_is_low(void)
{
	return dgem_limit_free_swap() <= (long)(totalram_pages() / 16);
}
EXPORT_SYMBOL_IF_KUNIT(dgem_limit_swap_is_low);
