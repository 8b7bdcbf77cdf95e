/* SPDX-License-Identifier: MIT */
#ifndef MODEL_MATRIX_H
#define MODEL_MATRIX_H

/*
 * What a matrix of all calls needs, whatever it calls: it is run twice, first
 * only to count its tuples, so that none is left out unseen; and a mistake that
 * a test plants ends it once the mistake was reported. IGT_DGEM_MATRIX_EACH=N does
 * one tuple of N, others with each seed, where a call takes long.
 */

#include <stdbool.h>

/** struct matrix - a matrix while it runs */
struct matrix {
	/** @dry: only count. */
	bool dry;

	/** @until: a report that ends the matrix, @found then; NULL for none. */
	const char *until;
	bool found;

	/** @tuples: all; @done: of them; @succeeded: of these; @wrong: answered otherwise. */
	unsigned long tuples, done, succeeded, wrong;

	/** @counted: tuples of the dry pass. */
	unsigned long counted;
};

/* Counts a tuple; false if it is not to be done. */
bool matrix_next(struct matrix *m);

/* Reports that a tuple was answered otherwise; the first twenty are printed. */
__attribute__((format(printf, 3, 4))) void matrix_wrong(struct matrix *m, const char *tuple,
							const char *fmt, ...);

/* The block makes all tuples: to count them first, then to do as many. */
#define matrix_complete(m) for (int __pass = 0; matrix_pass((m), __pass); __pass++)
bool matrix_pass(struct matrix *m, int pass);

/* Prints the sum of a matrix, and asserts that nothing was wrong. */
void matrix_assert_right(const struct matrix *m, const char *name);

/* Asserts that the planted mistake was reported. */
void matrix_assert_found(const struct matrix *m);

/* The name of -@err. */
const char *matrix_errno(int err);

#endif /* MODEL_MATRIX_H */
