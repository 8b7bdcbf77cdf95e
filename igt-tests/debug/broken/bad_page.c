// SPDX-License-Identifier: MIT
/* Frees a page that is still somebody's: the page allocator. */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "broken.h"

static int bad_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	page->mapping = (void *)16;
	__free_page(page);
	return 0;
}

BROKEN_MODULE(bad_page, "frees a page that has a mapping");
