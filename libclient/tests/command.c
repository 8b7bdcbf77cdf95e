// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "harness.h"

#define MAX_ARGS 16

struct redirected {
	FILE *stream;
	int saved, file;
};

static void redirect(struct redirected *to, FILE *stream)
{
	fflush(stream);
	to->stream = stream;
	to->saved = dup(fileno(stream));
	to->file = memfd_create("output", MFD_CLOEXEC);
	CHECK(to->saved >= 0 && to->file >= 0);
	CHECK(dup2(to->file, fileno(stream)) >= 0);
}

static void restore(struct redirected *from, char *text, size_t room)
{
	ssize_t length;

	fflush(from->stream);
	CHECK(dup2(from->saved, fileno(from->stream)) >= 0);
	length = pread(from->file, text, room, 0);
	CHECK(length >= 0 && (size_t)length < room);
	text[length] = '\0';
	close(from->saved);
	close(from->file);
}

void run_command(struct outcome *outcome, int (*command)(int argc, char **argv), ...)
{
	struct redirected out, err;
	char *argv[MAX_ARGS] = { (char *)"dgem command" };
	va_list args;
	int argc = 0;

	va_start(args, command);
	while (argv[argc] && ++argc < MAX_ARGS - 1)
		argv[argc] = va_arg(args, char *);
	va_end(args);
	CHECK(!argv[argc]);

	optind = 0;
	redirect(&out, stdout);
	redirect(&err, stderr);
	outcome->status = command(argc, argv);
	restore(&out, outcome->out, sizeof(outcome->out));
	restore(&err, outcome->err, sizeof(outcome->err));
}
