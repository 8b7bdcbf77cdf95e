// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static const char help[] =
	"usage: dgem info [--json] [--device NODE]\n"
	"       dgem ls [--json] [--clients] [--device NODE]\n"
	"       dgem alloc SIZE [--heap NAME] [--populate] [--touch] [--label TEXT]\n"
	"                       [--hold SECONDS] [--json] [--device NODE]\n"
	"       dgem COMMAND --help\n"
	"       dgem --help | --version\n"
	"\n"
	"info   shows devices, their parameters and their heaps\n"
	"ls     shows the buffer objects of this user's processes; all of them for root\n"
	"alloc  creates a buffer object, shows what it is, and keeps it for a while\n"
	"\n"
	"Exit status: 0 done; 1 failed; 2 wrong usage; 3 no dgem device; 4 not permitted.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "info", cmd_info },
	{ "ls", cmd_ls },
	{ "alloc", cmd_alloc },
};

/* A full disk or a closed pipe must not look like success. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return complain(-EIO, "write");
	return status;
}

int main(int argc, char **argv)
{
	char name[] = "dgem", title[32];
	size_t i;

	if (argc < 2)
		return usage_error((char *[]){ name }, "missing command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		fputs(help, stdout);
		return finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("dgem " DGEM_VERSION);
		return finish(STATUS_OK);
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		snprintf(title, sizeof(title), "dgem %s", commands[i].name);
		argv[1] = title;
		return finish(commands[i].run(argc - 1, argv + 1));
	}
	return usage_error((char *[]){ name }, "unknown command '%s'", argv[1]);
}
