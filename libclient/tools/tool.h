/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TOOL_H
#define DGEM_TOOL_H

#include <getopt.h>
#include <stdbool.h>

struct json;

/* Exit statuses; documented in dgem(1), so they stay. */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_DEVICE = 3,
	STATUS_DENIED = 4,
};

/*
 * One per command. @argv[0] is "dgem" and the command's name, for getopt's
 * messages. Return an exit status.
 */
int cmd_info(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_alloc(int argc, char **argv);

/* Prints to stderr and returns the status that fits the negative errno. */
__attribute__((format(printf, 2, 3))) int complain(int error, const char *format, ...);

/* The same, with a sentence that needs no text of the errno behind it. */
__attribute__((format(printf, 2, 3))) int fail(int error, const char *format, ...);

/* The same after no device was found, with what to type. */
int complain_no_device(int error);

/* Tells to see the --help of @argv[0], and returns STATUS_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(char **argv, const char *format, ...);

/* The same after getopt has printed its line. */
int wrong_option(char **argv);

/*
 * From here on what those five say is also the member "error" of the outermost
 * value of @json. The first three leave it open, so that the caller may add to
 * it, and has to end by json_close_to(json, 0). NULL for none.
 */
void complain_in(struct json *json);

/*
 * Whether --json is among the options, wherever: an option before it can be
 * wrong. getopt begins anew afterwards.
 */
bool wants_json(int argc, char **argv, const struct option *options);

#endif /* DGEM_TOOL_H */
