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
 * the program needs. The statement that follows runs with @t at each row, whose
 * description is that of the next subtest; with the second, it is the subtest.
 */
#define for_each_row(t, table)                \
	for (typeof(&(table)[0]) t = (table); \
	     t < (table) + ARRAY_SIZE(table) && (igt_describe(t->what), true); t++)
#define for_each_subtest(t, table) \
	for_each_row(t, table)     \
		igt_subtest(t->name)

#endif /* DGEM_SUBTESTS_H */
