// SPDX-License-Identifier: MIT
/* Drops a reference too many: refcount_t. */
#include <linux/refcount.h>

#include "broken.h"

static refcount_t ref = REFCOUNT_INIT(1);

static int refcount(void)
{
	bool last = refcount_dec_and_test(&ref);

	return last && refcount_dec_and_test(&ref) ? -EINVAL : 0;
}

BROKEN_MODULE(refcount, "drops a reference too many");
