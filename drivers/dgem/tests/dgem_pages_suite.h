/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/* The cases for page directories; the file that includes it has the suite. */

#include "dgem_pages_test.h"
#include "dgem_pages_holes_test.h"
#include "dgem_pages_shape_test.h"

static struct kunit_case dgem_pages_cases[] = {
	KUNIT_CASE(dgem_pages_starts_empty),
	KUNIT_CASE(dgem_pages_counts_chunks),
	KUNIT_CASE(dgem_pages_prepares_single),
	KUNIT_CASE(dgem_pages_prepares_many),
	KUNIT_CASE(dgem_pages_sets_run),
	KUNIT_CASE(dgem_pages_sets_table),
	KUNIT_CASE(dgem_pages_tail_run),
	KUNIT_CASE(dgem_pages_tail_table),
	KUNIT_CASE(dgem_pages_clears),
	KUNIT_CASE(dgem_pages_loses),
	KUNIT_CASE(dgem_pages_refills),
	KUNIT_CASE(dgem_pages_completes),
	KUNIT_CASE(dgem_pages_huge_runs),
	KUNIT_CASE(dgem_pages_range),
	KUNIT_CASE(dgem_pages_not_contiguous),
	KUNIT_CASE(dgem_pages_finishes),
	KUNIT_CASE(dgem_pages_adds),
	KUNIT_CASE(dgem_pages_adds_all),
	KUNIT_CASE(dgem_pages_run_has_no_holes),
	KUNIT_CASE(dgem_pages_adds_lost),
	KUNIT_CASE(dgem_pages_counts_tables),
	KUNIT_CASE(dgem_pages_sgt_joins),
	KUNIT_CASE(dgem_pages_sgt_mixed),
	KUNIT_CASE(dgem_pages_sgt_limits),
	KUNIT_CASE(dgem_pages_sgt_part),
	KUNIT_CASE(dgem_pages_sgt_odd_limit),
	KUNIT_CASE(dgem_pages_sgt_tiny_limit),
	KUNIT_CASE(dgem_pages_sgt_beyond_4g),
	KUNIT_CASE(dgem_pages_vmap_mixed),
	KUNIT_CASE(dgem_pages_vmap_too_large),
	{}
};
