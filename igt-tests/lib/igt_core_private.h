/* SPDX-License-Identifier: MIT */
#ifndef IGT_CORE_PRIVATE_H
#define IGT_CORE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Shared by the files of the harness; no test includes this. */

enum igt_result { IGT_SUCCESS, IGT_SKIP, IGT_FAIL, IGT_CRASH };

/* igt_options.c */
struct igt_options {
	bool list;
	bool describe;
	const char *run_subtest;
	const char *dynamic_subtest;
};
extern struct igt_options igt_options;
void igt_parse_options(int argc, char **argv);
bool igt_name_matches(const char *patterns, const char *name);

/* igt_log.c */
void igt_log_init(const char *name);
void igt_print_version(void);
void igt_print_starting(bool dynamic, const char *name);
void igt_print_result(bool dynamic, const char *name, enum igt_result result,
		      const struct timespec *start);
void igt_kmsg(const char *what, const char *name);

/* igt_core.c: also called from the handler of fatal signals. */
void igt_report_crash(void);
bool igt_in_main_thread(void);
bool igt_in_subtest(void);

/* igt_aux.c */
extern bool igt_is_child;
bool igt_kill_children(void);
void igt_signals_init(void);
void igt_signals_rearm(void);

#endif /* IGT_CORE_PRIVATE_H */
