/* SPDX-License-Identifier: MIT */
#ifndef DGEM_BUDDY_H
#define DGEM_BUDDY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Divides something into halves, these into halves, and so on. Nodes are those of
 * a binary tree: 1 is all of it, and the halves of n are 2n and 2n + 1. A node is
 * free if its bit is set, and then no node above or below it is. The caller locks.
 */

#define BUDDY_MAX_DEPTH 24

struct buddy {
	unsigned int depth; /* that nodes have at most; 0 is all of it */
	uint32_t free[BUDDY_MAX_DEPTH + 1]; /* free nodes of each depth */
	uint32_t first[BUDDY_MAX_DEPTH + 1]; /* no word before it has one */
	uint64_t *bits;
};

int buddy_init(struct buddy *buddy, unsigned int depth);
void buddy_fini(struct buddy *buddy);

/* Takes a node of this depth; 0 if there is none. */
uint32_t buddy_take(struct buddy *buddy, unsigned int depth);
void buddy_give(struct buddy *buddy, uint32_t node, unsigned int depth);

/* Whether no node at all is free, and whether all of it is. */
bool buddy_is_full(const struct buddy *buddy);
bool buddy_is_empty(const struct buddy *buddy);

#endif /* DGEM_BUDDY_H */
