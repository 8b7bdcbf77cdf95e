// SPDX-License-Identifier: MIT
/* All that a test prints: igt_runner reads the results out of it. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "igt_core.h"
#include "igt_core_private.h"

static const char *program;
static bool sentinels;
static int kmsg = -1;
static enum igt_log_level min_level = IGT_LOG_INFO;

static const char *const result_names[] = {
	[IGT_SUCCESS] = "SUCCESS",
	[IGT_SKIP] = "SKIP",
	[IGT_FAIL] = "FAIL",
	[IGT_CRASH] = "CRASH",
};

void igt_log_init(const char *name)
{
	const char *level = getenv("IGT_LOG_LEVEL");

	program = name;
	sentinels = !!getenv("IGT_SENTINEL_ON_STDERR");
	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (level && !strcmp(level, "debug"))
		min_level = IGT_LOG_DEBUG;
	else if (level && !strcmp(level, "warn"))
		min_level = IGT_LOG_WARN;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

const char *igt_test_name(void)
{
	return program;
}

void igt_log(enum igt_log_level level, const char *fmt, ...)
{
	FILE *out = level >= IGT_LOG_WARN ? stderr : stdout;
	va_list args;

	if (level < min_level)
		return;

	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fflush(out);
}

void igt_kmsg(const char *what, const char *name)
{
	if (kmsg >= 0)
		dprintf(kmsg, "<6>[IGT] %s: %s%s%s\n", program, what, name ? " " : "",
			name ? name : "");
}

void igt_print_version(void)
{
	struct utsname uts;

	uname(&uts);
	printf("IGT-Version: dgem-igt-tests (%zu-bit) (%s: %s %s)\n", 8 * sizeof(void *),
	       uts.sysname, uts.release, uts.machine);
	fflush(stdout);
}

/*
 * write(2) and no stdio: the handler of fatal signals reports through here.
 * When igt_runner asks for it, the line goes to stderr as well, and tells to
 * which subtest the rest of stderr belongs.
 */
static void put_line(const char *line, int len)
{
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(IGT_EXIT_ABORT);
	if (sentinels && write(STDERR_FILENO, line, len) != len)
		_exit(IGT_EXIT_ABORT);
}

void igt_print_starting(bool dynamic, const char *name)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "Starting %ssubtest: %s\n",
			   dynamic ? "dynamic " : "", name);

	fflush(stdout);
	put_line(line, len);
	igt_kmsg(dynamic ? "starting dynamic subtest" : "starting subtest", name);
}

void igt_print_result(bool dynamic, const char *name, enum igt_result result,
		      const struct timespec *start)
{
	struct timespec now;
	char line[512];
	long ms;
	int len;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
	len = snprintf(line, sizeof(line), "%s %s: %s (%ld.%03lds)\n",
		       dynamic ? "Dynamic subtest" : "Subtest", name, result_names[result],
		       ms / 1000, ms % 1000);
	if (result != IGT_CRASH)
		fflush(stdout);
	put_line(line, len);
}
