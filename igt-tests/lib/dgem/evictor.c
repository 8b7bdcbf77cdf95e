// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "dgem/cgroup.h"
#include "dgem/evictor.h"
#include "dgem/observe.h"
#include "igt.h"

/*
 * Mostly it drops the whole system's caches, which evicts all that is cold and writes
 * nothing: the pages are found again at the next touch, so that much happens in a
 * short time. In turn with that, pages of the group go to swap.
 */
static void *evict(void *arg)
{
	struct evictor *e = arg;

	while (!__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE)) {
		if (e->asked++ % 4)
			observe_write("/proc/sys/vm/drop_caches", "2");
		else
			cgroup_set(e->cgroup, "memory.reclaim", "2M");
		usleep(1000);
	}
	return NULL;
}

void evictor_start(struct evictor *e, const char *cgroup)
{
	*e = (struct evictor){ .cgroup = cgroup };
	igt_assert_eq(pthread_create(&e->thread, NULL, evict, e), 0);
}

void evictor_stop(struct evictor *e)
{
	__atomic_store_n(&e->stop, true, __ATOMIC_RELEASE);
	pthread_join(e->thread, NULL);
	igt_info("memory was asked for %u times\n", e->asked);
	igt_assert_lt(0, e->asked);
}
