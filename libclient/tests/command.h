/* SPDX-License-Identifier: MIT */
#ifndef DGEM_TESTS_COMMAND_H
#define DGEM_TESTS_COMMAND_H

/* A command of the tool, run on the fake kernel, and what it wrote. */
struct outcome {
	int status;
	char out[8192], err[2048];
};

/* The arguments after the command's name end with NULL. */
void run_command(struct outcome *outcome, int (*command)(int argc, char **argv), ...);

#endif /* DGEM_TESTS_COMMAND_H */
