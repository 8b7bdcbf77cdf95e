// SPDX-License-Identifier: MIT
/* The command line that igt_runner gives to a test. */
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "igt_core.h"
#include "igt_core_private.h"

struct igt_options igt_options;

enum { OPT_LIST = 256, OPT_RUN, OPT_DYNAMIC, OPT_DESCRIBE, OPT_DESCRIPTION, OPT_IGNORED, OPT_HELP };

static const struct option long_options[] = {
	{ "list-subtests", no_argument, NULL, OPT_LIST },
	{ "run-subtest", required_argument, NULL, OPT_RUN },
	{ "dynamic-subtest", required_argument, NULL, OPT_DYNAMIC },
	{ "describe", optional_argument, NULL, OPT_DESCRIBE },
	{ "help-description", no_argument, NULL, OPT_DESCRIPTION },
	{ "debug", optional_argument, NULL, OPT_IGNORED },
	{ "hook", required_argument, NULL, OPT_IGNORED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void print_help(FILE *out, const char *argv0)
{
	fprintf(out,
		"usage: %s [--list-subtests | --describe | --help-description |\n"
		"       [--run-subtest PATTERNS] [--dynamic-subtest PATTERNS]]\n"
		"PATTERNS: names separated by commas, with * and ?; !NAME leaves one out.\n",
		argv0);
}

void igt_parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "r:h", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_LIST:
			igt_options.list = true;
			break;
		case 'r':
		case OPT_RUN:
			igt_options.run_subtest = optarg;
			break;
		case OPT_DYNAMIC:
			igt_options.dynamic_subtest = optarg;
			break;
		case OPT_DESCRIBE:
			igt_options.describe = true;
			igt_options.list = true;
			igt_options.run_subtest = optarg;
			break;
		case OPT_DESCRIPTION:
			printf("%s\n", igt_test_description());
			exit(IGT_EXIT_SUCCESS);
		case OPT_IGNORED:
			break;
		case 'h':
		case OPT_HELP:
			print_help(stdout, argv[0]);
			exit(IGT_EXIT_SUCCESS);
		default:
			print_help(stderr, argv[0]);
			exit(IGT_EXIT_INVALID);
		}
	}

	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		exit(IGT_EXIT_INVALID);
	}
}

/* The last pattern that matches decides. */
bool igt_name_matches(const char *patterns, const char *name)
{
	char *copy = strdup(patterns), *pos = copy, *pattern;
	bool match = false;

	if (!copy)
		abort();

	while ((pattern = strsep(&pos, ",")) != NULL) {
		bool negate = *pattern == '!';

		if (fnmatch(pattern + negate, name, 0) == 0)
			match = !negate;
	}

	free(copy);
	return match;
}
