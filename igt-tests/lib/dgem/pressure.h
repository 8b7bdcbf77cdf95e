/* SPDX-License-Identifier: MIT */
#ifndef DGEM_PRESSURE_H
#define DGEM_PRESSURE_H

/* Subtests of what happens under memory pressure. */

#include <stdint.h>

/** struct pressure_test - a subtest */
struct pressure_test {
	/** @name: its name. */
	const char *name;

	/** @what: its description. */
	const char *what;

	/**
	 * @run: the test, with a file of dgem and an empty memory cgroup of its own,
	 * which it may have joined when it ends.
	 */
	void (*run)(int fd, const char *cgroup);
};

/* Bytes, for tests that do not ask for more or less. */
#define PRESSURE_SWAP (512ull << 20)

/*
 * All of a program; for igt_main(). There is so much swap space meanwhile, 0 for what
 * the tests make themselves.
 */
void pressure_tests_run(const struct pressure_test *tests, unsigned int count, uint64_t swap);

#endif
