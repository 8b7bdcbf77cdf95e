// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tool.h"

#define MESSAGE 1024

static struct json *errors; /* of complain_in() */

void complain_in(struct json *json)
{
	errors = json;
}

static void put_error(int status, int error, const char *message)
{
	if (!errors)
		return;
	if (!errors->depth)
		json_open(errors, NULL, '{');
	json_close_to(errors, 1);
	json_open(errors, "error", '{');
	json_number(errors, "status", (uint64_t)status);
	json_number(errors, "errno", (uint64_t)-error);
	json_string(errors, "message", message);
}

static int status_of(int error)
{
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

static int say(int error, const char *message)
{
	int status = status_of(error);

	fflush(stdout);
	fprintf(stderr, "dgem: %s\n", message);
	put_error(status, error, message);
	return status;
}

int fail(int error, const char *format, ...)
{
	char message[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return say(error, message);
}

int complain(int error, const char *format, ...)
{
	char what[MESSAGE / 2], message[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(message, sizeof(message), "%s: %s", what, strerror(-error));
	return say(error, message);
}

/* Nothing follows, so that all of it is closed. */
static int put_usage_error(const char *message)
{
	put_error(STATUS_USAGE, 0, message);
	if (errors)
		json_close_to(errors, 0);
	return STATUS_USAGE;
}

int usage_error(char **argv, const char *format, ...)
{
	char message[MESSAGE];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s; see %s --help\n", argv[0], message, argv[0]);
	return put_usage_error(message);
}

int wrong_option(char **argv)
{
	char message[MESSAGE];

	snprintf(message, sizeof(message), "wrong option; see %s --help", argv[0]);
	return put_usage_error(message);
}

bool wants_json(int argc, char **argv, const struct option *options)
{
	/* getopt changes the order, by which a second run could see others. */
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	bool wants = false;
	int option;

	if (!copy)
		return false;
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	opterr = 0;
	while ((option = getopt_long(argc, copy, "", options, NULL)) >= 0)
		wants |= option == 'j';
	free(copy);
	opterr = 1;
	/* Of glibc and musl: starts over, with whatever getopt remembers. */
	optind = 0;
	return wants;
}
