// SPDX-License-Identifier: MIT
/* Takes a sleeping lock under a spinlock: might_sleep(). */
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "broken.h"

static DEFINE_SPINLOCK(spinning);

static int sleep_in_atomic(void)
{
	spin_lock(&spinning);
	might_sleep();
	spin_unlock(&spinning);
	return 0;
}

BROKEN_MODULE(sleep_in_atomic, "sleeps under a spinlock");
