// SPDX-License-Identifier: MIT
#include <dgem.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char help[] =
	"usage: dgem info [--json] [--device NODE]\n"
	"       dgem ls [--json] [--clients]\n"
	"       dgem alloc SIZE [--heap NAME] [--populate] [--touch] [--label TEXT]\n"
	"                       [--hold SECONDS] [--json] [--device NODE]\n"
	"       dgem --help | --version\n"
	"\n"
	"info   shows devices, their parameters and their heaps\n"
	"ls     shows every buffer object, for root; otherwise what the processes of\n"
	"       this user have in total, as --clients does for root\n"
	"alloc  creates a buffer object, shows what it is, and keeps it for a while\n"
	"\n"
	"SIZE is in bytes, or with K, M, G or T in units of 1024.\n"
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

void print_help(void)
{
	fputs(help, stdout);
}

int complain(int error, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "dgem: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(-error));
	switch (error) {
	case -EACCES:
	case -EPERM:
		return STATUS_DENIED;
	case -ENODEV:
	case -ENXIO:
		return STATUS_NO_DEVICE;
	default:
		return STATUS_FAILED;
	}
}

int usage_error(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "dgem: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; see dgem --help\n");
	return STATUS_USAGE;
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return complain(-EIO, "write");
	return status;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return usage_error("a command is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("dgem " DGEM_VERSION);
		return finish(STATUS_OK);
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return finish(commands[i].run(argc - 1, argv + 1));
	return usage_error("'%s' is not a command", argv[1]);
}
