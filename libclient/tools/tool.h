/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_H
#define DGEM_TOOL_H

#include <stdbool.h>

/* Exit statuses; documented in dgem(1), so they stay. */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_DEVICE = 3,
	STATUS_DENIED = 4,
};

/* One per command. @argv[0] is the command's name. Return an exit status. */
int cmd_info(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_alloc(int argc, char **argv);

/* Prints to stderr and returns the status that fits the negative errno. */
__attribute__((format(printf, 2, 3))) int complain(int error, const char *format, ...);

/* The same after no device was found, with what to type. */
int complain_no_device(int error);

/* Tells to see --help, and returns STATUS_USAGE. */
__attribute__((format(printf, 1, 2))) int usage_error(const char *format, ...);

/* Prints the help text to stdout. */
void print_help(void);

#endif /* DGEM_TOOL_H */
