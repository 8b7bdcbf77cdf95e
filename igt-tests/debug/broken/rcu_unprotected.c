// SPDX-License-Identifier: MIT
/* Reads an RCU pointer outside of a reader: lockdep's RCU part. */
#include <linux/rcupdate.h>

#include "broken.h"

static int value = 1;
static int __rcu *pointer;

static int rcu_unprotected(void)
{
	RCU_INIT_POINTER(pointer, &value);
	return *rcu_dereference(pointer) == 1 ? 0 : -EINVAL;
}

BROKEN_MODULE(rcu_unprotected, "dereferences RCU unprotected");
