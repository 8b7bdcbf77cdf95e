// SPDX-License-Identifier: MIT
/* Reads a slab object after it was freed: KASAN. */
#include <linux/slab.h>

#include "broken.h"

static int use_after_free(void)
{
	char *ptr = kmalloc(24, GFP_KERNEL);

	if (!ptr)
		return -ENOMEM;
	kfree(ptr);
	READ_ONCE(*blind(ptr));
	return 0;
}

BROKEN_MODULE(use_after_free, "reads freed memory");
