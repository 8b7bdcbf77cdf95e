// SPDX-License-Identifier: MIT
/* Writes one byte behind a slab object: KASAN. */
#include <linux/slab.h>

#include "broken.h"

static int out_of_bounds(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	WRITE_ONCE(blind(ptr)[24], 1);
	kfree(ptr);
	return 0;
}

BROKEN_MODULE(out_of_bounds, "writes behind an object");
