// SPDX-License-Identifier: MIT
/* Keeps a processor for itself: the soft-lockup detector. */
#include <linux/delay.h>

#include "broken.h"

static int seconds = 15;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the processor is kept");

static int lockup(void)
{
	int i;

	preempt_disable();
	for (i = 0; i < seconds * 100; i++)
		mdelay(10);
	preempt_enable();
	return 0;
}

BROKEN_MODULE(lockup, "does not let go of the processor");
