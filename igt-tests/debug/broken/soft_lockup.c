// SPDX-License-Identifier: MIT
/* Keeps a processor busy without scheduling: the soft-lockup detector. */
#include <linux/sched/clock.h>

#include "broken.h"

static int seconds = 15;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the processor is kept");

static int lockup(void)
{
	/* by the clock that the detector looks at; delays of an emulated machine differ */
	u64 start = local_clock();

	preempt_disable();
	while (local_clock() - start < (u64)seconds * NSEC_PER_SEC)
		cpu_relax();
	preempt_enable();
	return 0;
}

BROKEN_MODULE(lockup, "keeps a processor busy");
