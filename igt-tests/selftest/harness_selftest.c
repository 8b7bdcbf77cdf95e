// SPDX-License-Identifier: MIT
/*
 * Tests the harness itself: the first word of a subtest's name says what
 * igt_runner must report. It needs no device.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "igt.h"

IGT_TEST_DESCRIPTION("Ends in every way that a test can end.");

static void *fail_in_thread(void *data)
{
	(void)data;
	igt_assert(false);
	return NULL;
}

static void *end_in_thread(void *data)
{
	return data;
}

static void run_thread(void *(*fn)(void *))
{
	pthread_t thread;

	igt_assert_eq(pthread_create(&thread, NULL, fn, NULL), 0);
	igt_assert_eq(pthread_join(thread, NULL), 0);
}

static void skip_if(bool skip)
{
	igt_skip_on_f(skip, "from a function below the subtest\n");
}

/* Each form fails where it must, and only there. */
static void assertion_subtests(void)
{
#define BAD(name, statement)     \
	igt_subtest("bad-" name) \
	statement
#define GOOD(name, statement)     \
	igt_subtest("good-" name) \
	statement

	BAD("assert", igt_assert(0));
	GOOD("assert", igt_assert(1));
	BAD("assert-f", igt_assert_f(0, "reason %d\n", 1));
	GOOD("assert-f", igt_assert_f(1, "reason %d\n", 1));
	BAD("eq", igt_assert_eq(1, 2));
	BAD("eq-high-half", igt_assert_eq(1LL << 32, 0));
	GOOD("eq", igt_assert_eq(-1, -1));
	BAD("eq-u32", igt_assert_eq_u32(1, 2));
	GOOD("eq-u32", igt_assert_eq_u32(~0u, ~0u));
	BAD("eq-u64", igt_assert_eq_u64(1ULL << 63, 0));
	GOOD("eq-u64", igt_assert_eq_u64(~0ULL, ~0ULL));
	BAD("eq-s64", igt_assert_eq_s64(-1, 1LL << 32));
	BAD("neq", igt_assert_neq(3, 3));
	GOOD("neq", igt_assert_neq(3, 4));
	BAD("neq-u32", igt_assert_neq_u32(3, 3));
	BAD("neq-u64", igt_assert_neq_u64(3, 3));
	BAD("lt", igt_assert_lt(3, 3));
	GOOD("lt", igt_assert_lt(-3, 3));
	BAD("lt-u32", igt_assert_lt_u32(~0u, 3));
	BAD("lt-u64", igt_assert_lt_u64(~0ULL, 3));
	BAD("lte", igt_assert_lte(4, 3));
	GOOD("lte", igt_assert_lte(3, 3));
	BAD("lte-u32", igt_assert_lte_u32(~0u, 3));
	BAD("lte-u64", igt_assert_lte_u64(~0ULL, 3));
	BAD("fd", igt_assert_fd(-1));
	GOOD("fd", igt_assert_fd(0));
	BAD("fail", igt_fail(IGT_EXIT_FAILURE));
	BAD("fail-on", igt_fail_on(1));
	GOOD("fail-on", igt_fail_on(0));
	BAD("fail-on-f", igt_fail_on_f(1, "reason\n"));
	BAD("do-ioctl", do_ioctl(-1, 0, NULL));
	BAD("do-ioctl-err", do_ioctl_err(-1, 0, NULL, EINVAL));
	GOOD("do-ioctl-err", do_ioctl_err(-1, 0, NULL, EBADF));

	igt_subtest("skip-require")
		igt_require(0);
	igt_subtest("skip-require-f")
		igt_require_f(0, "reason %d\n", 1);
	igt_subtest("skip-on")
		igt_skip_on(1);
	igt_subtest("skip-on-f")
		igt_skip_on_f(1, "reason\n");
	igt_subtest("good-require")
		igt_require(1);
	igt_subtest("skip-below")
		skip_if(true);
}

