// SPDX-License-Identifier: MIT
/* Frees a timer that is still running: debug objects. */
#include <linux/slab.h>
#include <linux/timer.h>

#include "broken.h"

static void never(struct timer_list *timer)
{
}

static int active_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, never, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
	return 0;
}

BROKEN_MODULE(active_timer, "frees an active timer");
