// SPDX-License-Identifier: MIT
/* Subtests: which run, how each ends, and what the program's exit code is. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "igt_aux.h"
#include "igt_core.h"
#include "igt_core_private.h"

sigjmp_buf igt_block_jmpbuf;
sigjmp_buf igt_dynamic_jmpbuf;

/* One subtest or dynamic subtest that is running. */
struct running {
	bool active;
	char name[256];
	struct timespec start;
};

/*
 * Written by the main thread only, but for thread_failed, which any thread
 * sets. A forked child has a copy of its own and reports by exit code.
 */
static struct {
	pthread_t main_thread;
	bool in_fixture;
	struct running subtest, dynamic;
	bool has_dynamic;
	unsigned int dynamic_count[IGT_CRASH + 1];
	unsigned int count[IGT_CRASH + 1];
	unsigned int matched;
	/* what a fixture decided for the subtests after it: SUCCESS to run them */
	enum igt_result henceforth;
	volatile bool thread_failed;
	char description[512];
} test;

const char *__attribute__((weak)) igt_test_description(void)
{
	return "";
}

bool igt_only_list_subtests(void)
{
	return igt_options.list;
}

bool igt_in_main_thread(void)
{
	return pthread_equal(pthread_self(), test.main_thread);
}

bool igt_in_subtest(void)
{
	return test.subtest.active;
}

static void internal_check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: error in the test program: %s\n", igt_test_name(), what);
	_exit(IGT_EXIT_ABORT);
}

static void init(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	test.main_thread = pthread_self();
	igt_log_init(slash ? slash + 1 : argv[0]);
	igt_parse_options(argc, argv);
	if (igt_options.list)
		return;
	igt_signals_init();
	igt_print_version();
	igt_kmsg("executing", NULL);
}

static int exit_code(void)
{
	if (test.count[IGT_FAIL])
		return IGT_EXIT_FAILURE;
	if (test.count[IGT_SUCCESS])
		return IGT_EXIT_SUCCESS;
	return IGT_EXIT_SKIP;
}

int igt_run_main(int argc, char **argv, void (*body)(void))
{
	init(argc, argv);
	if (igt_options.describe)
		printf("%s\n\n", igt_test_description());
	body();
	internal_check(!test.subtest.active && !test.in_fixture,
		       "a block was left by break, goto or return");
	if (igt_options.run_subtest && !test.matched) {
		fprintf(stderr, "Unknown subtest: %s\n", igt_options.run_subtest);
		return IGT_EXIT_INVALID;
	}
	if (igt_options.list)
		return test.matched ? IGT_EXIT_SUCCESS : IGT_EXIT_INVALID;
	igt_kmsg("exiting, ret =", exit_code() ? "not 0" : "0");
	return exit_code();
}

bool __igt_fixture_begin(void)
{
	internal_check(!test.in_fixture && !test.subtest.active, "fixture inside another block");
	if (igt_options.list || test.henceforth != IGT_SUCCESS)
		return false;
	test.in_fixture = true;
	return true;
}

void __igt_fixture_end(void)
{
	test.in_fixture = false;
}

int __igt_group_begin(void)
{
	internal_check(!test.in_fixture && !test.subtest.active, "group inside another block");
	return test.henceforth;
}

void __igt_group_end(int saved)
{
	test.henceforth = saved;
	test.description[0] = '\0';
}

void igt_describe_f(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(test.description, sizeof(test.description), fmt, args);
	va_end(args);
}

static void start(struct running *run, bool dynamic)
{
	run->active = true;
	igt_print_starting(dynamic, run->name);
	clock_gettime(CLOCK_MONOTONIC, &run->start);
}

static void finish_subtest(enum igt_result result)
{
	test.subtest.active = false;
	test.count[result]++;
	igt_print_result(false, test.subtest.name, result, &test.subtest.start);
}

static void set_name(struct running *run, const char *fmt, va_list args)
{
	int len = vsnprintf(run->name, sizeof(run->name), fmt, args);

	internal_check(
		len > 0 && len < (int)sizeof(run->name) &&
			!run->name[strspn(run->name, "abcdefghijklmnopqrstuvwxyz"
						     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						     "0123456789-_")],
		"a subtest's name is empty, too long, or has other than letters, digits, - and _");
}

bool __igt_subtest_begin(bool dynamic, const char *fmt, ...)
{
	va_list args;

	internal_check(!test.in_fixture && !test.subtest.active, "subtest inside another block");
	va_start(args, fmt);
	set_name(&test.subtest, fmt, args);
	va_end(args);

	if (igt_options.run_subtest &&
	    !igt_name_matches(igt_options.run_subtest, test.subtest.name))
		return false;
	test.matched++;

	if (igt_options.describe)
		printf("SUB %s:\n  %s\n\n", test.subtest.name, test.description);
	else if (igt_options.list)
		puts(test.subtest.name);
	if (igt_options.list)
		return false;

	test.has_dynamic = dynamic;
	memset(test.dynamic_count, 0, sizeof(test.dynamic_count));
	test.thread_failed = false;
	igt_signals_rearm();
	start(&test.subtest, false);
	if (test.henceforth != IGT_SUCCESS) {
		finish_subtest(test.henceforth);
		return false;
	}
	return true;
}

