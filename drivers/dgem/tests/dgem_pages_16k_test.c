// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Page directories with as many pages a chunk as pages of 16 KiB make. */

#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <kunit/test.h>

#define DGEM_CHUNK_ORDER	(ilog2(SZ_2M) - ilog2(SZ_16K))
/* A PMD maps more than a chunk. */
#define DGEM_HUGE_MAP_SIZE	0UL
#define DGEM_AGAIN		_16k

#include "dgem_pages_again.h"
#include "dgem_test.h"
#include "dgem_pages_suite.h"

static struct kunit_suite dgem_pages_16k_suite = {
	.name = "dgem_pages_16k",
	.test_cases = dgem_pages_cases,
};

kunit_test_suite(dgem_pages_16k_suite);
