// SPDX-License-Identifier: GPL-2.0-only OR MIT

/* Page directories as this machine has them. */

#include <linux/highmem.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <kunit/test.h>

#include "../dgem_pages.h"
#include "dgem_test.h"
#include "dgem_pages_suite.h"

static struct kunit_suite dgem_pages_suite = {
	.name = "dgem_pages",
	.test_cases = dgem_pages_cases,
};

kunit_test_suite(dgem_pages_suite);
