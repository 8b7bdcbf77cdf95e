// SPDX-License-Identifier: MIT
/* Finds something impossible: WARN_ON. */
#include "broken.h"

static int warn(void)
{
	WARN_ON(1);
	return 0;
}

BROKEN_MODULE(warn, "warns");