static void child_subtests(void)
{
	igt_subtest("good-children") {
		igt_fork(child, 4)
			igt_assert_lte(0, child);
		igt_waitchildren();
	}
	igt_subtest("bad-child-assert") {
		igt_fork(child, 4)
			igt_assert_neq(child, 2);
		igt_waitchildren();
	}
	igt_subtest("bad-child-skip") {
		igt_fork(child, 1)
			igt_skip("a child must not skip\n");
		igt_waitchildren();
	}
	igt_subtest("bad-child-crash") {
		igt_fork(child, 1)
			raise(SIGSEGV);
		igt_waitchildren();
	}
	igt_subtest("bad-child-not-waited-for")
		igt_fork(child, 1)
			pause();
	igt_subtest("bad-child-of-failed-parent") {
		igt_fork(child, 1)
			pause();
		igt_assert(0);
	}
	igt_subtest("bad-no-child-to-wait-for")
		igt_waitchildren();
	igt_subtest("bad-child-timeout") {
		igt_fork(child, 1)
			pause();
		igt_waitchildren_timeout(1, "a child that never ends");
	}
	igt_subtest("good-thread")
		run_thread(end_in_thread);
	igt_subtest("bad-thread")
		run_thread(fail_in_thread);
}

static void time_subtests(void)
{
	igt_subtest("bad-timeout") {
		igt_set_timeout(1, "a call that never returns");
		pause();
	}
	igt_subtest("good-timeout-reset") {
		igt_set_timeout(1, "in time");
		igt_reset_timeout();
		sleep(2);
	}
	igt_subtest("good-until-timeout") {
		struct timespec start = {};
		int rounds = 0;

		igt_nsec_elapsed(&start);
		igt_until_timeout(1)
			rounds++;
		igt_assert_lt(0, rounds);
		igt_assert_lte_u32(1, igt_seconds_elapsed(&start));
	}
	igt_subtest("good-signal-helper") {
		igt_fork_signal_helper();
		igt_assert_eq(pause(), -1);
		igt_assert_eq(errno, EINTR);
		igt_stop_signal_helper();
	}
}

static void dynamic_subtests(void)
{
	igt_subtest_with_dynamic("good-dynamic") {
		for (int i = 0; i < 3; i++)
			igt_dynamic_f("part-%d", i)
				igt_assert_lt(i, 3);
	}
	igt_subtest_with_dynamic("bad-dynamic") {
		igt_dynamic("good")
			igt_assert(1);
		igt_dynamic("bad")
			igt_assert(0);
		igt_dynamic("skip")
			igt_require(0);
	}
	igt_subtest_with_dynamic("good-dynamic-with-skip") {
		igt_dynamic("good")
			igt_assert(1);
		igt_dynamic("skip")
			igt_require(0);
	}
	igt_subtest_with_dynamic("skip-dynamic-none")
		igt_debug("no parts\n");
	igt_subtest_with_dynamic("skip-dynamic-all")
		igt_dynamic("skip")
			igt_require(0);
	igt_subtest_with_dynamic("bad-dynamic-between") {
		igt_dynamic("good")
			igt_assert(1);
		igt_assert(0);
	}
	igt_subtest_with_dynamic("crash-dynamic")
		igt_dynamic("crash")
			raise(SIGBUS);
}

static void fixture_subtests(void)
{
	igt_subtest_group() {
		igt_fixture()
			igt_require(0);
		igt_subtest("skip-by-fixture")
			igt_assert(0);
		igt_fixture()
			igt_assert(0);
		igt_subtest("skip-by-fixture-still")
			igt_assert(0);
	}
	igt_subtest("good-after-group")
		igt_assert(1);
	igt_subtest_group() {
		igt_fixture()
			igt_assert(0);
		igt_subtest("bad-by-fixture")
			igt_assert(1);
	}
}

int igt_main()
{
	bool listed = true;

	igt_fixture()
		listed = false;

	igt_describe("A fixture ran before.");
	igt_subtest("good-fixture")
		igt_assert(!listed);

	assertion_subtests();
	child_subtests();
	time_subtests();
	dynamic_subtests();
	igt_subtest("crash-segv")
		raise(SIGSEGV);
	igt_subtest("crash-abort")
		abort();
	igt_subtest("warn-by-warning")
		igt_warn("said on stderr\n");
	igt_subtest("warn-on")
		igt_warn_on(1);
	igt_subtest("timeout-by-runner")
		sleep(600);

	/* last: what its failing fixture prints is a warning to what follows */
	fixture_subtests();
}
