// SPDX-License-Identifier: MIT
/* Waits for ever, or so it seems: the hung-task detector. */
#include <linux/sched.h>

#include "broken.h"

/* Long enough for a detector that was told to be impatient. */
static int seconds = 30;
module_param(seconds, int, 0444);
MODULE_PARM_DESC(seconds, "how long the task hangs");

static int hang(void)
{
	schedule_timeout_uninterruptible(seconds * HZ);
	return 0;
}

BROKEN_MODULE(hang, "hangs in uninterruptible sleep");
