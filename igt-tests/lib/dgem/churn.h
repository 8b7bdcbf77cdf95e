/* SPDX-License-Identifier: MIT */
#ifndef DGEM_CHURN_H
#define DGEM_CHURN_H

/*
 * A process that has memory of one kind, whose pages the kernel can move, and takes
 * parts of it anew in a random order, so that what is free is scattered. It knows what
 * is in each page.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** enum churn_kind - whose pages they are */
enum churn_kind { CHURN_ANON, CHURN_SHMEM, CHURN_FILE, CHURN_KINDS };

extern const char *const churn_names[CHURN_KINDS];

/** struct churn - the process, and what it is told */
struct churn {
	pid_t pid;

	/** @shared: in memory that both see. */
	struct churn_shared *shared;
};

/*
 * Has @size bytes when this returns. With @busy it goes on by itself, until it is
 * stopped; otherwise only where it is told to.
 */
void churn_start(struct churn *c, enum churn_kind kind, uint64_t size, bool busy);

/* Takes an eighth anew. */
void churn_more(struct churn *c);

/* Compares all, and ends; the test fails if a byte is wrong, or it was killed. */
void churn_stop(struct churn *c);

#endif
