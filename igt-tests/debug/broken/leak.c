// SPDX-License-Identifier: MIT
/* Forgets an allocation: kmemleak, when it scans. */
#include <linux/slab.h>

#include "broken.h"

static int leak(void)
{
	int i;

	/* Several, because a stale pointer on a stack may hide one. */
	for (i = 0; i < 16; i++) {
		char *ptr = kmalloc(2000, GFP_KERNEL);

		if (!ptr)
			return -ENOMEM;
		WRITE_ONCE(*ptr, 1);
	}
	return 0;
}

BROKEN_MODULE(leak, "forgets allocations");
