// SPDX-License-Identifier: MIT
/* Children, signals and time. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pthread.h>

#include "igt_aux.h"
#include "igt_core.h"
#include "igt_core_private.h"

#define MAX_CHILDREN 1024

/* True in a process made by igt_fork(); set before its block runs. */
bool igt_is_child;

/* Main thread of the parent only. */
static pid_t children[MAX_CHILDREN];
static int num_children;
static pid_t signal_helper;
static pthread_t alarm_thread;
static const char *timeout_op;

static const int fatal_signals[] = { SIGILL, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS, SIGTRAP };

static void fatal_signal(int sig)
{
	igt_report_crash();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void alarm_signal(int sig)
{
	if (!igt_in_main_thread()) {
		pthread_kill(alarm_thread, sig);
		return;
	}
	igt_critical("Timed out: %s\n", timeout_op ? timeout_op : "no operation named");
	igt_fail(IGT_EXIT_FAILURE);
}

/* A test may have had handlers of its own. */
void igt_signals_rearm(void)
{
	/* not SA_NODEFER: a crash in the handler ends the program */
	struct sigaction act = { .sa_handler = fatal_signal, .sa_flags = SA_RESETHAND };

	for (unsigned int i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaction(fatal_signals[i], &act, NULL);
}

void igt_signals_init(void)
{
	igt_signals_rearm();
}

static pid_t fork_child(void)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;

	igt_is_child = true;
	num_children = 0;
	alarm(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		signal(fatal_signals[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(IGT_EXIT_ABORT);
	return 0;
}

bool __igt_fork(void)
{
	pid_t pid;

	igt_assert_lt(num_children, MAX_CHILDREN);
	igt_assert(!igt_is_child);
	pid = fork_child();
	igt_assert_lte(0, pid);
	if (pid == 0)
		return true;
	children[num_children++] = pid;
	return false;
}

void __igt_child_exit(void)
{
	fflush(NULL);
	_exit(IGT_EXIT_SUCCESS);
}

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t ret;

	do {
		ret = waitpid(pid, status, 0);
	} while (ret < 0 && errno == EINTR);
	return ret;
}

/* Returns whether there was any. */
bool igt_kill_children(void)
{
	bool any = num_children > 0;
	int status;

	if (igt_is_child)
		return false;
	for (int i = 0; i < num_children; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < num_children; i++)
		wait_for(children[i], &status);
	num_children = 0;
	igt_stop_signal_helper();
	return any;
}

void igt_waitchildren(void)
{
	int status, err = 0;

	igt_assert_f(num_children > 0, "There are no children to wait for.\n");
	for (int i = 0; i < num_children; i++) {
		if (wait_for(children[i], &status) != children[i])
			err = IGT_EXIT_FAILURE;
		else if (WIFSIGNALED(status))
			igt_critical("Child %d was killed by signal %d\n", i, WTERMSIG(status)),
				err = IGT_EXIT_FAILURE;
		else if (WEXITSTATUS(status))
			igt_critical("Child %d failed with exit status %d\n", i,
				     WEXITSTATUS(status)),
				err = IGT_EXIT_FAILURE;
	}
	num_children = 0;
	if (err)
		igt_fail(err);
}

void igt_waitchildren_timeout(int seconds, const char *reason)
{
	igt_set_timeout(seconds, reason);
	igt_waitchildren();
	igt_reset_timeout();
}

static void interrupt(int sig)
{
	(void)sig;
}

void igt_fork_signal_helper(void)
{
	/* without SA_RESTART, so that system calls return EINTR */
	struct sigaction act = { .sa_handler = interrupt };
	pid_t pid;

	igt_assert(!signal_helper);
	sigaction(SIGCONT, &act, NULL);
	pid = fork_child();
	igt_assert_lte(0, pid);
	if (pid == 0) {
		while (kill(getppid(), SIGCONT) == 0)
			usleep(50);
		_exit(0);
	}
	signal_helper = pid;
}

void igt_stop_signal_helper(void)
{
	int status;

	if (!signal_helper)
		return;
	kill(signal_helper, SIGKILL);
	wait_for(signal_helper, &status);
	signal_helper = 0;
	signal(SIGCONT, SIG_DFL);
}

void igt_set_timeout(unsigned int seconds, const char *op)
{
	struct sigaction act = { .sa_handler = alarm_signal };

	alarm_thread = pthread_self();
	timeout_op = op;
	sigaction(SIGALRM, &act, NULL);
	alarm(seconds);
}

void igt_reset_timeout(void)
{
	alarm(0);
	signal(SIGALRM, SIG_DFL);
}

uint64_t igt_nsec_elapsed(struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!start->tv_sec && !start->tv_nsec) {
		*start = now;
		return 0;
	}
	return (now.tv_sec - start->tv_sec) * 1000000000ll + (now.tv_nsec - start->tv_nsec);
}

uint32_t igt_seconds_elapsed(struct timespec *start)
{
	return igt_nsec_elapsed(start) / 1000000000;
}

void igt_drop_root(void)
{
	const gid_t nobody = 65534;

	igt_assert_eq(getuid(), 0);
	igt_assert_eq(setgroups(0, NULL), 0);
	igt_assert_eq(setgid(nobody), 0);
	igt_assert_eq(setuid(nobody), 0);
	igt_assert_eq(getuid(), nobody);
	igt_assert_eq(getegid(), nobody);
}
