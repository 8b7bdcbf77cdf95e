/* SPDX-License-Identifier: MIT */
#ifndef DGEM_SUBTESTS_H
#define DGEM_SUBTESTS_H

/* Subtests whose names, descriptions and functions are rows of a table. */

#include <stdbool.h>

#include "igt.h"

/* A row, where the program's functions need no argument. */
struct dgem_test {
	const char *name, *what;
	void (*run)(void);
};

/*
 * Each row of a table has a name, a description called what, and whatever else
 * the program needs. for_each_row() runs the statement that follows with @t at
 * each row, having described the next subtest by that row; with
 * for_each_subtest(), the statement is the body of a subtest of the row's name.
 */
#define for_each_row(t, table)                \
	for (typeof(&(table)[0]) t = (table); \
	     t < (table) + ARRAY_SIZE(table) && (igt_describe(t->what), true); t++)
#define for_each_subtest(t, table) \
	for_each_row(t, table)     \
		igt_subtest(t->name)

#endif /* DGEM_SUBTESTS_H */
