// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static struct test *first, **last = &first;

void test_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("  %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	/* Not exit(): a failed test leaks, which would hide the reason. */
	_exit(1);
}

/* The exit status of a test that was skipped. */
#define SKIPPED 77

void test_skip(const char *reason)
{
	printf("  %s\n", reason);
	fflush(stdout);
	_exit(SKIPPED);
}

__attribute__((weak)) void test_teardown(void)
{
}

/* The exit status of a test, 1 if it was killed. */
static int run(const struct test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!pid) {
		/* A lost wake-up must not hang the whole run. */
		alarm(120);
		test->run();
		test_teardown();
		/* The sanitizers' reports decide about the status, too. */
		exit(0);
	}
	if (waitpid(pid, &status, 0) != pid) {
		perror("waitpid");
		exit(2);
	}
	if (WIFSIGNALED(status))
		printf("  killed by %s\n", strsignal(WTERMSIG(status)));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *program = slash ? slash + 1 : argv[0];
	const struct test *test;
	int failed = 0;

	for (test = first; test; test = test->next) {
		const char *verdict = "FAIL";
		int status;

		if (argc > 1 && strcmp(argv[1], test->name))
			continue;
		status = run(test);
		if (!status)
			verdict = "ok";
		else if (status == SKIPPED)
			verdict = "skip";
		else
			failed++;
		printf("%s %s: %s\n", verdict, program, test->name);
	}
	return failed ? 1 : 0;
}
