// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dgem/observe.h"
#include "dgem/trace.h"
#include "igt.h"

void trace_create(void)
{
	rmdir(TRACE_INSTANCE);
	igt_assert_f(!mkdir(TRACE_INSTANCE, 0700), "%s: %s\n", TRACE_INSTANCE, strerror(errno));
}

void trace_start(const char *events)
{
	char pid[16], *names = strdup(events), *name, *rest;

	trace_create();
	snprintf(pid, sizeof(pid), "%d", getpid());
	igt_assert_eq(observe_write(TRACE_INSTANCE "/set_event_pid", pid), 0);
	/* Of what is written at once, the kernel takes the first name only. */
	for (name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		igt_assert_eq(observe_write(TRACE_INSTANCE "/set_event", name), 0);
	free(names);
}

char *trace_stop(void)
{
	char *text;

	igt_assert_eq(observe_write(TRACE_INSTANCE "/events/enable", "0"), 0);
	text = observe_file(TRACE_INSTANCE "/trace");
	igt_assert(text);
	igt_assert_eq(rmdir(TRACE_INSTANCE), 0);
	return text;
}
