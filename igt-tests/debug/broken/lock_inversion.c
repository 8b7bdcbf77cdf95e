// SPDX-License-Identifier: MIT
/* Takes two locks in both orders, on one thread: lockdep. */
#include <linux/mutex.h>

#include "broken.h"

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

BROKEN_MODULE(lock_inversion, "takes two locks in both orders");