static enum igt_result dynamic_result(void)
{
	if (test.dynamic_count[IGT_FAIL])
		return IGT_FAIL;
	return test.dynamic_count[IGT_SUCCESS] ? IGT_SUCCESS : IGT_SKIP;
}

/* What has to hold even where no assertion failed. */
static bool ended_well(void)
{
	bool ok = true;

	if (igt_kill_children()) {
		igt_critical("Forked children were not waited for.\n");
		ok = false;
	}
	if (test.thread_failed) {
		igt_critical("A thread failed.\n");
		ok = false;
	}
	igt_reset_timeout();
	return ok;
}

void __igt_subtest_end(void)
{
	enum igt_result result = test.has_dynamic ? dynamic_result() : IGT_SUCCESS;

	internal_check(test.subtest.active && !test.dynamic.active,
		       "a block was left by break, goto or return");
	finish_subtest(ended_well() ? result : IGT_FAIL);
}

bool __igt_dynamic_begin(const char *fmt, ...)
{
	va_list args;

	internal_check(test.subtest.active && test.has_dynamic && !test.dynamic.active,
		       "dynamic subtest outside igt_subtest_with_dynamic");
	va_start(args, fmt);
	set_name(&test.dynamic, fmt, args);
	va_end(args);

	if (igt_options.dynamic_subtest &&
	    !igt_name_matches(igt_options.dynamic_subtest, test.dynamic.name))
		return false;
	start(&test.dynamic, true);
	return true;
}

static void finish_dynamic(enum igt_result result)
{
	test.dynamic.active = false;
	test.dynamic_count[result]++;
	igt_print_result(true, test.dynamic.name, result, &test.dynamic.start);
}

void __igt_dynamic_end(void)
{
	internal_check(test.dynamic.active, "a block was left by break, goto or return");
	finish_dynamic(ended_well() ? IGT_SUCCESS : IGT_FAIL);
}

/* Leaves the innermost block of the main thread with @result. */
static void __attribute__((noreturn)) leave(enum igt_result result)
{
	igt_reset_timeout();
	igt_kill_children();
	if (test.dynamic.active) {
		finish_dynamic(result);
		siglongjmp(igt_dynamic_jmpbuf, 1);
	}
	if (test.subtest.active) {
		if (test.has_dynamic && test.dynamic_count[IGT_FAIL])
			result = IGT_FAIL;
		finish_subtest(result);
		siglongjmp(igt_block_jmpbuf, 1);
	}
	internal_check(test.in_fixture, "an assertion or a skip outside fixtures and subtests");
	test.in_fixture = false;
	test.henceforth = result;
	siglongjmp(igt_block_jmpbuf, 1);
}

void igt_fail(int exitcode)
{
	if (igt_is_child) {
		fflush(NULL);
		_exit(exitcode);
	}
	if (!igt_in_main_thread()) {
		test.thread_failed = true;
		pthread_exit(NULL);
	}
	leave(exitcode == IGT_EXIT_SKIP ? IGT_SKIP : IGT_FAIL);
}

void igt_report_crash(void)
{
	if (test.dynamic.active)
		igt_print_result(true, test.dynamic.name, IGT_CRASH, &test.dynamic.start);
	if (test.subtest.active)
		igt_print_result(false, test.subtest.name, IGT_CRASH, &test.subtest.start);
}

void __igt_fail_assert(const char *file, int line, const char *func, const char *assertion,
		       const char *fmt, ...)
{
	int err = errno;
	va_list args;

	igt_critical("Test assertion failure function %s, file %s:%d:\n"
		     "Failed assertion: %s\n",
		     func, file, line, assertion);
	if (err)
		igt_critical("Last errno: %i, %s\n", err, strerror(err));
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	igt_fail(IGT_EXIT_FAILURE);
}

/* The reason goes to stdout: a skip is no warning. */
static void print_skip(const char *fmt, va_list args)
{
	vprintf(fmt, args);
	fflush(stdout);
}

void __igt_skip_check(const char *file, int line, const char *func, const char *check,
		      const char *fmt, ...)
{
	va_list args;

	igt_info("Test requirement not met in function %s, file %s:%d:\n"
		 "Test requirement: %s\n",
		 func, file, line, check);
	va_start(args, fmt);
	print_skip(fmt, args);
	va_end(args);
	igt_fail(IGT_EXIT_SKIP);
}

void igt_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_skip(fmt, args);
	va_end(args);
	igt_fail(IGT_EXIT_SKIP);
}
