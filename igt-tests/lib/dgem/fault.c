// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dgem/fault.h"
#include "dgem/observe.h"
#include "igt.h"

/* Each injection takes one away from this, and so they can be counted. */
#define TIMES 1000000000

static const char *const kinds[FAULT_KINDS] = { "failslab", "fail_page_alloc", "fail_usercopy" };
static int fail_nth = -1;

static void knob(const char *kind, const char *name, const char *value)
{
	char path[128];
	int ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kind, name);
	ret = observe_write(path, value);
	igt_assert_f(!ret, "%s: %d; is this the debug kernel?\n", path, ret);
}

/* Where a function begins, and where what comes behind it does. */
static void find_function(const char *function, unsigned long *start, unsigned long *end)
{
	char *symbols = observe_file("/proc/kallsyms");
	unsigned long address;
	char name[256];

	*start = 0;
	*end = ~0UL;
	igt_assert(symbols);
	for (int pass = 0; pass < 2; pass++)
		for (const char *line = symbols; line; line = strchr(line, '\n')) {
			if (sscanf(line, " %lx %*c %255s", &address, name) != 2)
				break;
			if (!pass && !strcmp(name, function))
				*start = address;
			if (pass && address > *start && address < *end)
				*end = address;
			line += strspn(line, "\n");
		}
	free(symbols);
	igt_assert_f(*start && *end != ~0UL, "%s is nowhere\n", function);
}

static void knob_range(const char *what, unsigned long start, unsigned long end)
{
	char name[32], value[32];

	for (int i = 0; i < FAULT_KINDS; i++) {
		snprintf(name, sizeof(name), "%s-start", what);
		snprintf(value, sizeof(value), "%#lx", start);
		knob(kinds[i], name, value);
		snprintf(name, sizeof(name), "%s-end", what);
		snprintf(value, sizeof(value), "%#lx", end);
		knob(kinds[i], name, value);
		knob(kinds[i], "stacktrace-depth", "32");
	}
}

void fault_confine(const char *within, const char *without)
{
	unsigned long start = 0, end = ~0UL;

	if (within)
		find_function(within, &start, &end);
	knob_range("require", start, end);

	start = 0;
	end = 0;
	if (without)
		find_function(without, &start, &end);
	knob_range("reject", start, end);
}

void fault_init(void)
{
	char times[16];

	snprintf(times, sizeof(times), "%d", TIMES);
	for (int i = 0; i < FAULT_KINDS; i++) {
		knob(kinds[i], "probability", "0");
		knob(kinds[i], "verbose", "0");
		knob(kinds[i], "times", times);
	}
	knob(kinds[FAULT_SLAB], "ignore-gfp-wait", "N");
	knob(kinds[FAULT_PAGE], "ignore-gfp-wait", "N");
	knob(kinds[FAULT_PAGE], "ignore-gfp-highmem", "N");
	knob(kinds[FAULT_PAGE], "min-order", "0");
	fault_confine(NULL, NULL);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	igt_assert_fd(fail_nth);
}

void fault_arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	igt_assert_eq(pwrite(fail_nth, text, len, 0), len);
}

bool fault_disarm(void)
{
	char text[16] = "";
	ssize_t got = pread(fail_nth, text, sizeof(text) - 1, 0);

	/* reading and writing copy, too: they may have met the fault that was left */
	while (pwrite(fail_nth, "0", 1, 0) != 1)
		igt_assert_eq(errno, EFAULT);
	return got > 0 && atoi(text) == 0;
}

unsigned long fault_count(enum fault_kind kind)
{
	char path[128], *text;
	long left;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", kinds[kind]);
	text = observe_file(path);
	igt_assert(text);
	left = atol(text);
	free(text);
	return TIMES - left;
}
