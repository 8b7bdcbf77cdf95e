/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * dgem_pages.c and dgem_pages_sg.c once more, under other names and with the
 * DGEM_CHUNK_ORDER of the file that includes it, which defines as DGEM_AGAIN what to
 * add to names. All code that depends on how many pages a chunk has can so be run for
 * the page sizes of other machines.
 */

#include <kunit/visibility.h>

#define DGEM_AGAIN_PASTE(name, suffix)	name##suffix
#define DGEM_AGAIN_NAME(name, suffix)	DGEM_AGAIN_PASTE(name, suffix)

#define dgem_pages_init		DGEM_AGAIN_NAME(dgem_pages_init, DGEM_AGAIN)
#define dgem_pages_fini		DGEM_AGAIN_NAME(dgem_pages_fini, DGEM_AGAIN)
#define dgem_pages_prepare	DGEM_AGAIN_NAME(dgem_pages_prepare, DGEM_AGAIN)
#define dgem_pages_set_run	DGEM_AGAIN_NAME(dgem_pages_set_run, DGEM_AGAIN)
#define dgem_pages_set_range	DGEM_AGAIN_NAME(dgem_pages_set_range, DGEM_AGAIN)
#define dgem_pages_set_table	DGEM_AGAIN_NAME(dgem_pages_set_table, DGEM_AGAIN)
#define dgem_pages_make_table	DGEM_AGAIN_NAME(dgem_pages_make_table, DGEM_AGAIN)
#define dgem_pages_add		DGEM_AGAIN_NAME(dgem_pages_add, DGEM_AGAIN)
#define dgem_pages_close	DGEM_AGAIN_NAME(dgem_pages_close, DGEM_AGAIN)
#define dgem_pages_clear	DGEM_AGAIN_NAME(dgem_pages_clear, DGEM_AGAIN)
#define dgem_pages_contiguous	DGEM_AGAIN_NAME(dgem_pages_contiguous, DGEM_AGAIN)
#define dgem_pages_max_segments	DGEM_AGAIN_NAME(dgem_pages_max_segments, DGEM_AGAIN)
#define dgem_pages_fill_sg	DGEM_AGAIN_NAME(dgem_pages_fill_sg, DGEM_AGAIN)
#define dgem_pages_part_to_sgt	DGEM_AGAIN_NAME(dgem_pages_part_to_sgt, DGEM_AGAIN)
#define dgem_pages_to_sgt	DGEM_AGAIN_NAME(dgem_pages_to_sgt, DGEM_AGAIN)
#define dgem_pages_vmap		DGEM_AGAIN_NAME(dgem_pages_vmap, DGEM_AGAIN)

/* The tests are in the same object. */
#undef EXPORT_SYMBOL_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#include "../dgem_pages.c"
#include "../dgem_pages_sg.c"
