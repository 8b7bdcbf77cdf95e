// SPDX-License-Identifier: MIT
/* Makes no mistake: the scan must be silent about it. */
#include <linux/slab.h>

#include "broken.h"

static int innocent(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	blind(ptr)[23] = 1;
	kfree(ptr);
	pr_info("broken: nothing is\n");
	return 0;
}

BROKEN_MODULE(innocent, "makes no mistake");
